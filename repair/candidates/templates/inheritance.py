"""What a class owes its bases: a call of the method that is overridden, with its arguments."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import Function, is_docstring, parameters

#: Methods of ``object`` that nobody calls from the ones that replace them.
_FINAL = frozenset({"__repr__", "__str__", "__eq__", "__hash__", "__len__", "__iter__", "__bool__"})


def parents(program: SuspectProgram) -> Iterator[Proposal]:
    """``super().method(…)`` that was forgotten in a method that replaces an inherited one."""
    for method in program.suspicious:
        owner = program.parents.get(method)
        if not isinstance(method, Function) or not isinstance(owner, ast.ClassDef):
            continue
        if not owner.bases or _calls_super(method) or method.name in _FINAL:
            continue
        inherited = _inherited(program, owner, method.name)
        if inherited is None and method.name != "__init__":
            continue
        first = next((s for s in method.body if not is_docstring(s)), None)
        if first is None:
            continue
        wait = "await " if isinstance(inherited, ast.AsyncFunctionDef) else ""
        for arguments, prior in _arguments(method, inherited).items():
            call = f"{wait}super().{method.name}({arguments})"
            yield program.insert_before(first, [call], "missing super", prior)
            last = method.body[-1]
            if not isinstance(last, ast.Return | ast.Raise):
                yield program.insert_after(last, [call], "missing super", 0.6 * prior)


def _calls_super(method: Function) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == method.name
        and isinstance(node.func.value, ast.Call)
        for node in ast.walk(method)
    )


def _inherited(program: SuspectProgram, owner: ast.ClassDef, name: str) -> Function | None:
    """The method that ``owner`` inherits under ``name``, where a base of this file has it."""
    classes = {n.name: n for n in ast.walk(program.tree) if isinstance(n, ast.ClassDef)}
    waiting, seen = [owner], set()
    while waiting:
        for base in waiting.pop(0).bases:
            found = classes.get(base.id) if isinstance(base, ast.Name) else None
            if found is None or found.name in seen:
                continue
            seen.add(found.name)
            waiting.append(found)
            for member in found.body:
                if isinstance(member, Function) and member.name == name:
                    return member
    return None


def _arguments(method: Function, inherited: Function | None) -> dict[str, float]:
    """What could be handed on: what the inherited method calls by the same names, then all."""
    own = [name for name in parameters(method) if name not in ("self", "cls")]
    found = {"": 0.15, ", ".join(_passed(method, own)): 0.2}
    if inherited is not None:
        asked = [name for name in parameters(inherited) if name not in ("self", "cls")]
        found[", ".join(_passed(inherited, [name for name in asked if name in own]))] = 0.5
        if len(own) >= len(asked):
            found.setdefault(", ".join(own[: len(asked)]), 0.2)
        if not asked:
            found[""] = 0.5
    return found


def _passed(method: Function, names: list[str]) -> list[str]:
    """``names`` as arguments of a call of ``method``."""
    arguments = method.args
    keywords = {argument.arg for argument in arguments.kwonlyargs}
    stars = {a.arg: sign for a, sign in ((arguments.vararg, "*"), (arguments.kwarg, "**")) if a}
    return [f"{n}={n}" if n in keywords else f"{stars.get(n, '')}{n}" for n in names]
