"""The other branch of an assignment under a condition, which was lost."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import Function, parameters

#: Values that stand for nothing.
_NOTHING = ("None", "0", '""', "[]", "False", "True")


def other_values(program: SuspectProgram) -> Iterator[Proposal]:
    """``if test: x = a`` where ``x`` is read behind it and was not set before: ``else: x = b``."""
    for node in program.of(ast.If):
        assert isinstance(node, ast.If)
        function = program.function(node)
        last = node.body[-1]
        if node.orelse or function is None or not isinstance(last, ast.Assign):
            continue
        target = last.targets[0]
        if len(last.targets) > 1 or not isinstance(target, ast.Name):
            continue
        if target.id in parameters(function) or not _is_unset(program, function, node, target.id):
            continue
        for value, prior in _values(program, node, last, target.id).items():
            lines = ["else:", f"{program.indent_step}{target.id} = {value}"]
            yield program.insert_after(node, lines, "missing assignment", prior)


def _is_unset(program: SuspectProgram, function: Function, node: ast.If, name: str) -> bool:
    """Whether nothing sets ``name`` on the way to ``node``, and something behind reads it."""
    chain: ast.If = node
    while isinstance(parent := program.parents.get(chain), ast.If) and chain in parent.orelse:
        chain = parent
    stored = [
        n.lineno
        for n in program.inside(function)
        if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store)
    ]
    read = any(
        isinstance(n, ast.Name)
        and n.id == name
        and isinstance(n.ctx, ast.Load)
        and n.lineno > (node.end_lineno or node.lineno)
        for n in program.inside(function)
    )
    return read and all(line >= chain.lineno for line in stored)


def _values(program: SuspectProgram, node: ast.If, last: ast.Assign, name: str) -> dict[str, float]:
    """What it could be otherwise: a part of what it is, a variable at hand, nothing."""
    found: dict[str, float] = {}
    for whole, prior in ((last.value, 0.25), (node.test, 0.2)):
        for inner in ast.walk(whole):
            if isinstance(inner, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
                found.setdefault(program.text(inner), prior)
    found.pop(program.text(last.value), None)
    others = [v for v in program.variables(node) if v != name]
    for other in others:
        found.setdefault(other, 0.5 / (3 + len(others)))
    for nothing in _NOTHING:
        found.setdefault(nothing, 0.12)
    return found
