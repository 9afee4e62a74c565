"""What a test runner does to describe a failure is no part of the test: recorders look away.

An ``assert`` that fails shows its operands, and so runs a ``__repr__`` that only failing tests
ever run. To a spectrum its lines would be the most suspicious of all.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound="Callable[..., Any]")

#: How many descriptions are being made: recorders read it as they are called, and keep nothing
#: while it is not 0. A list, so that they read it without a call.
depth = [0]
#: What pytest's rewritten asserts and unittest's methods call, by module, to put values in words.
_DESCRIBING = {
    "_pytest.assertion.rewrite": (
        *("_saferepr", "_format_assertmsg", "_format_boolop", "_format_explanation"),
        *("_should_repr_global_name", "_call_reprcompare"),
    ),
    "unittest.case": ("safe_repr", "_common_shorten_repr"),
}


def aside(function: Function) -> Function:
    """``function``, with recorders looking away while it runs."""

    @functools.wraps(function)
    def described(*given: Any, **named: Any) -> Any:
        depth[0] += 1
        try:
            return function(*given, **named)
        finally:
            depth[0] -= 1

    described.is_aside = True  # type: ignore[attr-defined]
    return described  # type: ignore[return-value]


def look_away() -> None:
    """Look away from what those runners that are imported call to describe a failure."""
    for name, functions in _DESCRIBING.items():
        module: Any = sys.modules.get(name)
        for each in functions:
            function = getattr(module, each, None)
            if callable(function) and not hasattr(function, "is_aside"):
                setattr(module, each, aside(function))
    case: Any = sys.modules.get("unittest.case")
    if hasattr(case, "pprint") and not isinstance(case.pprint, _Printer):
        case.pprint = _Printer()


class _Printer:
    """Stands where ``unittest.case`` knows the module ``pprint``, and only there."""

    def __init__(self) -> None:
        import pprint

        self.pformat = aside(pprint.pformat)
        self._module = pprint

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)
