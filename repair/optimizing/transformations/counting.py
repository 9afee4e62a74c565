"""``items.count(x)`` inside a loop: count all of them once."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.optimizing.transformations.imports import importing
from repair.optimizing.transformations.loops import (
    FunctionNode,
    before,
    changed_names,
    fresh_name,
    inside,
    outermost_loops,
)
from repair.source.file import OffsetEdit, Source


def edits(source: Source, function: FunctionNode) -> Iterator[tuple[OffsetEdit, ...]]:
    """One change for each loop and each name that is counted and not changed in it."""
    for loop in outermost_loops(function):
        changed = changed_names(loop)
        found: dict[str, list[ast.Call]] = {}
        for node in inside(loop):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id=name), attr="count"), args=[_], keywords=[]
                ) if name not in changed:
                    found.setdefault(name, []).append(node)
        for name, calls in found.items():
            new = fresh_name(function, f"{name}_counts")
            counted = [
                OffsetEdit(*source.span(call), f"{new}[{source.segment(call.args[0])}]")
                for call in calls
            ]
            line = before(source, loop, f"{new} = collections.Counter({name})")
            yield (*importing(source, "collections"), line, *counted)
