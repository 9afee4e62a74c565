"""A prompt that stays the same while the user types on.

A prompt is cut where the cursor came to rest: its anchor. What is typed there afterwards is fed
behind the prompt's end, as if the model had written it, so a keystroke costs the tokens it typed
and not the file's. A new anchor is set when the user goes elsewhere, changes something else, or has
typed so much that both sides should be cut anew.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from decoding.prompts.templates import (
    PromptLayout,
    PromptModel,
    Tokenize,
    fitting_before,
    fitting_behind,
    layout_for,
    plain_line_ends,
)


@dataclass(frozen=True, slots=True)
class Budget:
    """How many tokens a prompt may have: before the cursor (what is put in front of the file
    included), behind it, and typed since the anchor.

    Small, since a processor reads about a hundred tokens a second a core (``docs/decisions.md``).
    """

    before: int = 320
    behind: int = 96
    typed: int = 48


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
        self._budget = budget or Budget()
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
        return tokens if len(tokens) <= self._budget.typed else None

    def _rest(self, last: _Anchor | None, before: str, behind: str, preamble: str) -> _Anchor:
        """An anchor at the cursor. Its first line is the last anchor's as long as that fits, so
        that the cache holds what is in front of the change."""
        tokenize, budget = self._model.tokenize, self._budget
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
        suffix = tokenize(fitting_behind(behind, budget.behind, tokenize))
        return _Anchor(before, behind, preamble, tuple(self._layout.fill(prefix, suffix)), start)


def _as_comment(preamble: str, budget: int, tokenize: Tokenize) -> str:
    """``preamble`` as comment lines of at most ``budget`` tokens."""
    if not preamble.strip():
        return ""
    lines = plain_line_ends(preamble).strip("\n").split("\n")
    comment = "".join(f"# {line}".rstrip() + "\n" for line in lines)
    return fitting_behind(comment, budget, tokenize)
