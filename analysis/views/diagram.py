"""What every view draws and every format writes: items, links between them, and groups of items."""

from __future__ import annotations

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
