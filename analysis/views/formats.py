"""The formats that a diagram can be written in, listed in :data:`FORMATS`.

A format is a function from a :class:`~analysis.views.diagram.Diagram` to text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from analysis.views.diagram import (
    Arrow,
    Diagram,
    Item,
    columns,
    label_of,
    line_of,
    numbered,
    parallel_merged,
)
from analysis.views.flow import Span
from analysis.views.svg import write_svg

# -- the DOT language of Graphviz


_DOT_SHAPES = {
    "entry": "oval",
    "exit": "oval",
    "raise": "oval",
    "test": "diamond",
    "loop": "hexagon",
}
_STYLES = {
    "exception": 'color="#b3261e" fontcolor="#b3261e" style=dashed',
    "reraise": 'color="#b3261e" fontcolor="#b3261e" style=dashed',
    "def-use": 'color="#0b57d0" fontcolor="#0b57d0"',
    "may-def-use": 'color="#7a5900" fontcolor="#7a5900" style=dotted',
    "call": 'color="#6639ba" fontcolor="#6639ba"',
    "syntax": "style=dotted arrowhead=none",
}


def write_dot(diagram: Diagram) -> str:
    """A ``digraph`` with a cluster for each group."""
    lines = [
        f"digraph {_quoted('+'.join(diagram.views))} {{",
        '  graph [fontname="monospace" rankdir=TB];',
        '  node [fontname="monospace" fontsize=11 shape=box];',
        '  edge [fontname="monospace" fontsize=9];',
    ]
    for group in diagram.groups:
        inside = [item for item in diagram.items if item.group == group.id]
        if inside:
            lines.append(f"  subgraph {_quoted(f'cluster_{group.id}')} {{")
            lines.append(f"    label={_quoted(group.label)};")
            lines += [f"    {_dot_node(item)}" for item in inside]
            lines.append("  }")
    known = {group.id for group in diagram.groups}
    lines += [f"  {_dot_node(item)}" for item in diagram.items if item.group not in known]
    for link in parallel_merged(diagram.links):
        attributes = [f"label={_quoted(link.label)}"] if link.label else []
        attributes += [_STYLES[link.kind]] if link.kind in _STYLES else []
        ending = f" [{' '.join(attributes)}]" if attributes else ""
        lines.append(f"  {_quoted(link.source)} -> {_quoted(link.target)}{ending};")
    return "\n".join([*lines, "}", ""])


def _dot_node(item: Item) -> str:
    attributes = [f"label={_quoted(numbered(item))}"]
    if item.kind in _DOT_SHAPES:
        attributes.append(f"shape={_DOT_SHAPES[item.kind]}")
    if item.dead:
        attributes.append("style=dashed")
    return f"{_quoted(item.id)} [{' '.join(attributes)}];"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


# -- Mermaid flowcharts, as Markdown pages show them


_MERMAID_SHAPES = {
    "entry": ("([", "])"),
    "exit": ("([", "])"),
    "raise": ("([", "])"),
    "test": ("{{", "}}"),
    "loop": ("{{", "}}"),
}
_DOTTED_LINES = {"exception", "reraise", "may-def-use", "syntax"}
#: What means something to Mermaid or to the HTML it makes; entities are its own escape.
_ENTITIES = str.maketrans(
    {
        "#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;",
        "\\": "#92;", ";": "#59;", "\n": " ",
    }
)  # fmt: skip


def write_mermaid(diagram: Diagram) -> str:
    """A ``flowchart TD`` with a subgraph for each group."""
    lines = ["flowchart TD"]
    for group in diagram.groups:
        inside = [item for item in diagram.items if item.group == group.id]
        if inside:
            lines.append(f'  subgraph g{group.id}["{_mermaid_text(group.label)}"]')
            lines += [f"    {_mermaid_node(item)}" for item in inside]
            lines.append("  end")
    known = {group.id for group in diagram.groups}
    lines += [f"  {_mermaid_node(item)}" for item in diagram.items if item.group not in known]
    lines += [f"  {_mermaid_edge(link)}" for link in parallel_merged(diagram.links)]
    if dead := [_mermaid_id(item.id) for item in diagram.items if item.dead]:
        lines.append("  classDef dead stroke-dasharray:4,opacity:0.6")
        lines.append(f"  class {','.join(dead)} dead")
    return "\n".join([*lines, ""])


def _mermaid_node(item: Item) -> str:
    left, right = _MERMAID_SHAPES.get(item.kind, ("[", "]"))
    return f'{_mermaid_id(item.id)}{left}"{_mermaid_text(numbered(item))}"{right}'


def _mermaid_edge(link: Arrow) -> str:
    arrow = "-.->" if link.kind in _DOTTED_LINES else "-->"
    label = f'|"{_mermaid_text(link.label)}"|' if link.label else ""
    return f"{_mermaid_id(link.source)} {arrow}{label} {_mermaid_id(link.target)}"


def _mermaid_id(text: str) -> str:
    return "n" + "".join(each if each.isascii() and each.isalnum() else "_" for each in text)


def _mermaid_text(text: str) -> str:
    return text.translate(_ENTITIES)


# -- Node-link JSON, as networkx reads it (``node_link_graph(document, edges="links")``)
#
# Positions are 0-based lines and 0-based code points, ends exclusive.


def write_node_link(diagram: Diagram) -> str:
    """One JSON document."""
    groups = {group.id: group.label for group in diagram.groups}
    document = {
        "directed": True,
        "multigraph": True,
        "graph": {
            "view": "+".join(diagram.views),
            "path": diagram.path,
            "scopes": [
                {"id": group.id, "name": group.label, "span": span_object(group.span)}
                for group in diagram.groups
            ],
        },
        "nodes": [
            {
                "id": item.id,
                "kind": item.kind,
                "label": item.label,
                "scope": groups.get(item.group),
                "reachable": not item.dead,
                "span": span_object(item.span),
            }
            for item in diagram.items
        ],
        "links": [
            {
                "source": link.source,
                "target": link.target,
                "kind": link.kind,
                "label": link.label,
                **{name: span_object(span) for name, span in link.spans},
            }
            for link in diagram.links
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def span_object(span: Span | None) -> dict[str, int] | None:
    """A span as JSON has it everywhere."""
    if span is None:
        return None
    return {
        "line": span.line,
        "character": span.character,
        "end_line": span.end_line,
        "end_character": span.end_character,
    }


# -- a diagram for the terminal: each item with where it leads


#: Labels are padded to the widest of them, but no further than this.
_WIDTH = 44

_NAMED = {"function", "method", "class", "module", "external"}


def write_text(diagram: Diagram) -> str:
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


Format = Callable[[Diagram], str]

#: Every format by the name that the command line knows it by.
FORMATS: Mapping[str, Format] = {
    "text": write_text,
    "json": write_node_link,
    "dot": write_dot,
    "mermaid": write_mermaid,
    "svg": write_svg,
}
