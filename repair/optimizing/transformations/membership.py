"""``x in items`` inside a loop, with ``items`` a sequence: ask a set that is made once."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.optimizing.transformations.loops import (
    before,
    changed_names,
    fresh_name,
    inside,
    outermost_loops,
)
from repair.source.file import OffsetEdit, Source


def edits(
    source: Source, function: ast.FunctionDef | ast.AsyncFunctionDef
) -> Iterator[tuple[OffsetEdit, ...]]:
    """One change for each loop and each name that is asked and not changed in it."""
    for loop in outermost_loops(function):
        changed = changed_names(loop)
        asked: dict[str, list[ast.Name]] = {}
        for node in inside(loop):
            if isinstance(node, ast.Compare) and len(node.ops) == 1:
                holder = node.comparators[0]
                if isinstance(node.ops[0], ast.In | ast.NotIn) and isinstance(holder, ast.Name):
                    asked.setdefault(holder.id, []).append(holder)
        for name, places in asked.items():
            if name in changed:
                continue
            new = fresh_name(function, f"{name}_set")
            change = [OffsetEdit(*source.span(place), new) for place in places]
            yield (before(source, loop, f"{new} = set({name})"), *change)
