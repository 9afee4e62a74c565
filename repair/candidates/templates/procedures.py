"""What gives nothing back: methods that change in place taken for functions, output for results."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram

#: Methods of containers that return ``None``.
_IN_PLACE = frozenset(
    {
        *("sort", "reverse", "append", "extend", "insert", "remove", "clear"),
        *("add", "discard", "update", "intersection_update", "difference_update"),
    }
)


def in_place(program: SuspectProgram) -> Iterator[Proposal]:
    """``x = values.sort()`` and ``return values.append(x)``, which are ``None``."""
    for node in program.of(ast.Assign, ast.Return):
        assert isinstance(node, ast.Assign | ast.Return)
        call = node.value
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        name, whole = call.func.attr, program.text(call.func.value)
        if name not in _IN_PLACE:
            continue
        if name == "sort":
            given = ", ".join([whole, *map(program.text, call.keywords)])
            yield program.replace(call, f"sorted({given})", "lost result", 0.7)
        if name == "reverse":
            yield program.replace(call, f"{whole}[::-1]", "lost result", 0.6)
        text = program.text(call)
        if isinstance(node, ast.Assign):
            yield program.replace(node, text, "lost result", 0.5)
        else:
            line = f"{program.source.newline()}{program.indentation(node)}return {whole}"
            yield program.replace(node, text + line, "lost result", 0.5)


def printed(program: SuspectProgram) -> Iterator[Proposal]:
    """A result that is shown and not returned."""
    for node in program.of(ast.Expr):
        assert isinstance(node, ast.Expr)
        call = node.value
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Name)
            and call.func.id == "print"
            and len(call.args) == 1
        ):
            new = f"return {program.text(call.args[0])}"
            yield program.replace(node, new, "missing return", 0.4)


def read_once(program: SuspectProgram) -> Iterator[Proposal]:
    """What can be gone through once and is gone through again: a generator, a file."""
    for node in program.of(ast.Assign):
        assert isinstance(node, ast.Assign)
        if isinstance(node.value, ast.GeneratorExp):
            inner = program.text(node.value)[1:-1]
            yield program.replace(node.value, f"[{inner}]", "container", 0.3)
    for node in program.of(ast.Return, ast.Assign, ast.Expr, ast.For):
        assert isinstance(node, ast.stmt)
        for read in program.inside(node):
            if (
                isinstance(read, ast.Attribute)
                and read.attr in ("read", "readlines", "getvalue")
                and isinstance(read.value, ast.Name)
            ):
                line = f"{read.value.id}.seek(0)"
                yield program.insert_before(node, [line], "missing statement", 0.12)
    for node in program.of(ast.Return):
        function = program.function(node)
        assert isinstance(node, ast.Return)
        if function is not None and function.name == "__iter__" and node.value is not None:
            new = f"iter({program.text(node.value)})"
            yield program.replace(node.value, new, "missing call", 0.6)


def once_each(program: SuspectProgram) -> Iterator[Proposal]:
    """``list(set(…))``, whose order nobody knows."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        if program.text(node.func) == "set" and len(node.args) == 1:
            new = f"dict.fromkeys({program.text(node.args[0])})"
            yield program.replace(node, new, "container", 0.15)
