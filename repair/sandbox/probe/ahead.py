"""Tests that are to run ahead of the others of a suite, by name or by the functions that they rest
on.

How far each is from a change counts: those that can be seen to reach it are told, too.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from typing import Any

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
