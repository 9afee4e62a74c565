"""A function that calls itself several times and depends on its arguments alone: remember."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.optimizing.transformations.imports import importing
from repair.source.file import OffsetEdit, Source


def edits(
    source: Source, function: ast.FunctionDef | ast.AsyncFunctionDef
) -> Iterator[tuple[OffsetEdit, ...]]:
    """``functools.lru_cache`` on a function of the module that looks pure."""
    tree = source.tree
    if tree is None or function not in tree.body or not isinstance(function, ast.FunctionDef):
        return
    calls = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == function.name
    ]
    if len(calls) < 2 or function.decorator_list or not _looks_pure(function):
        return
    start = source.line_starts[function.lineno - 1]
    mark = f"@functools.lru_cache(maxsize=None){source.newline()}"
    changes = [OffsetEdit(start, start, mark)]
    imported = importing(source, "functools")
    if imported and imported[0].start == start:
        # Two insertions at one place are one.
        changes = [OffsetEdit(start, start, imported[0].new + mark)]
    else:
        changes = [*imported, *changes]
    yield tuple(changes)


def _looks_pure(function: ast.FunctionDef) -> bool:
    """Whether nothing outside is named by ``global``, nothing is yielded or printed."""
    for node in ast.walk(function):
        if isinstance(node, ast.Global | ast.Nonlocal | ast.Yield | ast.YieldFrom | ast.Await):
            return False
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            return False
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Name) and called.id in ("print", "input", "open", "next"):
            return False
        # A result that can be changed would be shared by all who asked for it.
        if isinstance(
            node, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp
        ):
            return False
    return True
