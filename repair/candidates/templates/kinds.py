"""What kind a value is of: more kinds asked for, one that only looks like it, conversions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram

#: Kinds that are meant together.
_TOGETHER = {
    "list": ("tuple", "set"),
    "tuple": ("list",),
    "int": ("float",),
    "float": ("int",),
    "str": ("bytes",),
    "set": ("frozenset",),
}
_CONVERSIONS = ("int", "float", "str")
#: What elements are gathered or put in order by.
_GATHERING = frozenset(
    {"set", "frozenset", "list", "tuple", "sorted", "sum", "max", "min", "dict.fromkeys"}
)
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div)


def asked(program: SuspectProgram) -> Iterator[Proposal]:
    """``isinstance`` for one more kind, or not for truth values, which are numbers too."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        if program.text(node.func) != "isinstance" or len(node.args) != 2:
            continue
        value, kind = node.args
        text = program.text(kind)
        for more in _TOGETHER.get(text, ()):
            yield program.replace(kind, f"({text}, {more})", "missing element", 0.2)
        if "int" in text:
            given = program.text(value)
            new = f"{program.text(node)} and not isinstance({given}, bool)"
            yield program.replace(node, new, "missing condition", 0.15)


def converted(program: SuspectProgram) -> Iterator[Proposal]:
    """Two texts that were to be reckoned with, or two numbers that were to be put together."""
    for node in program.of(ast.BinOp):
        assert isinstance(node, ast.BinOp)
        sides = (node.left, node.right)
        if type(node.op) not in _ARITHMETIC or any(isinstance(s, ast.Constant) for s in sides):
            continue
        for name in _CONVERSIONS:
            one, other = (program.replace(s, f"{name}({program.text(s)})", "", 0) for s in sides)
            yield Proposal("missing call", 0.05, (*one.edits, *other.edits), node)


def converted_each(program: SuspectProgram) -> Iterator[Proposal]:
    """Elements that were to be of another kind when they are gathered or gone over."""
    used = {
        program.text(node.func)
        for node in program.inside(program.tree)
        if isinstance(node, ast.Call) and len(node.args) == 1
    }
    for node in program.of(ast.Call, ast.For):
        if isinstance(node, ast.For):
            place: ast.expr = node.iter
        else:
            assert isinstance(node, ast.Call)
            if program.text(node.func) not in _GATHERING or len(node.args) != 1:
                continue
            place = node.args[0]
        if isinstance(place, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
            for name in _CONVERSIONS:
                prior = 0.12 if name in used else 0.04
                new = f"map({name}, {program.text(place)})"
                yield program.replace(place, new, "missing call", prior)


def paths(program: SuspectProgram) -> Iterator[Proposal]:
    """Parts of a path that are strung together without a separator."""
    text = program.source.text
    name = "os.path.join" if "import os" in text else ""
    for node in program.of(ast.BinOp):
        assert isinstance(node, ast.BinOp)
        if isinstance(node.op, ast.Add):
            one, other = program.text(node.left), program.text(node.right)
            if name:
                yield program.replace(node, f"{name}({one}, {other})", "missing call", 0.12)
            if "import Path" in text or "pathlib" in text:
                yield program.replace(node, f"{one} / {other}", "arithmetic", 0.1)


def merged(program: SuspectProgram) -> Iterator[Proposal]:
    """``{**a, **b}``, of which the wrong one wins."""
    for node in program.of(ast.Dict):
        assert isinstance(node, ast.Dict)
        if len(node.values) == 2 and node.keys == [None, None]:
            one, other = map(program.text, node.values)
            yield program.replace(node, f"{{**{other}, **{one}}}", "swapped elements", 0.4)


def kept_apart(program: SuspectProgram) -> Iterator[Proposal]:
    """A parameter that is changed in place although it is the caller's."""
    changing = ("sort", "reverse", "append", "extend", "pop", "remove", "insert", "update", "clear")
    for function in program.of(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        names = {a.arg for a in function.args.args} - {"self", "cls"}
        changed: dict[str, tuple[str, ...]] = {}
        for node in program.inside(function):
            if isinstance(node, ast.Attribute) and node.attr in changing:
                kinds: tuple[str, ...] = ("dict",) if node.attr == "update" else ("list",)
            elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
                kinds = ("list", "dict")
            else:
                continue
            if isinstance(node.value, ast.Name) and node.value.id in names:
                changed.setdefault(node.value.id, kinds)
        first = function.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            first = function.body[min(1, len(function.body) - 1)]
        for name, kinds in changed.items():
            for kind in kinds:
                line = f"{name} = {kind}({name})"
                yield program.insert_before(first, [line], "missing copy", 0.2)
