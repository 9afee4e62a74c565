"""What a prompt is made of: the lines that fit the budget, as the model's family wants them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from decoding.errors import DecodingError

# --------------------------------------------------------------------------------------------------
# Which lines around a cursor fit a budget of tokens: whole lines, the nearest first.
# --------------------------------------------------------------------------------------------------


Tokenize = Callable[[str], list[int]]

_LINE_ENDS = re.compile(r"\r\n?")
#: No token spells more characters than this in code that a person wrote; what is far longer per
#: token (runs of spaces) only makes a window smaller than it could be.
_CHARACTERS_A_TOKEN = 8


def plain_line_ends(text: str) -> str:
    """``text`` with ``\\n`` for every line end, as models have seen code."""
    return _LINE_ENDS.sub("\n", text) if "\r" in text else text


def fitting_before(text: str, budget: int, tokenize: Tokenize) -> str:
    """The end of ``text`` that spells at most ``budget`` tokens, from the start of a line."""
    kept = _affordable(_lines_backwards(text, budget * _CHARACTERS_A_TOKEN), budget, tokenize)
    if kept or not text:
        return "".join(reversed(kept))
    # The cursor's own line does not fit: its end, wherever that begins.
    return _fitting(text, budget, tokenize, from_end=True)


def fitting_behind(text: str, budget: int, tokenize: Tokenize) -> str:
    """The start of ``text`` that spells at most ``budget`` tokens, up to the end of a line."""
    kept = _affordable(_lines(text, budget * _CHARACTERS_A_TOKEN), budget, tokenize)
    if kept or not text:
        return "".join(kept)
    return _fitting(text, budget, tokenize, from_end=False)


def _affordable(lines: Iterator[str], budget: int, tokenize: Tokenize) -> list[str]:
    """The first of ``lines`` that spell at most ``budget`` tokens together."""
    kept = []
    for line in lines:
        budget -= len(tokenize(line))
        if budget < 0:
            break
        kept.append(line)
    return kept


def _lines_backwards(text: str, limit: int) -> Iterator[str]:
    """The lines of ``text`` with their ends, from the last; not much more than ``limit``
    characters, so that a long file costs no more than a short one."""
    stop, oldest = len(text), len(text) - limit
    while stop > 0 and stop > oldest:
        start = text.rfind("\n", 0, stop - 1) + 1
        yield text[start:stop]
        stop = start


def _lines(text: str, limit: int) -> Iterator[str]:
    start = 0
    while start < min(len(text), limit):
        stop = text.find("\n", start) + 1 or len(text)
        yield text[start:stop]
        start = stop


def _fitting(text: str, budget: int, tokenize: Tokenize, *, from_end: bool) -> str:
    """The longest end (or start) of ``text`` of at most ``budget`` tokens, within a line."""
    low, high = 0, min(len(text), budget * _CHARACTERS_A_TOKEN)
    while low < high:
        middle = (low + high + 1) // 2
        part = text[len(text) - middle :] if from_end else text[:middle]
        if len(tokenize(part)) <= budget:
            low = middle
        else:
            high = middle - 1
    return text[len(text) - low :] if from_end else text[:low]


# --------------------------------------------------------------------------------------------------
# How each model family wants the two sides of a hole. Data: a family is an entry of a table.
#
# A template is chosen by the control tokens that the model's own file has, never by its name.
# --------------------------------------------------------------------------------------------------


#: Where the text before and behind the cursor goes; everything else in a template is a token.
PREFIX, SUFFIX = object(), object()
Part = object


class PromptModel(Protocol):
    """What prompts need of a model: its tokens."""

    name: str

    def control_tokens(self) -> dict[str, int]:
        """Control tokens by their text."""
        ...

    def start_tokens(self) -> tuple[int, ...]:
        """What the model wants in front of every prompt."""
        ...

    def fill_tokens(self) -> dict[str, int]:
        """``prefix``, ``suffix`` and ``middle`` tokens that the file declares, where it does."""
        ...

    def tokenize(self, text: str) -> list[int]:
        """Tokens of content: nothing in it becomes a control token."""
        ...


@dataclass(frozen=True, slots=True)
class Family:
    """One layout. ``parts`` are control tokens by their text, :data:`PREFIX` and :data:`SUFFIX`,
    in the order the model was trained on; what it writes goes behind the last."""

    name: str
    parts: tuple[Part, ...]


#: Looked at in order; each from its model card or the tokenizer's configuration.
FAMILIES: tuple[Family, ...] = (
    # Qwen2.5-Coder, CodeGemma, Granite from 3.3 on.
    Family("qwen", ("<|fim_prefix|>", PREFIX, "<|fim_suffix|>", SUFFIX, "<|fim_middle|>")),
    # StarCoder, StarCoder2, Granite Code.
    Family("starcoder", ("<fim_prefix>", PREFIX, "<fim_suffix>", SUFFIX, "<fim_middle>")),
    Family("santacoder", ("<fim-prefix>", PREFIX, "<fim-suffix>", SUFFIX, "<fim-middle>")),
    Family("codellama", ("▁<PRE>", PREFIX, "▁<SUF>", SUFFIX, "▁<MID>")),
    Family("deepseek", ("<｜fim▁begin｜>", PREFIX, "<｜fim▁hole｜>", SUFFIX, "<｜fim▁end｜>")),
    # Codestral reads the suffix first; what it writes follows the prefix.
    Family("codestral", ("[SUFFIX]", SUFFIX, "[PREFIX]", PREFIX)),
)


@dataclass(frozen=True, slots=True)
class PromptLayout:
    """A family bound to one model: control tokens are ids, :data:`PREFIX` and :data:`SUFFIX`
    are themselves."""

    family: str
    parts: tuple[Part, ...]

    def fill(self, prefix: Sequence[int], suffix: Sequence[int]) -> list[int]:
        """The prompt's tokens."""
        tokens: list[int] = []
        for part in self.parts:
            if part is PREFIX:
                tokens += prefix
            elif part is SUFFIX:
                tokens += suffix
            elif isinstance(part, int):
                tokens.append(part)
        return tokens


def layout_for(model: PromptModel) -> PromptLayout:
    """The layout of ``model``.

    Raises :class:`~decoding.errors.DecodingError` when it has no fill-in-the-middle tokens.
    """
    start, control = model.start_tokens(), model.control_tokens()
    for family in FAMILIES:
        texts = [part for part in family.parts if isinstance(part, str)]
        if all(text in control for text in texts):
            parts = tuple(control[p] if isinstance(p, str) else p for p in family.parts)
            return PromptLayout(family.name, (*start, *parts))
    declared = model.fill_tokens()
    if declared.keys() >= {"prefix", "suffix", "middle"}:
        filled = (declared["prefix"], PREFIX, declared["suffix"], SUFFIX, declared["middle"])
        return PromptLayout("declared", (*start, *filled))
    raise DecodingError(
        f"the model {model.name} has no fill-in-the-middle tokens, so it cannot complete code",
        where="model",
        help="use a code model such as Qwen2.5-Coder (pilotfish model pull complete), "
        "StarCoder2, CodeLlama, DeepSeek-Coder, Codestral or Granite Code",
    )


# --------------------------------------------------------------------------------------------------
# A hole as a question to a model that was trained to answer: its answer begins with the file.
#
# Small models trained for chat write much better bodies when they are asked than when they fill
# in (``benchmarks/own_bugs.py``). The answer is opened for them up to the hole, so what they
# write goes exactly there, and everything that guides or checks a completion works as ever.
# --------------------------------------------------------------------------------------------------


#: The turns of ChatML (OpenAI, 2023), which Qwen, SmolLM, Yi and others were trained on.
_OPEN, _CLOSE = "<|im_start|>", "<|im_end|>"
_HOLE = "..."


class ChatModel(PromptModel, Protocol):
    """What a question needs of a model besides."""

    def last_token(self) -> int:
        """The token that ends what the model writes, as its file declares it."""
        ...


@dataclass(frozen=True, slots=True)
class Chat:
    """The turns of one model."""

    model: ChatModel
    opening: int
    closing: int

    def ask(self, task: str, before: str, behind: str, budget: tuple[int, int]) -> tuple[int, ...]:
        """The tokens of a question: do ``task`` at the hole between ``before`` and ``behind``, cut
        to ``budget`` tokens each; then the answer, begun with what stands before the hole.

        Nothing of the texts becomes a control token.
        """
        tokenize = self.model.tokenize
        head = fitting_before(plain_line_ends(before), budget[0], tokenize)
        tail = fitting_behind(plain_line_ends(behind), budget[1], tokenize)
        shown = f"```python\n{head}{_HOLE}{tail.rstrip()}\n```"
        return (
            *self.model.start_tokens(),
            *self._turn("system", "You are a helpful assistant."),
            *self._turn("user", f"{task}\n\n{shown}"),
            self.opening,
            *tokenize(f"assistant\n```python\n{head}"),
        )

    def _turn(self, role: str, text: str) -> Sequence[int]:
        tokenize = self.model.tokenize
        return self.opening, *tokenize(f"{role}\n{text}"), self.closing, *tokenize("\n")


def chat_for(model: ChatModel) -> Chat | None:
    """The turns of ``model``; ``None`` where its file does not say that it was trained on them.

    Base models of a family know the same tokens, but end with another one.
    """
    control = model.control_tokens()
    if _OPEN not in control or control.get(_CLOSE) != model.last_token():
        return None
    return Chat(model, control[_OPEN], control[_CLOSE])
