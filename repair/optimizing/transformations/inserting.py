"""Appending to a sorted list and sorting it again: insert where it belongs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from repair.optimizing.transformations.imports import importing
from repair.optimizing.transformations.loops import FunctionNode
from repair.source.file import OffsetEdit, Source


def edits(source: Source, function: FunctionNode) -> Iterator[tuple[OffsetEdit, ...]]:
    """One change for each ``items.append(x)`` with ``items.sort()`` directly behind it."""
    for node in ast.walk(function):
        for field in ("body", "orelse", "finalbody"):
            body = getattr(node, field, None)
            for one, other in pairwise(body if isinstance(body, list) else ()):
                match one, other:
                    case (
                        ast.Expr(
                            value=ast.Call(
                                func=ast.Attribute(value=ast.Name(id=name), attr="append"),
                                args=[item],
                                keywords=[],
                            )
                        ),
                        ast.Expr(
                            value=ast.Call(
                                func=ast.Attribute(value=ast.Name(id=same), attr="sort"),
                                args=[],
                                keywords=[],
                            )
                        ),
                    ) if name == same:
                        new = f"bisect.insort({name}, {source.segment(item)})"
                        span = source.span(one)[0], source.span(other)[1]
                        yield (*importing(source, "bisect"), OffsetEdit(*span, new))
