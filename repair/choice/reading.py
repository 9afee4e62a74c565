"""Names that a function binds and nothing in it reads.

In finished functions, methods aside, parameters that nothing reads are rare (27 of 1,162 in eight
packages): a mistake is likely where there is one, and not fixed while there still is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from repair.source.file import OffsetEdit, Source
from repair.source.units import Units, groups

Function = ast.FunctionDef | ast.AsyncFunctionDef

_RECEIVERS = frozenset({"self", "cls"})


def never_read(function: Function) -> set[str]:
    """What ``function`` binds and nothing reads, but for receivers and names with ``_`` in front,
    which say that nothing is to."""
    bound: set[str] = set()
    read: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
    return {name for name in bound - read if not name.startswith("_") and name not in _RECEIVERS}


def parameters(function: Function) -> set[str]:
    """The names that callers of ``function`` may give, but for what ``*`` and ``**`` collect."""
    given = function.args
    return {each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)}


def ignored(source: Source, edits: Iterable[OffsetEdit]) -> frozenset[str]:
    """Parameters of the functions that ``edits`` change which nothing reads afterwards.

    Those of methods and of decorated functions do not count: others may ask for their signature.
    """
    units = Units(source)
    found: set[str] = set()
    for unit, mine in groups(units, tuple(edits)) or ():
        function = function_of(units.module(unit, mine))
        if function is not None and not unit.classes and not function.decorator_list:
            found |= never_read(function) & parameters(function)
    return frozenset(found)


def function_of(module: str) -> Function | None:
    """The first function of a module's text; ``None`` where there is none, or it does not parse."""
    try:
        tree = ast.parse(module)
    except (SyntaxError, ValueError):
        return None
    return next((node for node in ast.walk(tree) if isinstance(node, Function)), None)
