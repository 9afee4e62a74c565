"""How each model family wants the two sides of a hole. Data: a family is an entry of a table.

A template is chosen by the control tokens that the model's own file has, never by its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from decoding.errors import DecodingError

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
class Layout:
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


def layout_for(model: PromptModel) -> Layout:
    """The layout of ``model``.

    Raises :class:`~decoding.errors.DecodingError` when it has no fill-in-the-middle tokens.
    """
    start, control = model.start_tokens(), model.control_tokens()
    for family in FAMILIES:
        texts = [part for part in family.parts if isinstance(part, str)]
        if all(text in control for text in texts):
            parts = tuple(control[p] if isinstance(p, str) else p for p in family.parts)
            return Layout(family.name, (*start, *parts))
    declared = model.fill_tokens()
    if declared.keys() >= {"prefix", "suffix", "middle"}:
        filled = (declared["prefix"], PREFIX, declared["suffix"], SUFFIX, declared["middle"])
        return Layout("declared", (*start, *filled))
    raise DecodingError(
        f"the model {model.name} has no fill-in-the-middle tokens, so it cannot complete code",
        where="model",
        help="use a code model such as Qwen2.5-Coder (pilotfish model pull complete), "
        "StarCoder2, CodeLlama, DeepSeek-Coder, Codestral or Granite Code",
    )
