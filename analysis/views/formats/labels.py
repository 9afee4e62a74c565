"""How items and links read in a drawing: one short line, with the line number in front."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from analysis.views.diagram import Arrow, Item

#: Longer labels make drawings that are wider than a screen.
LONGEST = 56
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")


def label_of(item: Item) -> str:
    """The label of an item, cut to :data:`LONGEST`, with no control characters."""
    text = _CONTROL.sub(" ", item.label).strip()
    if item.kind == "with exit":
        text = f"leave {text.removeprefix('async ').removeprefix('with ')}"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def line_of(item: Item) -> str:
    """The 1-based line of an item, or ``""``."""
    return str(item.span.line + 1) if item.span else ""


def numbered(item: Item) -> str:
    """The label behind the line number, as formats without typography show it."""
    line = line_of(item)
    return f"{line}: {label_of(item)}" if line else label_of(item)


def columns(text: str) -> int:
    """How many columns of a monospaced font ``text`` takes."""
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in text)
    marks = sum(unicodedata.combining(each) != 0 for each in text)
    return len(text) + wide - marks


def parallel_merged(links: Iterable[Arrow]) -> list[Arrow]:
    """One of those links that would be drawn the same: they differ in their places alone."""
    merged = {(link.source, link.target, link.kind, link.label): link for link in links}
    return list(merged.values())
