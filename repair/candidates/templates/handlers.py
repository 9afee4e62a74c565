"""What may go wrong and nobody catches."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import LOOPS

_CONVERTING = ("int", "float", "Decimal", "fromisoformat", "strptime", "loads", "index", "UUID")


def missing(program: SuspectProgram) -> Iterator[Proposal]:
    """A statement that raises where the function was to answer all the same, or to go on."""
    for node in program.of(ast.Return, ast.Assign, ast.Expr):
        assert isinstance(node, ast.stmt)
        if node.lineno != node.end_lineno or program.whole_lines(node) is None:
            continue
        if next(program.enclosing(node, ast.Try), None) is not None:
            continue
        looping = next(program.enclosing(node, *LOOPS), None) is not None
        ends = ["continue"] if looping else ["return None", "return False", "return 0", 'return ""']
        for error in _raised(program, node):
            for end in ends:
                indent, step = program.indentation(node), program.indent_step
                head = program.source.newline() + indent
                new = f"try:{head}{step}{program.text(node)}{head}except {error}:{head}{step}{end}"
                yield program.replace(node, new, "missing handler", 0.04)


def _raised(program: SuspectProgram, node: ast.stmt) -> list[str]:
    """Exceptions that an expression of ``node`` raises for some values."""
    raised: dict[str, None] = {}
    for inner in program.inside(node):
        if isinstance(inner, ast.Call):
            if program.text(inner.func).rpartition(".")[2] in _CONVERTING:
                raised["ValueError"] = None
        elif isinstance(inner, ast.Subscript) and isinstance(inner.ctx, ast.Load):
            if not isinstance(inner.slice, ast.Slice):
                raised |= {"KeyError": None, "IndexError": None}
        elif isinstance(inner, ast.BinOp) and isinstance(
            inner.op, ast.Div | ast.FloorDiv | ast.Mod
        ):
            raised["ZeroDivisionError"] = None
    return list(raised)


def locks(program: SuspectProgram) -> Iterator[Proposal]:
    """A statement outside of the ``with`` that other methods of the class do theirs in."""
    for node in program.of(ast.Assign, ast.AugAssign, ast.Expr, ast.Return):
        assert isinstance(node, ast.stmt)
        scope = program.class_of(node)
        if scope is None or node.lineno != node.end_lineno or program.whole_lines(node) is None:
            continue
        function = program.function(node)
        taken = {
            program.text(item.context_expr): None
            for other in program.inside(scope)
            if isinstance(other, ast.With) and program.function(other) is not function
            for item in other.items
            if item.optional_vars is None and program.text(item.context_expr).startswith("self.")
        }
        indent, step = program.indentation(node), program.indent_step
        for lock in taken:
            new = f"with {lock}:{program.source.newline()}{indent}{step}{program.text(node)}"
            yield program.replace(node, new, "missing statement", 0.1)
