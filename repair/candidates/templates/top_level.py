"""A name of the module's top level where another of its kind is meant: a constant for a constant, a
sentinel for ``None``, an exception for an exception that is handed on."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.names import COMMON_EXCEPTIONS, own_exceptions
from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import BUILTIN_EXCEPTIONS

#: How likely another constant is meant, all together: those that share words with the one that
#: stands there take the larger part of it.
_ANOTHER, _SHARED_NONE = 0.8, 0.2
_SENTINEL = 0.4


def constants(program: SuspectProgram) -> Iterator[Proposal]:
    """Another constant of the module: those with words in common are taken for each other."""
    known = [name for name in (*program.module_names, *_imported(program)) if name.isupper()]
    for node in program.of(ast.Name):
        assert isinstance(node, ast.Name)
        if not isinstance(node.ctx, ast.Load) or node.id not in known:
            continue
        words = set(node.id.split("_"))
        weights = {
            name: _SHARED_NONE + len(words & set(name.split("_")))
            for name in known
            if name != node.id
        }
        total = 1.0 + sum(weights.values())
        for name, weight in weights.items():
            yield program.replace(node, name, "variable", _ANOTHER * weight / total)


def _imported(program: SuspectProgram) -> list[str]:
    return [
        alias.asname or alias.name
        for node in program.tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]


def sentinels(program: SuspectProgram) -> Iterator[Proposal]:
    """``is None`` where the module has an object of its own for what was not given, and the other
    way round."""
    own = [
        target.id
        for node in program.tree.body
        if isinstance(node, ast.Assign) and program.text(node.value) == "object()"
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    for node in program.of(ast.Compare) if own else ():
        assert isinstance(node, ast.Compare)
        if len(node.ops) != 1 or not isinstance(node.ops[0], ast.Is | ast.IsNot):
            continue
        known = node.comparators[0]
        text = program.text(known)
        for other in (*own, "None"):
            if text in (*own, "None") and other != text:
                yield program.replace(known, other, "none check", _SENTINEL / len(own))


def exceptions(program: SuspectProgram) -> Iterator[Proposal]:
    """An exception that is an argument or one of several: ``suppress(KeyError)``; and one more."""
    known = [*own_exceptions(program), *COMMON_EXCEPTIONS]
    for node in program.of(ast.Name):
        assert isinstance(node, ast.Name)
        parent = program.parents.get(node)
        given = isinstance(parent, ast.Call) and node in parent.args
        if not (given or isinstance(parent, ast.Tuple)):
            continue
        if node.id not in BUILTIN_EXCEPTIONS and node.id not in known:
            continue
        for name in known:
            if name != node.id:
                yield program.replace(node, name, "exception", 0.12)
                if given:
                    yield program.replace(node, f"{node.id}, {name}", "exception", 0.05)
