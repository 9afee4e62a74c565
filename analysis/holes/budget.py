"""As much of a ranked list as fits a budget of characters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from analysis.holes.context import RelevantType

Value = TypeVar("Value")
#: A definition that would be cut to less than this says nothing.
_LEAST = 40
#: And this is enough for a small one.
_ENOUGH = 200


def within(
    values: Iterable[Value], size: Callable[[Value], int], budget: int
) -> tuple[tuple[Value, ...], int]:
    """The first of ``values`` that fit ``budget`` together, and how many were left out.

    One that is too large is left out, a smaller one behind it is not.
    """
    kept: list[Value] = []
    omitted = 0
    for value in values:
        if size(value) <= budget:
            budget -= size(value)
            kept.append(value)
        else:
            omitted += 1
    return tuple(kept), omitted


def cut(types: Iterable[RelevantType], budget: int) -> tuple[tuple[RelevantType, ...], int]:
    """Types whose definitions together have at most ``budget`` characters, and how many were left
    out. One that would take more than half of what is left loses its last members."""
    kept: list[RelevantType] = []
    omitted = 0
    for one in types:
        text = _first_lines(one.definition, min(budget, max(budget // 2, _ENOUGH)))
        if not text:
            omitted += 1
            continue
        budget -= len(text)
        kept.append(replace(one, definition=text))
    return tuple(kept), omitted


def _first_lines(text: str, room: int) -> str:
    if len(text) <= room:
        return text
    if room < _LEAST:
        return ""
    more = "\n    …"
    kept = text[: max(0, room - len(more)) + 1].rpartition("\n")[0]
    return kept + more if kept else ""
