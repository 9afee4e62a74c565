"""A diagram for the terminal: each item with where it leads."""

from __future__ import annotations

from analysis.views.diagram import Diagram, Item
from analysis.views.formats.labels import columns, label_of, line_of

#: Labels are padded to the widest of them, but no further than this.
_WIDTH = 44

_NAMED = {"function", "method", "class", "module", "external"}


def write(diagram: Diagram) -> str:
    """A paragraph for each group, a line for each item: its line in the file, its label, and the
    links that leave it with the lines (of functions: the names) they lead to. Trees are indented
    instead."""
    by_id = {item.id: item for item in diagram.items}
    outgoing: dict[str, list[str]] = {}
    depth: dict[str, int] = {}
    field: dict[str, str] = {}
    for link in diagram.links:
        if link.source not in by_id or link.target not in by_id:
            continue
        if link.kind == "child":
            depth[link.target] = depth.get(link.source, 0) + 1
            field[link.target] = f"{link.label}: "
        else:
            word = f"{link.label} " if link.label else ""
            outgoing.setdefault(link.source, []).append(f"{word}→ {_goal(by_id[link.target])}")
    text = []
    for title, items in _paragraphs(diagram):
        if not items:
            continue
        text += [title] if title else []
        labels = [
            f"{'  ' * depth.get(item.id, 0)}{field.get(item.id, '')}{label_of(item)}"
            for item in items
        ]
        width = min(_WIDTH, max(map(columns, labels)))
        for item, label in zip(items, labels, strict=True):
            leads = "   ".join(dict.fromkeys(outgoing.get(item.id, ())))
            note = "(never reached) " if item.dead else ""
            space = " " * max(0, width - columns(label))
            text.append(f"{line_of(item):>5}  {label}{space}  {note}{leads}".rstrip())
        text.append("")
    return "\n".join(text)


def _paragraphs(diagram: Diagram) -> list[tuple[str, list[Item]]]:
    """The groups with their items in the order of the text, then the items of no group."""
    known = {group.id for group in diagram.groups}
    found = [
        (group.label, sorted((i for i in diagram.items if i.group == group.id), key=_place))
        for group in diagram.groups
    ]
    return [*found, ("", [item for item in diagram.items if item.group not in known])]


def _place(item: Item) -> tuple[int, int, int]:
    if item.span is None:
        return (-1 if item.kind == "entry" else 1 << 30, 0, 0)
    return (item.span.line, item.span.character, item.kind == "with exit")


def _goal(item: Item) -> str:
    """A line, or the name of what has one."""
    return label_of(item) if item.kind in _NAMED else line_of(item) or label_of(item)
