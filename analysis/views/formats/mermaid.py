"""Mermaid flowcharts, as Markdown pages show them."""

from __future__ import annotations

from analysis.views.diagram import Arrow, Diagram, Item
from analysis.views.formats.labels import numbered, parallel_merged

_SHAPES = {
    "entry": ("([", "])"),
    "exit": ("([", "])"),
    "raise": ("([", "])"),
    "test": ("{{", "}}"),
    "loop": ("{{", "}}"),
}
_DOTTED = {"exception", "reraise", "may-def-use", "syntax"}
#: What means something to Mermaid or to the HTML it makes; entities are its own escape.
_ENTITIES = str.maketrans(
    {
        "#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;",
        "\\": "#92;", ";": "#59;", "\n": " ",
    }
)  # fmt: skip


def write(diagram: Diagram) -> str:
    """A ``flowchart TD`` with a subgraph for each group."""
    lines = ["flowchart TD"]
    for group in diagram.groups:
        inside = [item for item in diagram.items if item.group == group.id]
        if inside:
            lines.append(f'  subgraph g{group.id}["{_text(group.label)}"]')
            lines += [f"    {_node(item)}" for item in inside]
            lines.append("  end")
    known = {group.id for group in diagram.groups}
    lines += [f"  {_node(item)}" for item in diagram.items if item.group not in known]
    lines += [f"  {_edge(link)}" for link in parallel_merged(diagram.links)]
    if dead := [_id(item.id) for item in diagram.items if item.dead]:
        lines.append("  classDef dead stroke-dasharray:4,opacity:0.6")
        lines.append(f"  class {','.join(dead)} dead")
    return "\n".join([*lines, ""])


def _node(item: Item) -> str:
    left, right = _SHAPES.get(item.kind, ("[", "]"))
    return f'{_id(item.id)}{left}"{_text(numbered(item))}"{right}'


def _edge(link: Arrow) -> str:
    arrow = "-.->" if link.kind in _DOTTED else "-->"
    label = f'|"{_text(link.label)}"|' if link.label else ""
    return f"{_id(link.source)} {arrow}{label} {_id(link.target)}"


def _id(text: str) -> str:
    return "n" + "".join(each if each.isascii() and each.isalnum() else "_" for each in text)


def _text(text: str) -> str:
    return text.translate(_ENTITIES)
