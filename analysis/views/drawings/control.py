"""The control-flow view: every statement and header, and how one leads to the next."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.views.diagram import Arrow, Diagram, Item
from analysis.views.flow import EdgeKind
from analysis.views.program import Program


def draw(program: Program, scopes: Sequence[int]) -> Diagram:
    """One group for each scope, one item for each node, one link for each edge."""
    links = tuple(
        Arrow(
            item_id(index, edge.source),
            item_id(index, edge.target),
            edge.kind.value,
            "" if edge.kind is EdgeKind.NEXT else edge.kind.value,
        )
        for index in scopes
        for edge in program.flows[index].graph.edges
    )
    groups = tuple(program.groups[index] for index in scopes)
    return Diagram(("cfg",), program.path, groups, flow_items(program, scopes), links)


def flow_items(program: Program, scopes: Sequence[int]) -> tuple[Item, ...]:
    """The nodes of the control flow as items. An exit that no path reaches is left out."""
    items = []
    for index in scopes:
        graph = program.flows[index].graph
        reached = graph.reachable()
        items += [
            Item(
                item_id(index, node.id),
                node.kind.value,
                node.label,
                node.span,
                str(index),
                node.id not in reached,
            )
            for node in graph.nodes
            if node.span is not None or node.id in reached
        ]
    return tuple(items)


def item_id(scope: int, node: int) -> str:
    """The id of a node of the control flow in every view."""
    return f"{scope}.{node}"
