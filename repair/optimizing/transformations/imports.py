"""The edit that imports a module where a transformation needs one."""

from __future__ import annotations

import ast

from repair.source.file import OffsetEdit, Source


def importing(source: Source, module: str) -> tuple[OffsetEdit, ...]:
    """``import module`` before the first statement that may follow it; nothing where the file has
    it already."""
    tree = source.tree
    assert tree is not None
    for node in tree.body:
        if isinstance(node, ast.Import) and any(
            alias.name == module and not alias.asname for alias in node.names
        ):
            return ()
    line, first = _first_line(tree)
    at = source.line_starts[line - 1]
    ends = 1 if isinstance(first, ast.Import | ast.ImportFrom) else 3
    return (OffsetEdit(at, at, f"import {module}{source.newline() * ends}"),)


def _first_line(tree: ast.Module) -> tuple[int, ast.stmt]:
    """The line before which an import may stand, behind docstring and ``__future__``, and what
    stands there now."""
    for node in tree.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            continue
        marks: list[ast.expr] = getattr(node, "decorator_list", [])
        return min([node.lineno, *(mark.lineno for mark in marks)]), node
    return 1, tree.body[0]
