"""One more value that something may be, of those that the file asks for elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram

#: Values that are tried, those of the same function first; and how likely one is missing.
_MOST = 8
_MISSING = 0.6


def compared(program: SuspectProgram) -> Iterator[Proposal]:
    """``x == a`` for ``x == a or x == b``, and ``x != a`` for ``x != a and x != b``."""
    for node in program.of(ast.Compare):
        assert isinstance(node, ast.Compare)
        value = node.comparators[0]
        if len(node.ops) != 1 or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
            continue
        if not _is_value(value) or isinstance(program.parents.get(node), ast.BoolOp):
            continue
        one, text = program.text(node.left), program.text(node)
        others = [other for other in _asked(program, node) if other != program.text(value)][:_MOST]
        for other in others:
            joined = f"or {one} ==" if isinstance(node.ops[0], ast.Eq) else f"and {one} !="
            prior = _MISSING / (3 + len(others))
            yield program.replace(node, f"({text} {joined} {other})", "missing condition", prior)


def _asked(program: SuspectProgram, node: ast.Compare) -> list[str]:
    """Values like the one of ``node`` that anything is compared with."""
    function, like = program.function(node), node.comparators[0]
    found: dict[str, None] = {}
    for inside in (function, program.tree):
        for other in program.inside(inside) if inside is not None else ():
            if isinstance(other, ast.Compare) and isinstance(other.ops[0], ast.Eq | ast.NotEq):
                value = other.comparators[0]
                if _is_value(value) and _kind(value) == _kind(like):
                    found[program.text(value)] = None
    return list(found)


def _is_value(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or (
        isinstance(node, ast.Tuple) and all(map(_is_value, node.elts))
    )


def _kind(node: ast.expr) -> object:
    if isinstance(node, ast.Tuple):
        return tuple(map(_kind, node.elts))
    return type(node.value) if isinstance(node, ast.Constant) else None
