"""A call in a loop whose answer is the same each time: make it once before."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.optimizing.transformations.loops import (
    Loop,
    before,
    changed_names,
    fresh_name,
    inside,
    outermost_loops,
)
from repair.source.file import OffsetEdit, Source

#: Builtins and functions of modules whose answer depends on their arguments alone.
_PURE = frozenset({"sorted", "sum", "min", "max", "set", "frozenset", "tuple", "len", "re.compile"})


def edits(
    source: Source, function: ast.FunctionDef | ast.AsyncFunctionDef
) -> Iterator[tuple[OffsetEdit, ...]]:
    """One change for each such call of each loop; equal calls go together."""
    for loop in outermost_loops(function):
        if not isinstance(loop, Loop):
            continue
        changed = changed_names(loop)
        found: dict[str, list[ast.Call]] = {}
        for node in inside(loop):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in _PURE and node.args:
                names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                harmless = all(
                    isinstance(a, ast.Name | ast.Constant) and a is not None for a in node.args
                )
                if harmless and not names & changed:
                    found.setdefault(ast.unparse(node), []).append(node)
        for text, calls in found.items():
            new = fresh_name(function, f"{ast.unparse(calls[0].func).rpartition('.')[2]}_once")
            changes = [OffsetEdit(*source.span(call), new) for call in calls]
            yield (before(source, loop, f"{new} = {text}"), *changes)
