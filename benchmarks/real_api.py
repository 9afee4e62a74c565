"""What exists at run time; standard library only, run by the interpreter of the packages.

JSON in: ``{"modules": [...], "members": [[module, name]], "attributes": [[was, new]],
"calls": [[module, qualname]]}``. JSON out: ``members``, for each
whether the module has the name (``null`` where it cannot be imported); ``attributes``, for each
whether classes that have ``was`` are loaded and none of them has ``new``; ``calls``, for each
``[least, most]`` arguments by position, ``most`` ``null`` without limit, or ``null``.
"""

from __future__ import annotations

import importlib
import inspect
import io
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import redirect_stdout
from types import FunctionType, ModuleType
from typing import Any


def loaded(name: str) -> ModuleType | None:
    """A module, or ``None`` where importing it fails, in whatever way."""
    try:
        return importlib.import_module(name)
    except BaseException:  # noqa: BLE001 - SystemExit too: some modules are programs
        return None


def has(module: str, name: str) -> bool | None:
    """Whether ``from module import name`` works."""
    found = loaded(module)
    if found is None:
        return None
    return hasattr(found, name) or loaded(f"{module}.{name}") is not None


def classes() -> Iterator[type]:
    """Every class of this process."""
    pending: list[type] = [object]
    seen: set[type] = set()
    while pending:
        one = pending.pop()
        if one in seen:
            continue
        seen.add(one)
        yield one
        pending += type.__subclasses__(one)


def owners() -> dict[str, list[frozenset[str]]]:
    """For each attribute of a class, what the classes have that have it."""
    found: dict[str, list[frozenset[str]]] = defaultdict(list)
    for one in classes():
        try:
            names = frozenset(dir(one))
        except BaseException:  # noqa: BLE001 - a metaclass may do anything
            continue
        for name in names:
            found[name].append(names)
    return found


def takes(module: str, qualname: str) -> list[int | None] | None:
    """The least and most arguments by position, of a function, a class or an instance's method."""
    target: Any = loaded(module)
    bound = 0
    for part in qualname.split("."):
        owner = target
        try:
            target = inspect.getattr_static(owner, part)
        except AttributeError:
            return None
        if isinstance(owner, type):
            if not isinstance(target, FunctionType):
                return None
            bound = 1
    if not callable(target) or hasattr(target, "__wrapped__"):
        return None
    if isinstance(target, type) and type(target) is not type:
        return None
    try:
        parameters = list(inspect.signature(target).parameters.values())[bound:]
    except (TypeError, ValueError):
        return None
    placed = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    endless = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    return [sum(p.default is p.empty for p in placed), None if endless else len(placed)]


def answered(asked: dict[str, Any]) -> dict[str, list[Any]]:
    """The answers to all that was asked."""
    for name in asked["modules"]:
        loaded(name)
    by_name = owners()
    return {
        "members": [has(module, name) for module, name in asked["members"]],
        "attributes": [
            bool(by_name.get(was)) and all(new not in names for names in by_name[was])
            for was, new in asked["attributes"]
        ],
        "calls": [takes(module, name) for module, name in asked["calls"]],
    }


if __name__ == "__main__":
    sys.path[:0] = sys.argv[1:]
    with redirect_stdout(io.StringIO()):
        answers = answered(json.load(sys.stdin))
    json.dump(answers, sys.stdout)
    sys.stdout.flush()
