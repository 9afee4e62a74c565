"""Tuples with an element too few: keys of caches, what is gathered pair by pair."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import parameters


def keys(program: SuspectProgram) -> Iterator[Proposal]:
    """A key that leaves out a parameter which the value depends on."""
    for node in program.of(ast.Assign):
        assert isinstance(node, ast.Assign)
        function, target = program.function(node), node.targets[0]
        if function is None or not isinstance(target, ast.Name):
            continue
        keyed = any(
            isinstance(n, ast.Subscript) and program.text(n.slice) == target.id
            for n in program.inside(function)
        )
        whole = isinstance(node.value, ast.Tuple)
        if not keyed or not isinstance(node.value, ast.Name | ast.Attribute | ast.Tuple):
            continue
        parts = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        known = list(map(program.text, parts))
        others = [p for p in parameters(function) if p not in (*known, "self", "cls")]
        for name in others:
            new = f"({', '.join([*known, name])})"
            prior = (0.5 if whole else 0.3) / len(others)
            yield program.replace(node.value, new, "missing element", prior)


def gathered(program: SuspectProgram) -> Iterator[Proposal]:
    """``append(x)`` where a pair was to be kept."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        method = node.func
        if not isinstance(method, ast.Attribute) or method.attr not in ("append", "add"):
            continue
        if len(node.args) != 1 or not isinstance(node.args[0], ast.Name):
            continue
        text = program.text(node.args[0])
        around = {
            name.id: None
            for loop in program.enclosing(node, ast.For)
            if isinstance(loop, ast.For)
            for name in ast.walk(loop.target)
            if isinstance(name, ast.Name) and name.id != text
        }
        for name in around:
            for new in (f"({name}, {text})", f"({text}, {name})"):
                yield program.replace(node.args[0], new, "missing element", 0.06)
