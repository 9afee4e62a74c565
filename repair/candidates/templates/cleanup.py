"""What must happen in any case, also where something raises before."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.indented import inside
from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.source.file import OffsetEdit

#: Methods that end what another one, or making the object, began.
_ENDING = frozenset(
    {
        *("close", "release", "stop", "end", "exit", "leave", "unlock", "disconnect", "shutdown"),
        *("cleanup", "restore", "reset", "pop", "discard", "remove", "terminate", "cancel"),
        *("give_back", "put", "put_back", "unsubscribe", "rollback", "clear", "set", "finish"),
    }
)


def in_any_case(program: SuspectProgram) -> Iterator[Proposal]:
    """A statement that undoes an earlier one, and is passed over when one in between raises."""
    for node in program.of(ast.Expr, ast.Assign, ast.AugAssign):
        assert isinstance(node, ast.stmt)
        block = program.block(node)
        index = block.index(node)
        if index < 2 or node.lineno != node.end_lineno:
            continue
        about = _undone(program, node)
        if not about:
            continue
        begun = [i for i in range(index - 1) if _names(program, block[i], about)]
        if not begun:
            continue
        between = block[begun[-1] + 1 : index]
        if isinstance(between[0], ast.Try) and between[0].finalbody:
            continue
        last = ("finally:", program.indent_step + program.text(node))
        edit = inside(program, "try:", between, last)
        taken = program.whole_lines(node)
        if edit is None or taken is None:
            continue
        whole = OffsetEdit(edit.start, taken[1], edit.new)
        yield Proposal("missing finally", 0.35, (whole,), node)


def _undone(program: SuspectProgram, node: ast.stmt) -> str:
    """What ``node`` brings to an end, as text; ``""`` where it does not look like that."""
    if isinstance(node, ast.Expr):
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            return ""
        if call.func.attr not in _ENDING:
            return ""
        return program.text(call.args[0] if call.args else call.func.value)
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Sub | ast.Add):
        return program.text(node.target)
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute | ast.Subscript):
        return program.text(node.targets[0])
    return ""


def _names(program: SuspectProgram, node: ast.stmt, about: str) -> bool:
    """Whether the simple statement ``node`` sets, calls or reads what is meant by ``about``."""
    if not isinstance(node, ast.Assign | ast.AugAssign | ast.Expr):
        return False
    return any(
        isinstance(inner, ast.Name | ast.Attribute | ast.Subscript) and program.text(inner) == about
        for inner in program.inside(node)
    )
