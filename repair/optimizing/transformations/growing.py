"""``x in seen`` while ``seen`` grows in the same loop: keep a set beside the list."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.optimizing.transformations.loops import (
    FunctionNode,
    Loop,
    before,
    fresh_name,
    outermost_loops,
)
from repair.source.file import OffsetEdit, Source


def edits(source: Source, function: FunctionNode) -> Iterator[tuple[OffsetEdit, ...]]:
    """One change for each list that a loop asks and appends to, and nothing else."""
    for loop in outermost_loops(function):
        if not isinstance(loop, Loop):
            continue
        asked: dict[str, list[ast.Name]] = {}
        grown: dict[str, list[ast.Expr]] = {}
        for node in ast.walk(loop):
            match node:
                case ast.Compare(
                    ops=[ast.In() | ast.NotIn()], comparators=[ast.Name(id=name) as at]
                ):
                    asked.setdefault(name, []).append(at)
                case ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Name(id=name), attr="append"),
                        args=[ast.Name() | ast.Constant()],
                        keywords=[],
                    )
                ):
                    grown.setdefault(name, []).append(node)
        for name in asked.keys() & grown.keys():
            uses = sum(isinstance(n, ast.Name) and n.id == name for n in ast.walk(loop))
            if uses == len(asked[name]) + len(grown[name]):
                yield tuple(_beside(source, function, loop, name, asked[name], grown[name]))


def _beside(
    source: Source,
    function: FunctionNode,
    loop: ast.stmt,
    name: str,
    asked: list[ast.Name],
    grown: list[ast.Expr],
) -> Iterator[OffsetEdit]:
    new = fresh_name(function, f"{name}_set")
    yield before(source, loop, f"{new} = set({name})")
    for holder in asked:
        yield OffsetEdit(*source.span(holder), new)
    for statement in grown:
        call = statement.value
        assert isinstance(call, ast.Call)
        end = source.span(statement)[1]
        line = source.line(statement.lineno)
        alone = line.strip() == source.segment(statement)
        between = source.newline() + source.indentation(statement.lineno) if alone else "; "
        yield OffsetEdit(end, end, f"{between}{new}.add({source.segment(call.args[0])})")
