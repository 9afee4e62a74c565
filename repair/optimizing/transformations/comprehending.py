"""A loop that does nothing but append: a list comprehension."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from repair.optimizing.transformations.loops import FunctionNode
from repair.source.file import OffsetEdit, Source

#: A comprehension that would be longer stands on several lines.
_LINE = 88
_APART = (ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr)


def edits(source: Source, function: FunctionNode) -> Iterator[tuple[OffsetEdit, ...]]:
    """One change for each ``items = []`` with such a loop directly behind it."""
    for node in ast.walk(function):
        for field in ("body", "orelse", "finalbody"):
            body = getattr(node, field, None)
            for one, other in pairwise(body if isinstance(body, list) else ()):
                match one, other:
                    case (
                        ast.Assign(targets=[ast.Name(id=name)], value=ast.List(elts=[])),
                        ast.For() as loop,
                    ):
                        parts = _parts(source, loop, name)
                        if parts and not _leaks(function, loop):
                            yield from _written(source, one, loop, name, parts)


def _parts(source: Source, loop: ast.For, name: str) -> list[str] | None:
    """The element, then each ``for`` and ``if``; ``None`` where the loop does more."""
    clauses: list[str] = []
    inner: ast.stmt = loop
    while True:
        match inner:
            case ast.For(body=[only], orelse=[]):
                target, items = source.segment(inner.target), source.segment(inner.iter)
                clauses.append(f"for {target} in {items}")
            case ast.If(body=[only], orelse=[]):
                clauses.append(f"if {source.segment(inner.test)}")
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name(id=same), attr="append"),
                    args=[item],
                    keywords=[],
                )
            ) if same == name:
                break
            case _:
                return None
        inner = only
    uses = sum(isinstance(n, ast.Name) and n.id == name for n in ast.walk(loop))
    if uses != 1 or any(isinstance(n, _APART) for n in ast.walk(loop)):
        return None
    return [source.segment(item), *clauses]


def _leaks(function: FunctionNode, loop: ast.For) -> bool:
    """Whether a name that the loop binds is used outside of it."""
    inside = {id(node) for node in ast.walk(loop)}
    bound = {
        node.id
        for node in ast.walk(loop)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return any(
        isinstance(node, ast.Name) and node.id in bound and id(node) not in inside
        for node in ast.walk(function)
    )


def _written(
    source: Source, assigned: ast.stmt, loop: ast.For, name: str, parts: list[str]
) -> Iterator[tuple[OffsetEdit, ...]]:
    start, end = source.span(assigned)[0], source.span(loop)[1]
    if "#" in source.text[start:end] or any("\n" in part for part in parts):
        # Comments would be lost, and lines that go on would have to be laid out anew.
        return
    indentation = source.indentation(assigned.lineno)
    text = f"{name} = [{' '.join(parts)}]"
    if len(indentation) + len(text) > _LINE:
        lines = [f"{name} = [", *(f"    {part}" for part in parts), "]"]
        text = f"{source.newline()}{indentation}".join(lines)
    yield (OffsetEdit(start, end, text),)
