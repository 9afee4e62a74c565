"""How a plan is begun: which runner knows it, and where its command stands."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import Callable
from typing import Any

_RUNNERS = {
    "pytest": ("pytest_runner", "run"),
    "unittest": ("unittest_runner", "run"),
    "doctest": ("unittest_runner", "run_doctest"),
    "script": ("script_runner", "run"),
    "module": ("script_runner", "run"),
    "code": ("script_runner", "run"),
    "command": ("script_runner", "run_command"),
}


def runner(plan: dict[str, Any]) -> Any:
    """What runs ``plan``; its module is imported when it is first asked for."""
    module, function = _RUNNERS[plan["runner"]]
    return getattr(importlib.import_module("." + module, __package__), function)


def enter(plan: dict[str, Any]) -> None:
    """Stand where the command stands: folder, environment, first entry of ``sys.path``."""
    os.environ.update(plan.get("env", {}))
    os.chdir(plan["cwd"])
    added = [plan["path0"]] if plan.get("path0") is not None else []
    added += [p for p in plan.get("env", {}).get("PYTHONPATH", "").split(os.pathsep) if p]
    sys.path[:0] = [os.path.abspath(path) for path in added]


# ----------------------------------------------------------------------
# Tests that are to run ahead of the others of a suite, by name or by the functions that they rest
# on.


_FIRST, _FAR = -1, 1 << 30
_SET_UP = ("setUp", "setUpClass", "asyncSetUp", "setup_method", "setup_class")


def ordered(
    items: list[Any],
    plan: dict[str, Any],
    name: Callable[[Any], str],
    functions: Callable[[Any], list[Any]],
    group: Callable[[Any], Any],
) -> tuple[list[Any], list[Any]]:
    """``items`` with those first that ``plan`` names as ``first`` or that rest on its functions
    ``ahead``: (path, qualified name, distance) each; and these alone.

    ``name`` and ``functions`` are those of an item, ``group`` is what it shares fixtures with: a
    group stays together, at the place of its nearest item, and so does the order of what is equally
    near.
    """
    ahead, first = plan.get("ahead") or (), frozenset(plan.get("first") or ())
    if not ahead and not first:
        return items, []
    near: dict[Any, int] = {}
    for path, function, distance in ahead:
        key = _real(path), function
        near[key] = min(distance, near.get(key, _FAR))
    distances = [
        _FIRST if name(item) in first else _nearest(functions(item), near) for item in items
    ]
    groups: dict[Any, Any] = {}
    for index, item in enumerate(items):
        known = groups.get(group(item), (_FAR, index))
        groups[group(item)] = (min(known[0], distances[index]), known[1])
    order = sorted(
        range(len(items)), key=lambda index: (groups[group(items[index])], distances[index], index)
    )
    return [items[index] for index in order], [
        items[index] for index in order if distances[index] < _FAR
    ]


def set_ups(owner: Any) -> list[Any]:
    """The functions of test class ``owner`` that run before its tests."""
    return [getattr(owner, name) for name in _SET_UP if hasattr(owner, name)]


def _nearest(functions: list[Any], near: Any) -> int:
    distance = _FAR
    for function in functions:
        try:
            plain = inspect.unwrap(function)
            plain = getattr(plain, "__func__", plain)
            key = _real(plain.__code__.co_filename), plain.__qualname__
        except (AttributeError, ValueError):
            continue
        distance = min(distance, near.get(key, _FAR))
    return distance


_REAL: dict[str, str] = {}


def _real(path: str) -> str:
    known = _REAL.get(path)
    if known is None:
        known = _REAL[path] = os.path.realpath(path)
    return known
