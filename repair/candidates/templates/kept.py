"""What is made and not kept: entries that are not remembered, steps down that are not taken."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import LOOPS, Function

_Made = ast.Assign | ast.Return


def remembered(program: SuspectProgram) -> Iterator[Proposal]:
    """What was looked for and not found is made, and not put where it was looked for.

    ``value = make(key)`` becomes ``table[key] = value = make(key)`` in a function that asks whether
    ``table`` has ``key``; ``self.all = made = make()`` where ``self.all`` was asked for. A
    name that is returned where a look-up has just failed is put there first.
    """
    for function in [n for n in program.inside(program.tree) if isinstance(n, Function)]:
        made = [n for n in program.inside(function) if isinstance(n, _Made) and _is_made(n)]
        made = [n for n in made if program.function(n) is function and program.weight(n) > 0]
        places = _asked(program, function) if made else {}
        for node in made:
            assert isinstance(node, _Made)
            assert node.value is not None
            value = program.text(node.value)
            for place in places:
                if place in value:
                    continue
                # Likelier where a look-up has just failed.
                missed = next(program.enclosing(node, ast.ExceptHandler), None) is not None
                prior = (0.9 if missed else 0.5) / (1 + len(places))
                if isinstance(node, ast.Return) and isinstance(node.value, ast.Name):
                    if missed and value not in _words(place):
                        line = f"{place} = {value}"
                        yield program.insert_before(node, [line], "missing assignment", 0.3 * prior)
                elif isinstance(node, ast.Return):
                    lines = f"{program.source.newline()}{program.indentation(node)}"
                    if program.whole_lines(node) is None:
                        continue
                    # Not read again: a cache may have dropped it.
                    name = "value" if "value" not in program.variables(node) else "found"
                    new = f"{name} = {place} = {value}{lines}return {name}"
                    yield program.replace(node, new, "missing assignment", 0.6 * prior)
                elif _named(node) not in _words(place):
                    new = f"{place} = {program.text(node)}"
                    yield program.replace(node, new, "missing assignment", prior)


def _named(node: ast.Assign) -> str:
    target = node.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def _words(place: str) -> set[str]:
    return {n.id for n in ast.walk(ast.parse(place, mode="eval")) if isinstance(n, ast.Name)}


def _is_made(node: _Made) -> bool:
    if isinstance(node, ast.Return):
        return isinstance(node.value, ast.Call | ast.BinOp | ast.Await | ast.Name)
    return len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)


def _asked(program: SuspectProgram, function: Function) -> dict[str, None]:
    """Entries that ``function`` reads or asks for, and fields that it compares with ``None``; those
    that it sets nowhere."""
    asked: dict[str, None] = {}
    stored: set[str] = set()
    for node in program.inside(function):
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice | ast.Constant):
            if isinstance(node.value, ast.Name | ast.Attribute):
                if isinstance(node.ctx, ast.Load):
                    asked[program.text(node)] = None
                else:
                    stored.add(program.text(node))
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            stored.add(program.text(node))
        elif isinstance(node, ast.Compare) and len(node.ops) == 1:
            left, right = node.left, node.comparators[0]
            if isinstance(node.ops[0], ast.In | ast.NotIn):
                if isinstance(right, ast.Name | ast.Attribute):
                    asked[f"{program.text(right)}[{program.text(left)}]"] = None
            elif isinstance(left, ast.Attribute) and program.text(right) == "None":
                asked[program.text(left)] = None
        elif isinstance(node, ast.Call) and program.text(node.func).endswith(".get") and node.args:
            receiver = program.text(node.func).removesuffix(".get")
            asked[f"{receiver}[{program.text(node.args[0])}]"] = None
    return {place: None for place in asked if place not in stored}


def descents(program: SuspectProgram) -> Iterator[Proposal]:
    """A loop that links a new inner part and does not go on with it: ``node[key] = node = new``."""
    for node in program.of(ast.Assign):
        assert isinstance(node, ast.Assign)
        target = node.targets[0]
        if len(node.targets) > 1 or not isinstance(target, ast.Subscript | ast.Attribute):
            continue
        receiver = target.value
        if not isinstance(receiver, ast.Name) or receiver.id in ("self", "cls"):
            continue
        if next(program.enclosing(node, *LOOPS), None) is None:
            continue
        new = f"{program.text(target)} = {receiver.id} = {program.text(node.value)}"
        yield program.replace(node, new, "missing assignment", 0.25)
