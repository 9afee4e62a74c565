"""What every view draws and every format writes: items, links between them, and groups of items."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from analysis.views.flow import Span


@dataclass(frozen=True, slots=True)
class Item:
    """A node: ``kind`` is the view's own word for what it is, ``group`` the id of its group.

    ``dead`` items are never reached.
    """

    id: str
    kind: str
    label: str
    span: Span | None = None
    group: str = ""
    dead: bool = False


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow. ``spans`` are places in the text that it is about, each with what it is."""

    source: str
    target: str
    kind: str
    label: str = ""
    spans: tuple[tuple[str, Span], ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """What belongs together: a module, class body or function, by its qualified name."""

    id: str
    label: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Diagram:
    """One drawing of a file or a part of it. ``views`` names what is drawn."""

    views: tuple[str, ...]
    path: str
    groups: tuple[Group, ...]
    items: tuple[Item, ...]
    links: tuple[Arrow, ...]


def combined(path: str, diagrams: Iterable[Diagram]) -> Diagram:
    """Several drawings of one file in one: what has the same id is the same thing."""
    views: list[str] = []
    groups: dict[str, Group] = {}
    items: dict[str, Item] = {}
    links: dict[Arrow, None] = {}
    for diagram in diagrams:
        views += diagram.views
        for group in diagram.groups:
            groups.setdefault(group.id, group)
        for item in diagram.items:
            items.setdefault(item.id, item)
        links.update(dict.fromkeys(diagram.links))
    return Diagram(tuple(views), path, tuple(groups.values()), tuple(items.values()), tuple(links))


# -- how items and links read in a drawing: one short line, with the line number in front


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
