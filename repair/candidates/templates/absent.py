"""What may not be there: values that are ``None``, entries that nobody made yet."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import Function

#: What stands for nothing where a method of its kind is called, or it is gone through.
_EMPTY = ('""', "[]", "{}", "0")
#: Containers that begin empty, by the method that fills them.
_FILLED = {"append": "[]", "extend": "[]", "insert": "[]", "add": "set()", "update": "{}"}


def fallbacks(program: SuspectProgram) -> Iterator[Proposal]:
    """``(x or "")`` where ``x`` may be ``None``, likelier where that is its default."""
    for node in program.of(ast.Attribute, ast.Call, ast.For):
        for value in _used(node):
            if not isinstance(value, ast.Name | ast.Attribute) or _is_called(program, value):
                continue
            text = program.text(value)
            prior = 0.2 if text in _optional(program, node) else 0.03
            if text not in ("self", "cls") and not text[:1].isupper():
                for empty in _EMPTY:
                    yield program.replace(value, f"({text} or {empty})", "null guard", prior)


def _used(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Attribute):
        return [node.value]
    if isinstance(node, ast.For):
        return [node.iter]
    return list(node.args) if isinstance(node, ast.Call) else []


def _is_called(program: SuspectProgram, node: ast.expr) -> bool:
    parent = program.parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node


def _optional(program: SuspectProgram, node: ast.AST) -> frozenset[str]:
    """Parameters of the function around ``node`` whose default is ``None``."""
    function = program.function(node)
    if function is None:
        return frozenset()
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args]
    pairs = list(zip(plain[::-1], arguments.defaults[::-1], strict=False))
    pairs += [
        (a, d)
        for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if d is not None
    ]
    return frozenset(a.arg for a, d in pairs if isinstance(d, ast.Constant) and d.value is None)


def early_ends(program: SuspectProgram) -> Iterator[Proposal]:
    """A function that ends at once where what a statement reads from is ``None``."""
    for node in program.of(ast.Return, ast.Assign, ast.Expr, ast.For, ast.If, ast.AugAssign):
        assert isinstance(node, ast.stmt)
        function = program.function(node)
        if function is None:
            continue
        ends = _ends(program, function)
        for receiver in _receivers(program, node):
            for end, prior in ends.items():
                lines = [f"if {receiver} is None:", f"{program.indent_step}return{end}"]
                yield program.insert_before(node, lines, "null guard", prior)


def _receivers(program: SuspectProgram, node: ast.stmt) -> list[str]:
    """Variables and fields that ``node``'s own expressions read from."""
    found: dict[str, None] = {}
    for part in ast.iter_child_nodes(node):
        for inner in program.inside(part) if isinstance(part, ast.expr) else ():
            if isinstance(inner, ast.Attribute | ast.Subscript) and isinstance(
                inner.value, ast.Name | ast.Attribute
            ):
                found[program.text(inner.value)] = None
    return [text for text in found if text not in ("self", "cls") and not text[:1].isupper()][:4]


def _ends(program: SuspectProgram, function: Function) -> dict[str, float]:
    """What the function could return then: what it returns elsewhere, or some kind of nothing."""
    found = {"": 0.08, ' ""': 0.05, " []": 0.04, " 0": 0.04, " False": 0.05}
    for inner in program.inside(function):
        if isinstance(inner, ast.Return) and isinstance(inner.value, ast.Constant):
            found[f" {program.text(inner.value)}"] = 0.15
    return found


def entries(program: SuspectProgram) -> Iterator[Proposal]:
    """An entry that is counted up, or put something into, before anything made it."""
    for node in program.of(ast.AugAssign):
        assert isinstance(node, ast.AugAssign)
        target = node.target
        if isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Slice):
            whole, key = program.text(target.value), program.text(target.slice)
            start, end = program.source.span(target)[1], program.source.span(node.value)[0]
            sign = program.source.text[start:end].strip().removesuffix("=")
            for zero in ("0", "[]", '""'):
                known = f"{whole}.get({key}, {zero})"
                new = f"{whole}[{key}] = {known} {sign} {program.text(node.value)}"
                prior = 0.25 if zero == "0" else 0.06
                yield program.replace(node, new, "accumulation", prior)
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        method = node.func
        if isinstance(method, ast.Attribute) and isinstance(method.value, ast.Subscript):
            entry = method.value
            if method.attr in _FILLED and not isinstance(entry.slice, ast.Slice):
                whole, key = program.text(entry.value), program.text(entry.slice)
                new = f"{whole}.setdefault({key}, {_FILLED[method.attr]})"
                yield program.replace(entry, new, "accumulation", 0.25)
