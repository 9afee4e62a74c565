"""New code for functions that are already loaded, without importing their module again."""

from __future__ import annotations

import gc
import os
import types
from typing import Any


class CannotReplaceError(Exception):
    """The functions that a change concerns are not loaded, or the new code does not fit them."""


class LiveCode:
    """The loaded functions of one file, found once and patched in each fork."""

    def __init__(self, path: str) -> None:
        self._functions: dict[Any, Any] = {}
        self._known: dict[str, Any] = {}
        spelled: dict[Any, Any] = {}
        # What a conftest has frozen is not among the collector's objects.
        gc.unfreeze()
        for thing in gc.get_objects():
            if type(thing) is not types.FunctionType:
                continue
            code = thing.__code__
            name = code.co_filename
            if name not in spelled:
                spelled[name] = os.path.realpath(name) == path
            if spelled[name]:
                key = (code.co_name, code.co_firstlineno)
                self._functions.setdefault(key, []).append(thing)

    def function(self, code: types.CodeType) -> Any:
        """The loaded function that runs ``code``, or ``None``."""
        for function in self._functions.get((code.co_name, code.co_firstlineno), ()):
            if function.__code__ is code:
                return function
        return None

    def named(self, name: str) -> Any:
        """The loaded function of the module's top level that is called so, or ``None``."""
        for functions in self._functions.values():
            for function in functions:
                if function.__qualname__ == name:
                    return function
        return None

    def plan(self, path: str, unit: dict[str, Any]) -> list[Any]:
        """Pairs of a loaded function and the code it is to have.

        ``unit["old"]`` and ``unit["new"]`` are module texts that hold one outermost function at
        its place, within the classes it belongs to. Both are compiled, never executed; their code
        objects are matched by position in the nesting. Raises :class:`CannotReplaceError`.
        """
        old = self._known.get(unit["old"])
        if old is None:
            old = self._known[unit["old"]] = _tree(_compile(unit["old"], path))
        new = _tree(_compile(unit["new"], path))
        pairs = []
        for place, code in old.items():
            replacement = new.get(place)
            for function in self._functions.get((code.co_name, code.co_firstlineno), ()):
                if replacement is None:
                    raise CannotReplaceError("a function is gone: " + code.co_name)
                if function.__code__.co_freevars != replacement.co_freevars:
                    raise CannotReplaceError("a closure changed: " + code.co_name)
                pairs.append((function, replacement))
        if not pairs:
            raise CannotReplaceError("no live function")
        return pairs


def _compile(text: str, path: str) -> Any:
    try:
        return compile(text, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise CannotReplaceError(str(error))


def _tree(code: types.CodeType, place: tuple[Any, ...] = ()) -> dict[Any, types.CodeType]:
    """Code objects by the names and ordinals of what they are nested in."""
    found: dict[Any, types.CodeType] = {}
    counts: dict[Any, Any] = {}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            ordinal = counts.get(constant.co_name, 0)
            counts[constant.co_name] = ordinal + 1
            inner = place + ((constant.co_name, ordinal),)
            found[inner] = constant
            found.update(_tree(constant, inner))
    return found
