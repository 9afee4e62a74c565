"""Prompts: the lines that fit the budget, laid out as the model family wants them.

Invariant 6: no text of a workspace can become a control token of a prompt.

:class:`Prompter` keeps a prompt unchanged while the user types on. It cuts the prompt where the
cursor came to rest: its anchor. Text that is typed there afterwards is fed behind the prompt, as if
the model had written it, so a keystroke costs the tokens it typed and not those of the file. A new
anchor is set when the user goes elsewhere, changes something else, or has typed so much that both
sides should be cut anew.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from decoding.errors import DecodingError
from decoding.guidance.text_around import plain_line_ends

# --------------------------------------------------------------------------------------------------
# Which lines around a cursor fit a budget of tokens: whole lines, the nearest first.
# --------------------------------------------------------------------------------------------------


Tokenize = Callable[[str], list[int]]

#: No token spells more characters than this in code that a person wrote; what is far longer per
#: token (runs of spaces) only makes a window smaller than it could be.
_CHARACTERS_A_TOKEN = 8


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


#: How tokens look that mean something to a model though its file marks them as ordinary: markup
#: such as ``<tool_call>``, ``<|file_sep|>`` or ``[INST]``. Others that were added to a vocabulary
#: (runs of spaces, say) are plain text.
_MARKUP = re.compile(r"[<\[｜▁|].*[>\]｜|]", re.DOTALL)

#: Where a control token of any family may begin within content, as vendors spell them:
#: ``<|im_end|>``, ``<｜fim▁hole｜>``, ``</s>``, ``<file_sep>``, ``<[fim-suffix]>``, ``[INST]``,
#: ``[gMASK]``, ``]~b]``, ``|||IP_ADDRESS|||``. Each match is one character long, so that a spelling
#: within another is found too; the lengths are bounded, so that the search is linear.
_SPELLED = re.compile(
    r"<(?=[|｜][^\s<>]{1,80}>|/?[A-Za-z][\w.:/▁-]{0,80}>|\[[^\s<>]{1,80}\]>)"
    r"|\[(?=/?(?:INST|IMG|AVAILABLE_|TOOL|SYSTEM_|MODEL_|ARGS|CALL_ID|THINK|AUDIO|BEGIN_|TRANSCRIBE"
    r"|PREFIX|MIDDLE|SUFFIX|CLS|SEP|MASK|PAD|UNK|BOS|EOS|REF|STRING|control_|unused|gMASK|sMASK"
    r"|multimodal|extra_id|e~\[)|@[A-Z])"
    r"|\](?=[~<][^\s<>]{1,80}[\]\[])"
    r"|\|(?=\|\|[A-Z_]{1,80}\|\|\|)"
)


def without_control(text: str) -> list[str]:
    """``text`` in parts none of which holds the spelling of a control token.

    Each spelling is cut behind its first character. Tokens of the parts, one after another, spell
    ``text``, and a server that looks for control tokens in whatever it is sent finds none.
    """
    cuts = [match.end() for match in _SPELLED.finditer(text)]
    parts = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    return [part for part in parts if part]


def looks_like_markup(text: str) -> bool:
    """Whether an added token of this text is markup rather than plain text."""
    return len(text) > 2 and _MARKUP.fullmatch(text) is not None


def plain_tokens(
    text: str,
    tokenize: Callable[[str], list[int]],
    control: Collection[int],
    spelling: Callable[[int], str],
) -> list[int]:
    """Tokens of ``text`` none of which is in ``control``.

    ``tokenize`` already leaves out what the model's file marks as control; what it still finds (an
    added token that only looks ordinary) is broken behind its first character, so that the text is
    spelled by ordinary tokens.
    """
    tokens = tokenize(text)
    found = [token for token in tokens if token in control]
    if not found:
        return tokens
    literal = max((spelling(token) for token in found), key=len)
    head, matched, tail = text.partition(literal)
    if not matched:
        return [token for token in tokens if token not in control]
    first = plain_tokens(head + literal[0], tokenize, control, spelling)
    return first + plain_tokens(literal[1:] + tail, tokenize, control, spelling)


@dataclass(frozen=True, slots=True)
class Budget:
    """How many tokens a prompt may have: before the cursor (what is put in front of the file
    included), behind it, and typed since the anchor.

    As given it is the smallest: two cores read about a hundred tokens a second
    (``docs/decisions.md``). How much more others read, ``decoding.prompts.room`` says.
    """

    #: The tokens of the smallest, and those behind the cursor at most: they are read again at every
    #: new anchor, since they stand behind what is typed.
    LEAST: ClassVar[int] = 416
    MOST_BEHIND: ClassVar[int] = 512

    before: int = 320
    behind: int = 96
    typed: int = 48

    @classmethod
    def of(cls, tokens: int) -> Budget:
        """Both sides of a prompt of ``tokens`` in all."""
        behind = min(tokens * 3 // 13, cls.MOST_BEHIND)
        return cls(tokens - behind, behind)

    def room_behind(self, before: int) -> int:
        """The tokens behind the cursor where so many stand before it: of a prompt that is longer
        than the smallest also those that are not needed there, up to half of all. At the top of a
        file this shows more names that come next than any other file does
        (``benchmarks.prompt_layers``)."""
        tokens = self.before + self.behind
        if tokens <= self.LEAST:
            return self.behind
        return max(self.behind, min(tokens // 2, tokens - before))


@dataclass(frozen=True, slots=True)
class Prompt:
    """The tokens to write behind. ``anchored`` of them were there before what was typed since."""

    tokens: tuple[int, ...]
    anchored: int
    family: str


@dataclass(frozen=True, slots=True)
class _Anchor:
    """Both sides of the cursor as they were, and the prompt made of them."""

    before: str
    behind: str
    preamble: str
    tokens: tuple[int, ...]
    start: int


class Prompter:
    """Makes prompts for one model and remembers the anchor of each of the last documents."""

    #: Documents whose anchors are remembered: those that editors show at once.
    DOCUMENTS = 8

    def __init__(self, model: PromptModel, budget: Budget | None = None) -> None:
        """Raises :class:`~decoding.errors.DecodingError` when the model cannot fill in."""
        self._model = model
        self._layout: PromptLayout = layout_for(model)
        #: Of the next anchor; prompts of the last one stay as they are.
        self.budget = budget or Budget()
        self._anchors: OrderedDict[str, _Anchor] = OrderedDict()

    def prompt(self, path: str, text: str, offset: int, preamble: str = "") -> Prompt:
        """The prompt for the hole at ``offset`` (code points, clamped) of ``text``.

        ``path`` tells documents apart. ``preamble`` is put in front of the file as a comment.
        """
        cursor = min(max(offset, 0), len(text))
        before = plain_line_ends(text[:cursor])
        behind = plain_line_ends(text[cursor:])
        anchor = self._anchors.get(path)
        if anchor is not None and (anchor.behind, anchor.preamble) == (behind, preamble):
            typed = self._typed_since(anchor, before)
            if typed is not None:
                self._anchors.move_to_end(path)
                tokens = (*anchor.tokens, *typed)
                return Prompt(tokens, len(anchor.tokens), self._layout.family)
        anchor = self._rest(anchor, before, behind, preamble)
        self._anchors[path] = anchor
        self._anchors.move_to_end(path)
        while len(self._anchors) > self.DOCUMENTS:
            self._anchors.popitem(last=False)
        return Prompt(anchor.tokens, len(anchor.tokens), self._layout.family)

    def held(self, path: str, text: str, offset: int) -> str | None:
        """The preamble of the anchor at which the cursor still is, or ``None`` if the next prompt
        will have another anchor."""
        anchor = self._anchors.get(path)
        cursor = min(max(offset, 0), len(text))
        if anchor is None or anchor.behind != plain_line_ends(text[cursor:]):
            return None
        typed = self._typed_since(anchor, plain_line_ends(text[:cursor]))
        return None if typed is None else anchor.preamble

    def last(self, path: str) -> str:
        """The preamble of the last prompt for a document, ``""`` before the first."""
        anchor = self._anchors.get(path)
        return anchor.preamble if anchor else ""

    def forget(self) -> None:
        """Remember no anchor."""
        self._anchors.clear()

    def preview(self, path: str, text: str, offset: int, preamble: str) -> tuple[int, ...]:
        """The tokens that :meth:`prompt` would give at a new anchor; nothing is remembered."""
        before = plain_line_ends(text[:offset])
        behind = plain_line_ends(text[offset:])
        return self._rest(self._anchors.get(path), before, behind, preamble).tokens

    def _typed_since(self, anchor: _Anchor, before: str) -> list[int] | None:
        """Tokens of what was typed at the anchor, or ``None`` if it is time for another one."""
        if not before.startswith(anchor.before):
            return None
        typed = before[len(anchor.before) :]
        if typed.count("\n") > 1:
            return None
        tokens = self._model.tokenize(typed)
        return tokens if len(tokens) <= self.budget.typed else None

    def _rest(self, last: _Anchor | None, before: str, behind: str, preamble: str) -> _Anchor:
        """An anchor at the cursor. Its first line is the last anchor's as long as that fits, so
        that the cache holds what is in front of the change."""
        tokenize, budget = self._model.tokenize, self.budget
        head = _as_comment(preamble, budget.before // 2, tokenize)
        room = budget.before - len(tokenize(head))
        # One that follows another leaves a quarter free, so that the next can begin where it did.
        wanted = room if last is None else room * 3 // 4
        start = len(before) - len(fitting_before(before, wanted, tokenize))
        if last is not None and last.preamble == preamble and last.start <= len(before):
            unchanged = before.startswith(last.before[: last.start])
            # Between half of what may be there and as much again as may be typed.
            held = len(tokenize(before[last.start :])) if unchanged else 0
            if room // 2 <= held <= room + budget.typed:
                start = last.start
        prefix = tokenize(head + before[start:])
        suffix = tokenize(fitting_behind(behind, budget.room_behind(len(prefix)), tokenize))
        return _Anchor(before, behind, preamble, tuple(self._layout.fill(prefix, suffix)), start)


def _as_comment(preamble: str, budget: int, tokenize: Tokenize) -> str:
    """``preamble`` as comment lines of at most ``budget`` tokens."""
    if not preamble.strip():
        return ""
    lines = plain_line_ends(preamble).strip("\n").split("\n")
    comment = "".join(f"# {line}".rstrip() + "\n" for line in lines)
    return fitting_behind(comment, budget, tokenize)
