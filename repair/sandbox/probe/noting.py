"""Calls that enter the file under repair, noted while tests run, with copies of their arguments."""

from __future__ import annotations

import copy
import hashlib
import inspect
import os
import signal
import sys
import time
from typing import Any

#: Calls noted for each function, and functions.
_NOTED = 12
_FUNCTIONS = 6
#: Arguments larger than this are not copied.
_MOST_ITEMS = 2000
#: A test that is busy for so long is left, and noting ends after so long.
_LEAVE_S = 0.5
_NOTE_S = 2.0


class Left(BaseException):
    """What takes too long is left behind; no ``except Exception`` of the user's holds it."""


def noted_calls(run_tests: Any, live: Any, target: str, within: Any = None) -> Any:
    """The functions of ``target`` that ``run_tests()`` calls from outside of it, each with the
    arguments it was given: ``(function, [(positional, keywords), …])``; those of ``within``
    instead, where that is given, whoever calls them."""
    known: dict[Any, Any] = {}
    same: dict[str, bool] = {}
    until = time.monotonic() + _NOTE_S

    def is_target(name: str) -> bool:
        if name not in same:
            same[name] = os.path.realpath(name) == target
        return same[name]

    def hook(frame: Any, event: str, _argument: Any) -> None:
        if event != "call" or not is_target(frame.f_code.co_filename):
            return
        code, back = frame.f_code, frame.f_back
        if back is None or code.co_name.startswith("<"):
            return
        if within is None and is_target(back.f_code.co_filename):
            return
        entry = known.get(code)
        if entry is None:
            if len(known) >= _FUNCTIONS or code.co_name == "__init__":
                return
            function = live.function(code)
            if function is None or (within is not None and function not in within):
                return
            entry = known[code] = (function, [])
        if len(entry[1]) < _NOTED:
            sys.setprofile(None)
            try:
                arguments = copied(_arguments(code, frame.f_locals))
                if arguments is not None:
                    entry[1].append(arguments)
            finally:
                sys.setprofile(hook)

    def leave(_number: int, _frame: Any) -> None:
        raise Left

    before = signal.signal(signal.SIGALRM, leave)
    signal.setitimer(signal.ITIMER_REAL, _LEAVE_S, _LEAVE_S)
    sys.setprofile(hook)
    try:
        while time.monotonic() < until:
            run_tests()
            break
    except BaseException:
        # Whatever ended the tests: what was noted until then is what there is.
        pass
    finally:
        sys.setprofile(None)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return [entry for entry in known.values() if entry[1]]


def _arguments(code: Any, local: Any) -> Any:
    """``(positional, keywords)`` of a call whose frame begins with the names ``local``."""
    count = code.co_argcount
    names = code.co_varnames
    positional = [local[name] for name in names[:count]]
    end = count + code.co_kwonlyargcount
    keywords = {name: local[name] for name in names[count:end]}
    if code.co_flags & inspect.CO_VARARGS:
        positional.extend(local[names[end]])
        end += 1
    if code.co_flags & inspect.CO_VARKEYWORDS:
        keywords.update(local[names[end]])
    return positional, keywords


def copied(arguments: Any) -> Any:
    """A deep copy, or ``None`` where there can be none or it is too large."""
    try:
        if any(_size(value) > _MOST_ITEMS for value in arguments[0]):
            return None
        return copy.deepcopy(arguments)
    except Exception:
        return None


def _size(value: Any) -> int:
    try:
        return len(value)
    except Exception:
        return 1


# ----------------------------------------------------------------------
# Answers as text that can be compared: the same wherever a value lies in memory.


_LONGEST = 120
_DEEPEST = 5


def shown(value: Any, depth: int = 0) -> str:
    """``value`` as text that is the same wherever it lies in memory, and not too long."""
    text = _shown(value, depth)
    if len(text) > _LONGEST and not depth:
        return (
            text[:_LONGEST] + "… " + hashlib.sha1(text.encode("utf-8", "replace")).hexdigest()[:8]
        )
    return text


def _shown(value: Any, depth: int) -> str:
    kind = type(value)
    if depth > _DEEPEST:
        return "…"
    if kind is float:
        # Sums in another order are no other behaviour.
        return f"{value:.10g}" + ("" if value % 1 or abs(value) > 1e9 else ".0")
    if kind in (list, tuple):
        inner = ", ".join(_shown(item, depth + 1) for item in value)
        return "[" + inner + "]" if kind is list else "(" + inner + ("," * (len(value) == 1)) + ")"
    if kind in (set, frozenset):
        return "{" + ", ".join(sorted(_shown(item, depth + 1) for item in value)) + "}"
    if kind is dict:
        pairs = [_shown(k, depth + 1) + ": " + _shown(v, depth + 1) for k, v in value.items()]
        return "{" + ", ".join(pairs) + "}"
    if getattr(kind, "__repr__", None) is getattr(object, "__repr__"):  # noqa: B009
        fields = getattr(value, "__dict__", None)
        return kind.__name__ + (_shown(fields, depth + 1) if isinstance(fields, dict) else "")
    try:
        text: str = repr(value)
        return text
    except Exception as error:
        return "<" + kind.__name__ + " whose repr raises " + type(error).__name__ + ">"
