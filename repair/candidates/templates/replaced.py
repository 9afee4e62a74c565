"""Results that take the place of what was there, and results that were to."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import Function

#: Functions that change nothing: called for themselves, their result is lost.
_PURE = frozenset({"sorted", "reversed", "list", "set", "dict", "tuple", "str", "filter", "map"})
_DICTS, _LISTS, _SETS = (ast.Dict, ast.DictComp), (ast.List, ast.ListComp), (ast.Set, ast.SetComp)


def assigned_back(program: SuspectProgram) -> Iterator[Proposal]:
    """``sorted(values)`` as a statement, whose result was to be the new ``values``; or that of a
    function that a field holds: ``self.add(table[key], value)``."""
    named = {node.name for node in program.inside(program.tree) if isinstance(node, Function)}
    giving = {
        node.name
        for node in program.inside(program.tree)
        if isinstance(node, Function)
        and any(
            isinstance(n, ast.Return) and n.value is not None and program.function(n) is node
            for n in program.inside(node)
        )
    }
    for node in program.of(ast.Expr):
        assert isinstance(node, ast.Expr)
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        if not isinstance(call, ast.Call):
            continue
        name = program.text(call.func)
        known = name in _PURE
        receiver, _dot, last = name.rpartition(".")
        if not known and last not in giving and (receiver != "self" or last in named):
            continue
        for argument in call.args:
            if isinstance(argument, ast.Name | ast.Attribute | ast.Subscript):
                new = f"{program.text(argument)} = {program.text(node)}"
                yield program.replace(node, new, "lost result", 0.4 if known else 0.2)


def added_to(program: SuspectProgram) -> Iterator[Proposal]:
    """``self.data = new`` where what was there was to stay, or the other way round."""
    for node in program.of(ast.Assign, ast.Expr):
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            if not isinstance(target, ast.Attribute | ast.Name) or isinstance(
                value, ast.Constant | ast.Dict | ast.List | ast.BinOp
            ):
                continue
            kinds = _kinds(program, target)
            text, new = program.text(target), program.text(value)
            for kind, method in (("dict", "update"), ("list", "extend"), ("set", "update")):
                if kind in kinds:
                    yield program.replace(node, f"{text}.{method}({new})", "assignment", 0.15)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            call = node.value
            if not isinstance(call.func, ast.Attribute) or len(call.args) != 1:
                continue
            fitting = {"update": ("dict", "set"), "extend": ("list",)}.get(call.func.attr, ())
            text, new = program.text(call.func.value), program.text(call.args[0])
            known = _kinds(program, call.func.value)
            for kind in fitting:
                if kind in known:
                    yield program.replace(node, f"{text} = {kind}({new})", "assignment", 0.1)


def _kinds(program: SuspectProgram, target: ast.expr) -> set[str]:
    """Of ``dict``, ``list`` and ``set`` what ``target`` is assigned elsewhere in its class or
    function."""
    scope: ast.AST | None = program.function(target)
    if isinstance(target, ast.Attribute):
        scope = program.class_of(target)
    text = program.text(target)
    found = set()
    for node in program.inside(scope or program.tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(t is not target and program.text(t) == text for t in targets):
                value = node.value
                called = program.text(value.func) if isinstance(value, ast.Call) else ""
                for kind, shapes in (("dict", _DICTS), ("list", _LISTS), ("set", _SETS)):
                    if isinstance(value, shapes) or called == kind:
                        found.add(kind)
    return found
