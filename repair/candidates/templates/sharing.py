"""One object where several were meant: copies that were not made, containers that all share."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import Function, parameters

_CHANGING = frozenset(
    {"add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "update"}
)


def copies(program: SuspectProgram) -> Iterator[Proposal]:
    """An object that is kept or given away, and should be a copy of its own."""
    for node in program.of(ast.Assign, ast.AnnAssign, ast.Return, ast.Call, ast.Yield):
        function = program.function(node)
        if function is None:
            continue
        given = set(parameters(function))
        for value, likely in _handed(node, given):
            text = program.text(value)
            if isinstance(value, ast.BoolOp):
                for kind in ("list", "dict", "set"):
                    yield program.replace(value, f"{kind}({text})", "missing copy", 0.25 * likely)
                continue
            found = {f"dict({text})": 0.25, f"list({text})": 0.25, f"{text}.copy()": 0.2}
            found |= {f"set({text})": 0.12, f"tuple({text})": 0.08}
            if "deepcopy" in program.source.text:
                found[f"deepcopy({text})"] = 0.2
            if "import copy" in program.source.text:
                found |= {f"copy.deepcopy({text})": 0.25, f"copy.copy({text})": 0.15}
            for new, prior in found.items():
                yield program.replace(value, new, "missing copy", prior * likely)


def _handed(node: ast.AST, given: set[str]) -> Iterator[tuple[ast.expr, float]]:
    """Values that go into an object, or out of one, with how likely a copy was meant."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if node.value is not None and any(
            isinstance(t, ast.Attribute | ast.Subscript) for t in targets
        ):
            if isinstance(node.value, ast.Name):
                yield node.value, 1.0 if node.value.id in given else 0.6
            elif isinstance(node.value, ast.Attribute | ast.Subscript):
                yield node.value, 0.5
            elif isinstance(node.value, ast.BoolOp) and isinstance(node.value.op, ast.Or):
                # ``given or []``: the caller's, where there is one.
                yield node.value, 0.8
        elif isinstance(node.value, ast.Name) and node.value.id in given:
            # ``items = argument`` and then changed.
            yield node.value, 0.6
        elif isinstance(node.value, ast.Attribute | ast.Subscript):
            yield node.value, 0.4
    elif isinstance(node, ast.Return | ast.Yield):
        if isinstance(node.value, ast.Attribute | ast.Subscript):
            yield node.value, 1.0
        elif isinstance(node.value, ast.Name):
            yield node.value, 0.4
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        kept = node.args if node.func.attr in ("append", "add", "insert", "setdefault") else []
        for argument in kept:
            if isinstance(argument, ast.Name | ast.Attribute):
                yield argument, 0.6


def changed_while_iterated(program: SuspectProgram) -> Iterator[Proposal]:
    """A container that the body of the loop over it changes."""
    for node in program.of(ast.For, ast.AsyncFor):
        assert isinstance(node, ast.For | ast.AsyncFor)
        base = node.iter
        if isinstance(base, ast.Call) and isinstance(base.func, ast.Attribute) and not base.args:
            base = base.func.value
        if isinstance(base, ast.Name | ast.Attribute) and _changes(program, node, base):
            yield program.replace(
                node.iter, f"list({program.text(node.iter)})", "missing copy", 0.7
            )


def _changes(program: SuspectProgram, loop: ast.For | ast.AsyncFor, base: ast.expr) -> bool:
    """Whether the loop changes ``base``, itself or by a method of the object that it is of."""
    if program.text(base) in _changed(program, loop):
        return True
    scope = program.class_of(loop)
    if scope is None or not isinstance(base, ast.Attribute):
        return False
    called = {
        node.func.attr
        for node in program.inside(loop)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and program.text(node.func.value) == "self"
    }
    return any(
        isinstance(method, Function)
        and method.name in called
        and program.text(base) in _changed(program, method)
        for method in scope.body
    )


def _changed(program: SuspectProgram, node: ast.AST) -> set[str]:
    """The containers that ``node`` changes, as text."""
    return {
        program.text(inner.value)
        for inner in program.inside(node)
        if (isinstance(inner, ast.Subscript) and isinstance(inner.ctx, ast.Store | ast.Del))
        or (isinstance(inner, ast.Attribute) and inner.attr in _CHANGING)
    }
