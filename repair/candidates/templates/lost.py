"""What is made and lost: an exception that is not raised, a result that nobody keeps, a rest."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import BUILTIN_EXCEPTIONS, LOOPS, Function, parameters
from repair.source.file import OffsetEdit


def exceptions(program: SuspectProgram) -> Iterator[Proposal]:
    """An exception that is made and not raised, or caught and not passed on."""
    for node in program.of(ast.Expr):
        assert isinstance(node, ast.Expr)
        call = node.value
        if isinstance(call, ast.Call) and _is_exception(program.text(call.func)):
            start = program.source.span(node)[0]
            yield Proposal("missing raise", 0.9, (OffsetEdit(start, start, "raise "),), node)
    for node in program.of(ast.Try):
        assert isinstance(node, ast.Try)
        for handler in node.handlers:
            last = handler.body[-1]
            if isinstance(last, ast.Pass):
                yield program.replace(last, "raise", "missing raise", 0.15)
            elif not isinstance(last, ast.Raise | ast.Return | ast.Continue | ast.Break):
                yield program.insert_after(last, ["raise"], "missing raise", 0.15)


def _is_exception(name: str) -> bool:
    last = name.rpartition(".")[2]
    named = last[:1].isupper() and last.endswith(("Error", "Exception"))
    return named or name in BUILTIN_EXCEPTIONS


def results(program: SuspectProgram) -> Iterator[Proposal]:
    """A call for its result, which nobody keeps: added to what the function gathers."""
    functions = {n.name: n for n in program.inside(program.tree) if isinstance(n, Function)}
    for node in program.of(ast.Expr):
        assert isinstance(node, ast.Expr)
        call = node.value
        if not isinstance(call, ast.Call):
            continue
        callee = functions.get(program.text(call.func).rpartition(".")[2])
        function = program.function(node)
        if callee is None or function is None or not _returns(program, callee):
            continue
        text = program.text(call)
        taken = {
            n.id
            for n in program.inside(function)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        kept = [n for n in dict.fromkeys([*parameters(function), *sorted(taken)]) if n != "self"]
        prior = 0.6 / (1 + len(kept))
        for name in kept:
            for new in (f"{name} = {text}", f"{name} += {text}", f"{name}.extend({text})"):
                yield program.replace(node, new, "lost result", prior)
            yield program.replace(node, f"{name}.append({text})", "lost result", 0.5 * prior)


def _returns(program: SuspectProgram, function: Function) -> bool:
    return any(isinstance(n, ast.Return) and n.value is not None for n in program.inside(function))


def depths(program: SuspectProgram) -> Iterator[Proposal]:
    """A recursion that does not hand on a parameter with a default, or its next value."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        function = program.function(node)
        called = program.text(node.func).rpartition(".")[2]
        if function is None or called != function.name or not function.args.defaults:
            continue
        names = [a.arg for a in function.args.args if a.arg not in ("self", "cls")]
        given = {*names[: len(node.args)], *(k.arg for k in node.keywords)}
        optional = [a.arg for a in function.args.args[-len(function.args.defaults) :]]
        whole = [*map(program.text, node.args), *map(program.text, node.keywords)]
        for name in [n for n in optional if n not in given]:
            plain = names.index(name) == len(node.args) and not node.keywords
            for value, prior in ((name, 0.35), (f"{name} + 1", 0.3), (f"{name} - 1", 0.15)):
                new = value if plain else f"{name}={value}"
                text = f"{program.text(node.func)}({', '.join([*whole, new])})"
                yield program.replace(node, text, "missing argument", prior)


def rests(program: SuspectProgram) -> Iterator[Proposal]:
    """What a loop has gathered when it ends and has not given to anybody."""
    for loop in program.of(*LOOPS):
        assert isinstance(loop, ast.stmt)
        if next(program.enclosing(loop, *LOOPS), None) is not None:
            continue
        for node in program.inside(loop):
            value = node.value if isinstance(node, ast.Expr) else None
            if isinstance(value, ast.Call) and len(value.args) == 1:
                rest = value.args[0]
            elif isinstance(value, ast.Yield) and value.value is not None:
                rest = value.value
            else:
                continue
            names = [n.id for n in ast.walk(rest) if isinstance(n, ast.Name)]
            assert isinstance(node, ast.Expr)
            if names and node.lineno == node.end_lineno:
                lines = [f"if {names[-1]}:", f"{program.indent_step}{program.text(node)}"]
                yield program.insert_after(loop, lines, "missing statement", 0.2)
