"""What was to be done only where there is something to do it with."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.indented import inside
from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import is_docstring

_SIMPLE = (ast.Expr, ast.Assign, ast.AugAssign, ast.Return)
#: How many statements stand under one condition, and how many values are asked for.
_LONGEST, _MOST = 4, 4
#: How likely a statement lacks a condition of any kind; of n statements it is an n-th of that.
_LACKING = 0.3


def runs(program: SuspectProgram) -> Iterator[Proposal]:
    """``if x: …`` around a result, or statements that follow one another, and read ``x``.

    A short statement alone is the business of ``insertions.guarded``, but for members.
    """
    for node in program.of(*_SIMPLE):
        assert isinstance(node, ast.stmt)
        if program.function(node) is None or is_docstring(node):
            continue
        block = program.block(node)
        at = block.index(node)
        for length in range(1, _LONGEST + 1):
            body = block[at : at + length]
            if len(body) < length or not isinstance(body[-1], _SIMPLE):
                break
            known = length == 1 and _is_short(node)
            values = [v for v in _values(program, body) if not known or "." in v]
            for value in values:
                for test in (value, f"{value} is not None"):
                    edit = inside(program, f"if {test}:", body)
                    if edit is not None:
                        prior = _LACKING / (2 + len(values)) / length
                        yield Proposal("missing condition", prior, (edit,), node)


def _is_short(node: ast.stmt) -> bool:
    return not isinstance(node, ast.Return) and node.lineno == node.end_lineno


def _values(program: SuspectProgram, body: list[ast.stmt]) -> list[str]:
    """Variables, and members of the object, that statements read before they set them."""
    local = set(program.variables(body[0]))
    found: dict[str, None] = {}
    stored: set[str] = set()
    for statement in body:
        stores: set[str] = set()
        for inner in program.inside(statement):
            if isinstance(inner, ast.Name) and inner.id in local:
                if isinstance(inner.ctx, ast.Store):
                    stores.add(inner.id)
                elif inner.id not in stored:
                    found[inner.id] = None
            elif isinstance(inner, ast.Attribute) and _is_read(program, inner):
                found[program.text(inner)] = None
        stored |= stores
    return list(found)[:_MOST]


def _is_read(program: SuspectProgram, node: ast.Attribute) -> bool:
    """Whether ``node`` reads a member of ``self`` that is not called."""
    parent = program.parents.get(node)
    called = isinstance(parent, ast.Call) and parent.func is node
    own = isinstance(node.value, ast.Name) and node.value.id == "self"
    return own and not called and isinstance(node.ctx, ast.Load)
