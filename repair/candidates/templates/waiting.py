"""Coroutines: one that blocks all others, one that nobody starts, a lock that is not taken."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.statements import inside
from repair.candidates.templates.tree import Function, is_docstring


def pauses(program: SuspectProgram) -> Iterator[Proposal]:
    """``time.sleep`` in a coroutine, which stops everything else too."""
    if "asyncio" not in program.source.text:
        return
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        if (
            program.text(node.func) in ("time.sleep", "sleep")
            and len(node.args) == 1
            and isinstance(program.function(node), ast.AsyncFunctionDef)
        ):
            new = f"await asyncio.sleep({program.text(node.args[0])})"
            yield program.replace(node, new, "missing await", 0.4)


def tasks(program: SuspectProgram) -> Iterator[Proposal]:
    """A coroutine that is made and kept where it was to run beside what follows."""
    if "asyncio" not in program.source.text:
        return
    coroutines = {
        node.name for node in program.inside(program.tree) if isinstance(node, ast.AsyncFunctionDef)
    }
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        name = program.text(node.func).rpartition(".")[2]
        parent = program.parents.get(node)
        if name in coroutines and isinstance(parent, ast.Assign | ast.Expr | ast.Await):
            awaited = isinstance(parent, ast.Await)
            if awaited and not isinstance(program.parents.get(parent), ast.Assign | ast.Expr):
                continue
            place = parent if isinstance(parent, ast.Await) else node
            new = f"asyncio.create_task({program.text(node)})"
            yield program.replace(place, new, "missing call", 0.08 if awaited else 0.2)


def locks(program: SuspectProgram) -> Iterator[Proposal]:
    """A method that does without the lock that others of its class, or none yet, take."""
    for function in program.of(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(function, Function)
        scope = program.class_of(function)
        if scope is None or function.name == "__init__":
            continue
        body = [statement for statement in function.body if not is_docstring(statement)]
        if not body or any(isinstance(s, ast.With | ast.AsyncWith) for s in body):
            continue
        for lock, asynchronous in _locks(program, scope).items():
            if asynchronous and not isinstance(function, ast.AsyncFunctionDef):
                continue
            head = f"{'async ' if asynchronous else ''}with self.{lock}:"
            for first in range(min(3, len(body))):
                edit = inside(program, head, body[first:])
                if edit is not None:
                    yield Proposal("missing lock", 0.3 / (1 + first), (edit,), body[first])


def _locks(program: SuspectProgram, scope: ast.ClassDef) -> dict[str, bool]:
    """Attributes of the class that hold a lock, and whether it is taken by ``async with``."""
    found: dict[str, bool] = {}
    for node in program.inside(scope):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            made = program.text(node.value.func)
            target = node.targets[0]
            if isinstance(target, ast.Attribute) and made.rpartition(".")[2] in (
                *("Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition"),
            ):
                found[target.attr] = made.startswith(("asyncio.", "anyio.", "trio."))
    return found
