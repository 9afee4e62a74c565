"""The DOT language of Graphviz."""

from __future__ import annotations

from analysis.views.diagram import Diagram, Item
from analysis.views.formats.labels import numbered, parallel_merged

_SHAPES = {"entry": "oval", "exit": "oval", "raise": "oval", "test": "diamond", "loop": "hexagon"}
_STYLES = {
    "exception": 'color="#b3261e" fontcolor="#b3261e" style=dashed',
    "reraise": 'color="#b3261e" fontcolor="#b3261e" style=dashed',
    "def-use": 'color="#0b57d0" fontcolor="#0b57d0"',
    "may-def-use": 'color="#7a5900" fontcolor="#7a5900" style=dotted',
    "call": 'color="#6639ba" fontcolor="#6639ba"',
    "syntax": "style=dotted arrowhead=none",
}


def write(diagram: Diagram) -> str:
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
            lines += [f"    {_node(item)}" for item in inside]
            lines.append("  }")
    known = {group.id for group in diagram.groups}
    lines += [f"  {_node(item)}" for item in diagram.items if item.group not in known]
    for link in parallel_merged(diagram.links):
        attributes = [f"label={_quoted(link.label)}"] if link.label else []
        attributes += [_STYLES[link.kind]] if link.kind in _STYLES else []
        ending = f" [{' '.join(attributes)}]" if attributes else ""
        lines.append(f"  {_quoted(link.source)} -> {_quoted(link.target)}{ending};")
    return "\n".join([*lines, "}", ""])


def _node(item: Item) -> str:
    attributes = [f"label={_quoted(numbered(item))}"]
    if item.kind in _SHAPES:
        attributes.append(f"shape={_SHAPES[item.kind]}")
    if item.dead:
        attributes.append("style=dashed")
    return f"{_quoted(item.id)} [{' '.join(attributes)}];"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
