"""What one place does and its counterpart does not: fields compared, steps taken back, rows."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import Function

_INVERSE = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*"}
_COMPARING = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__add__")
_METHODS = {
    "append": ("remove", "pop"),
    "add": ("discard", "remove"),
    "remove": ("append", "add"),
    "discard": ("add",),
}


def compared_fields(program: SuspectProgram) -> Iterator[Proposal]:
    """A field that two objects are not compared by, and a value that is compared with itself."""
    for node in program.of(ast.Compare, ast.BinOp):
        assert isinstance(node, ast.Compare | ast.BinOp)
        one = node.left
        other = node.comparators[0] if isinstance(node, ast.Compare) else node.right
        if not isinstance(one, ast.Attribute) or not isinstance(other, ast.Attribute):
            continue
        if not isinstance(one.value, ast.Name) or not isinstance(other.value, ast.Name):
            continue
        if one.value.id == other.value.id:
            for name in program.variables(node):
                if name != one.value.id:
                    for side in (one, other):
                        yield program.replace(side, f"{name}.{side.attr}", "variable", 0.25)
        elif isinstance(node, ast.Compare) and len(node.ops) == 1 and one.attr == other.attr:
            yield from _more_fields(program, node, one, other)


def _more_fields(
    program: SuspectProgram, node: ast.Compare, one: ast.Attribute, other: ast.Attribute
) -> Iterator[Proposal]:
    sides = program.text(one.value), program.text(other.value)
    sign = program.source.text[program.source.span(one)[1] : program.source.span(other)[0]].strip()
    fields = [field for field in _fields(program, node) if field != one.attr]
    prior = 0.5 / (1 + len(fields))
    for field in fields:
        more = f"{program.text(node)} and {sides[0]}.{field} == {sides[1]}.{field}"
        yield program.replace(node, more, "missing condition", prior)
        for pair in ((one.attr, field), (field, one.attr)):
            mine, yours = (", ".join(f"{side}.{name}" for name in pair) for side in sides)
            new = f"({mine}) {sign} ({yours})"
            yield program.replace(node, new, "missing condition", 0.6 * prior)


def _fields(program: SuspectProgram, node: ast.AST) -> list[str]:
    """What ``__init__`` of the class around ``node`` keeps, or its annotated fields."""
    scope = program.class_of(node)
    found: dict[str, None] = {}
    for statement in scope.body if scope is not None else ():
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            found[statement.target.id] = None
        if isinstance(statement, Function) and statement.name == "__init__":
            for inner in program.inside(statement):
                if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
                    found[inner.attr] = None
    return list(found)


def other_kinds(program: SuspectProgram) -> Iterator[Proposal]:
    """A comparison with an object that need not be of this class."""
    for function in program.of(ast.FunctionDef):
        assert isinstance(function, ast.FunctionDef)
        scope = program.class_of(function)
        if scope is None or function.name not in _COMPARING or len(function.args.args) != 2:
            continue
        other = function.args.args[1].arg
        lines = [
            f"if not isinstance({other}, {scope.name}):",
            f"{program.indent_step}return NotImplemented",
        ]
        yield program.insert_before(function.body[0], lines, "missing check", 0.5)


def steps_back(program: SuspectProgram) -> Iterator[Proposal]:
    """A step that another method of the class takes, and whose opposite was forgotten here."""
    for function in program.of(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(function, Function)
        scope = program.class_of(function)
        if scope is None:
            continue
        present = {program.text(n) for n in program.inside(function) if isinstance(n, ast.stmt)}
        names = {*program.variables(function.body[0]), "self"}
        lines = {
            line: None
            for other in scope.body
            if isinstance(other, Function) and other is not function and other.name != "__init__"
            for node in program.inside(other)
            if isinstance(node, ast.stmt)
            for line in _opposites(program, node)
            if line not in present and _knows(names, node)
        }
        prior = 0.6 / (2 + len(lines))
        for line in lines:
            for statement in function.body:
                if isinstance(statement, ast.Return | ast.Raise):
                    yield program.insert_before(statement, [line], "missing statement", prior)
                else:
                    yield program.insert_after(statement, [line], "missing statement", prior)


def _knows(names: set[str], node: ast.stmt) -> bool:
    used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return "self" in used and used <= names


def _opposites(program: SuspectProgram, node: ast.stmt) -> list[str]:
    """Statements that take ``node`` back."""
    if isinstance(node, ast.AugAssign) and type(node.op) in _INVERSE:
        sign = _INVERSE[type(node.op)]
        return [f"{program.text(node.target)} {sign}= {program.text(node.value)}"]
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        entry = node.targets[0]
        whole, key = program.text(entry.value), program.text(entry.slice)
        return [f"del {whole}[{key}]", f"{whole}.pop({key}, None)"]
    call = node.value if isinstance(node, ast.Expr) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and len(call.args) == 1:
        whole, value = program.text(call.func.value), program.text(call.args[0])
        return [f"{whole}.{name}({value})" for name in _METHODS.get(call.func.attr, ())]
    return []


def rows(program: SuspectProgram) -> Iterator[Proposal]:
    """``range(len(m))`` inside a loop over the rows of ``m``, where a row's length was meant."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        if program.text(node.func) != "len" or len(node.args) != 1:
            continue
        whole = node.args[0]
        if not isinstance(whole, ast.Name | ast.Attribute):
            continue
        text = program.text(whole)
        function = program.function(node)
        keys = {
            program.text(n.slice): None
            for n in (program.inside(function) if function else ())
            if isinstance(n, ast.Subscript)
            and isinstance(n.slice, ast.Name | ast.Constant)
            and program.text(n.value) == text
        }
        for key in [*list(keys)[:4], *(["0"] if keys else [])]:
            yield program.replace(whole, f"{text}[{key}]", "variable", 0.12)


def other_class(program: SuspectProgram) -> Iterator[Proposal]:
    """The class by its name in a method that knows it as ``cls``."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        function, scope = program.function(node), program.class_of(node)
        if function is None or scope is None or not function.args.args:
            continue
        if isinstance(node.func, ast.Name) and node.func.id == scope.name:
            first = function.args.args[0].arg
            new = "cls" if first == "cls" else "type(self)" if first == "self" else ""
            if new:
                yield program.replace(node.func, new, "variable", 0.4)
