"""Decorators that a function was to have, by what its parameters and its body say."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import Function, parameters


def of_methods(program: SuspectProgram) -> Iterator[Proposal]:
    """``property``, ``staticmethod`` and ``classmethod``."""
    for node in program.of(ast.FunctionDef):
        assert isinstance(node, ast.FunctionDef)
        scope = program.parents.get(node)
        if not isinstance(scope, ast.ClassDef) or node.name.startswith("__"):
            continue
        if node.decorator_list:
            continue
        given = parameters(node)
        if given[:1] == ["cls"]:
            yield program.insert_before(node, ["@classmethod"], "decorator", 0.7)
        elif given[:1] != ["self"]:
            yield program.insert_before(node, ["@staticmethod"], "decorator", 0.6)
        elif len(given) == 1:
            yield program.insert_before(node, ["@property"], "decorator", 0.1)


def of_wrappers(program: SuspectProgram) -> Iterator[Proposal]:
    """``@functools.wraps`` on what a decorator puts in a function's place."""
    text = program.source.text
    if "functools" not in text:
        return
    for node in program.of(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(node, Function)
        outer = program.function(node)
        if outer is None or not outer.args.args or node.decorator_list:
            continue
        given = outer.args.args[0].arg
        called = any(
            isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == given
            for n in program.inside(node)
        )
        name = "wraps" if "import wraps" in text else "functools.wraps"
        if called:
            yield program.insert_before(node, [f"@{name}({given})"], "decorator", 0.3)
