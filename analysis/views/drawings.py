"""The drawings of a file, listed in :data:`VIEWS`.

A view is a function from a :class:`~analysis.views.program.Program` and the numbers of the scopes
that are wanted to a :class:`~analysis.views.diagram.Diagram`. The ids of its items are the same in
every view that draws the same thing, so that views can be laid on one another.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence

from analysis.views.calls import Call, ResolvedCallee
from analysis.views.data_flow import DefinitionKind
from analysis.views.diagram import Arrow, Diagram, Item, combined
from analysis.views.flow import EdgeKind, Span
from analysis.views.program import Program

# -- the control-flow view: every statement and header, and how one leads to the next


def draw_control(program: Program, scopes: Sequence[int]) -> Diagram:
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


# -- the data-flow view: which definition reaches which use, between the nodes of the control flow


_MAY = (DefinitionKind.UPDATE, DefinitionKind.ATTRIBUTE)


def draw_data(program: Program, scopes: Sequence[int]) -> Diagram:
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


# -- the syntax view: the abstract syntax tree, with what each node says


#: Nodes that say nothing of their own; their class is shown in the label of their parent.
_MARKS = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)


def draw_syntax(program: Program, scopes: Sequence[int]) -> Diagram:
    """One item for each node under the outermost of ``scopes``; links carry the field's name."""
    numbers = _numbers(program)
    items, links = [], []
    for root in _roots(program, scopes):
        for node in _shown_nodes(root):
            me = f"a{numbers[node]}"
            items.append(Item(me, type(node).__name__, _label(node), _span(program, node)))
            for field, child in _children(node):
                links.append(Arrow(me, f"a{numbers[child]}", "child", field))
    return Diagram(("ast",), program.path, (), tuple(items), tuple(links))


def syntax_seams(program: Program, scopes: Sequence[int]) -> Diagram:
    """The links from each node of the control flow to the syntax it evaluates."""
    numbers = _numbers(program)
    shown = {node for root in _roots(program, scopes) for node in _shown_nodes(root)}
    links = tuple(
        Arrow(item_id(index, number), f"a{numbers[node]}", "syntax")
        for index in scopes
        for number, node in enumerate(program.flows[index].syntax)
        if node in shown and node is not None
    )
    return Diagram((), program.path, (), (), links)


def _roots(program: Program, scopes: Sequence[int]) -> list[ast.AST]:
    """The scopes that lie in no other one of ``scopes``."""
    chosen = [program.flows[index].scope for index in scopes]
    inner = {node for scope in chosen for node in _shown_nodes(scope) if node is not scope}
    return [scope for scope in chosen if scope not in inner]


def _numbers(program: Program) -> dict[ast.AST, int]:
    return {node: number for number, node in enumerate(_shown_nodes(program.tree))}


def _shown_nodes(root: ast.AST) -> Iterator[ast.AST]:
    """The nodes that are drawn, parents first, in the order of the text."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(child for _, child in reversed(_children(node)))


def _children(node: ast.AST) -> list[tuple[str, ast.AST]]:
    found = []
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.AST) and not isinstance(value, _MARKS):
            found.append((name, value))
        elif isinstance(value, list):
            found += [
                (f"{name}[{i}]", each)
                for i, each in enumerate(value)
                if isinstance(each, ast.AST) and not isinstance(each, _MARKS)
            ]
    return found


def _label(node: ast.AST) -> str:
    """The class of a node, its operator, and what it holds besides other nodes."""
    words = [type(node).__name__]
    for name, value in ast.iter_fields(node):
        values = value if isinstance(value, list) else [value]
        if isinstance(value, ast.operator | ast.unaryop | ast.boolop) or name == "ops":
            words += [type(each).__name__ for each in values]
        elif isinstance(node, ast.Constant) and name == "value":
            words.append(repr(value))
        elif name in ("id", "name", "attr", "arg", "asname", "module", "rest", "names"):
            words += [each for each in values if isinstance(each, str)]
    return " ".join(words)


def _span(program: Program, node: ast.AST) -> Span | None:
    return program.places.span(node) if hasattr(node, "lineno") else None


# -- the call view: the functions and classes of a file, and who calls whom


def draw_calls(program: Program, scopes: Sequence[int]) -> Diagram:
    """One item for each scope that calls or is called, one link for each place of a call.

    Of a part of the file, what it calls and what calls it are shown too.
    """
    wanted = set(scopes)
    shown = [call for call in program.calls if call.caller in wanted or call.callee in wanted]
    whole = len(wanted) == len(program.flows)
    numbers = wanted if whole else wanted | {call.caller for call in shown}
    numbers |= {call.callee for call in shown if call.callee >= 0}
    busy = {call.caller for call in shown} | {call.callee for call in shown}
    items = [
        _definition_item(program, number)
        for number in sorted(numbers)
        if number in busy or not isinstance(program.flows[number].scope, ast.ClassDef | ast.Module)
    ]
    outside = dict.fromkeys(call.external for call in shown if call.callee < 0)
    items += [Item(_callee_id(-1, name), "external", name) for name in outside]
    links = tuple(_call_link(f"s{call.caller}", call) for call in shown)
    return Diagram(("calls",), program.path, (), tuple(items), links)


def calls_seams(program: Program, scopes: Sequence[int]) -> Diagram:
    """The links from each node of the control flow to what it calls."""
    wanted = set(scopes)
    links = tuple(
        _call_link(item_id(call.caller, call.node), call)
        for call in program.calls
        if call.caller in wanted
    )
    return Diagram((), program.path, (), (), links)


def _call_link(source: str, call: Call) -> Arrow:
    label = "" if call.how is ResolvedCallee.EXACT else call.how.value
    return Arrow(
        source, _callee_id(call.callee, call.external), "call", label, (("call", call.span),)
    )


def _callee_id(callee: int, external: str) -> str:
    return f"s{callee}" if callee >= 0 else f"x:{external}"


def _definition_item(program: Program, number: int) -> Item:
    flow, group = program.flows[number], program.groups[number]
    if isinstance(flow.scope, ast.Module):
        kind = "module"
    elif isinstance(flow.scope, ast.ClassDef):
        kind = "class"
    elif isinstance(program.flows[flow.parent].scope, ast.ClassDef):
        kind = "method"
    else:
        kind = "function"
    return Item(f"s{number}", kind, group.label, group.span)


View = Callable[[Program, Sequence[int]], Diagram]

#: Every view by the name that the command line knows it by.
VIEWS: Mapping[str, View] = {
    "ast": draw_syntax,
    "cfg": draw_control,
    "dfg": draw_data,
    "calls": draw_calls,
}


def draw(program: Program, names: Sequence[str], part: str = "") -> Diagram:
    """The views ``names`` of a program in one diagram, of the function or class ``part`` only.

    Raises :class:`~analysis.errors.AnalysisError` where there is no such function or class.
    """
    scopes = program.part(part)
    diagrams = [VIEWS[name](program, scopes) for name in dict.fromkeys(names)]
    if {"cfg", "dfg"} & set(names):
        if "ast" in names:
            diagrams.append(syntax_seams(program, scopes))
        if "calls" in names:
            diagrams.append(calls_seams(program, scopes))
    return combined(program.path, diagrams)
