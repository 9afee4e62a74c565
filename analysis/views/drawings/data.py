"""The data-flow view: which definition reaches which use, between the nodes of the control flow."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.views.data_flow import DefinitionKind
from analysis.views.diagram import Arrow, Diagram
from analysis.views.drawings.control import flow_items, item_id
from analysis.views.flow import Span
from analysis.views.program import Program

_MAY = (DefinitionKind.UPDATE, DefinitionKind.ATTRIBUTE)


def draw(program: Program, scopes: Sequence[int]) -> Diagram:
    """A link from each definition to each use that it reaches, labelled with the variable.

    Its spans are those of the two names; a parameter is defined at the entry of its function.
    Links from outside ``scopes`` bring the node that they come from.
    """
    data = program.data
    wanted = set(scopes)
    links, outside = [], dict[tuple[int, int], None]()
    for pair in data.pairs:
        definition, use = data.definitions[pair.definition], data.uses[pair.use]
        if use.scope not in wanted and definition.scope not in wanted:
            continue
        for end in (definition, use):
            if end.scope not in wanted:
                outside[end.scope, end.node] = None
        kind = "may-def-use" if definition.kind in _MAY else "def-use"
        spans: list[tuple[str, Span]] = [("use", use.span)]
        if definition.span:
            spans.insert(0, ("definition", definition.span))
        links.append(
            Arrow(
                item_id(definition.scope, definition.node),
                item_id(use.scope, use.node),
                kind,
                definition.name,
                tuple(spans),
            )
        )
    shown = {link.source for link in links} | {link.target for link in links}
    every = sorted(wanted | {scope for scope, _ in outside})
    items = tuple(item for item in flow_items(program, every) if item.id in shown)
    groups = tuple(program.groups[index] for index in every)
    return Diagram(("dfg",), program.path, groups, items, tuple(links))
