"""The syntax view: the abstract syntax tree, with what each node says."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from analysis.views.diagram import Arrow, Diagram, Item
from analysis.views.drawings.control import item_id
from analysis.views.flow import Span
from analysis.views.program import Program

#: Nodes that say nothing of their own; their class is shown in the label of their parent.
_MARKS = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)


def draw(program: Program, scopes: Sequence[int]) -> Diagram:
    """One item for each node under the outermost of ``scopes``; links carry the field's name."""
    numbers = _numbers(program)
    items, links = [], []
    for root in _roots(program, scopes):
        for node in _walk(root):
            me = f"a{numbers[node]}"
            items.append(Item(me, type(node).__name__, _label(node), _span(program, node)))
            for field, child in _children(node):
                links.append(Arrow(me, f"a{numbers[child]}", "child", field))
    return Diagram(("ast",), program.path, (), tuple(items), tuple(links))


def seams(program: Program, scopes: Sequence[int]) -> Diagram:
    """The links from each node of the control flow to the syntax it evaluates."""
    numbers = _numbers(program)
    shown = {node for root in _roots(program, scopes) for node in _walk(root)}
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
    inner = {node for scope in chosen for node in _walk(scope) if node is not scope}
    return [scope for scope in chosen if scope not in inner]


def _numbers(program: Program) -> dict[ast.AST, int]:
    return {node: number for number, node in enumerate(_walk(program.tree))}


def _walk(root: ast.AST) -> Iterator[ast.AST]:
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
