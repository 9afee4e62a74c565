"""What a runner tells about its tests, and when it may stop."""

from __future__ import annotations

import builtins
import functools
import inspect
import os
import pkgutil
import re
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from . import isolation


class Reporter:
    """Sends one event as a test starts and one as it ends, so that a kill names its test.

    With ``stop``, running ends at the first test that does not pass, but not before ``leading``
    tests have run: enough to see that an edit fixed some of several failures. ``counts``, where
    lines are traced, are sent and cleared as a test ends; ``places`` and ``steps`` likewise;
    ``blocks`` is told which test runs. ``caps`` are seconds of processor time by test, and under
    ``""`` for any other: a test that takes more ends the run.
    """

    def __init__(
        self,
        emit: Callable[[dict[str, Any]], None],
        target: str,
        *,
        stop: bool = False,
        leading: int = 1,
        counts: Any = None,
        caps: Any = None,
        blocks: Any = None,
        places: Any = None,
        steps: Any = None,
    ) -> None:
        self._emit = emit
        self._counts = counts
        self._blocks = blocks
        self._places = places
        self.steps = steps
        self._caps = caps
        self.target = target
        #: Whether it is the verdict alone that is wanted.
        self.stops = stop
        self._leading = leading
        self._ran = 0
        self._bad = 0

    def note(self, **facts: Any) -> None:
        """Send facts about the run as a whole."""
        self._emit(facts)

    def start(self, test: str, *, fresh: bool = True) -> None:
        """``test`` begins; unless ``fresh``, lines that ran before belong to it."""
        self._emit({"start": test})
        if self._caps is not None:
            isolation.limit_processor(self._caps.get(test, self._caps[""]))
        if self._counts is not None and fresh:
            self._counts.clear()
        if self._places is not None and fresh:
            self._places.clear()
        if self.steps is not None and fresh:
            self.steps.clear()
        if self._blocks is not None:
            self._blocks.begin(test, fresh)

    def finish(self, test: str, outcome: str, seconds: float, detail: Any = None) -> None:
        """``test`` ended: ``passed``, ``failed``, ``error`` or ``skipped``."""
        if self._blocks is not None:
            self._blocks.end(test)
        self._ran += 1
        self._bad += outcome in ("failed", "error")
        event = {"test": test, "outcome": outcome, "seconds": round(seconds, 6)}
        if detail is not None:
            event["detail"] = detail
        if self._counts is not None:
            event["lines"] = sorted(self._counts.hits())
            self._counts.clear()
        if self._places is not None:
            event["places"] = self._places.hits()
            self._places.clear()
        if self.steps is not None:
            event["steps"] = self.steps.told()
            self.steps.clear()
        self._emit(event)

    def may_stop(self) -> bool:
        """Whether the verdict of this run is settled."""
        return self.stops and self._bad > 0 and self._ran >= self._leading

    def leave(self) -> None:
        """End this process, a fork that runs tests, with the verdict that its tests failed.

        What a runner does when it is told to stop takes longer than most tests.
        """
        for output in (sys.stdout, sys.stderr):
            try:
                output.flush()
            except (OSError, ValueError, AttributeError):
                pass
        self._emit({"code": 1})
        os._exit(0)


# ----------------------------------------------------------------------
# What a test runner does to describe a failure is no part of the test: recorders look away.


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


# ----------------------------------------------------------------------
# Which name an exception says is not there, and what is there in its place.


#: Names that are told at most.
_MOST = 600
_IMPORTED = re.compile(r"cannot import name '(\w+)'")
_KEYWORD = re.compile(r"([\w.<>]+)\(\) got an unexpected keyword argument '(\w+)'")


def absent(error: Any, frame: Any) -> dict[str, Any]:
    """``{"absent": name, "present": [name…]}`` of an exception raised in ``frame``; empty where it
    is about no name, or nothing is known. May run code of the object that was asked."""
    try:
        name, names = _looked_for(error, frame)
        present = sorted({n for n in names if isinstance(n, str) and n.isidentifier()})
    except Exception:
        return {}
    return {"absent": name, "present": present[:_MOST]} if name and present else {}


def _looked_for(error: Any, frame: Any) -> tuple[str, Any]:
    if isinstance(error, NameError):
        return getattr(error, "name", None) or "", [
            *frame.f_locals,
            *frame.f_globals,
            *dir(builtins),
        ]
    if isinstance(error, AttributeError):
        return getattr(error, "name", None) or "", dir(error.obj)
    if isinstance(error, ModuleNotFoundError):
        package, _dot, name = (error.name or "").rpartition(".")
        where = sys.modules[package].__path__ if package else None
        known = [module.name for module in pkgutil.iter_modules(where)]
        return name, known if package else [*known, *getattr(sys, "stdlib_module_names", ())]
    if isinstance(error, ImportError):
        found = _IMPORTED.match(str(error))
        return (found.group(1), dir(sys.modules[error.name or ""])) if found else ("", ())
    if isinstance(error, TypeError):
        found = _KEYWORD.match(str(error))
        if found:
            return found.group(2), inspect.signature(_called(found.group(1), frame)).parameters
    return "", ()


def _called(path: str, frame: Any) -> Any:
    """What a message calls ``path``; a class where it is its ``__init__`` that was called."""
    parts = path.split(".")
    if parts[-1] in ("__init__", "__new__") and len(parts) > 1:
        parts.pop()
    spaces = {**vars(builtins), **frame.f_globals, **frame.f_locals}
    if parts[0] not in spaces and len(parts) == 1:
        owner = spaces.get("self")
        return getattr(owner, parts[0])
    found = spaces[parts[0]]
    for part in parts[1:]:
        found = getattr(found, part)
    return found


# ----------------------------------------------------------------------
# Failures as plain data: exception, message, and where in the file under repair they passed.


_MESSAGE = 600
_FRAMES = 40
#: This package and the standard library; what is installed is known by its folder.
_NOT_THEIRS = (os.path.dirname(os.path.abspath(__file__)), os.path.dirname(os.__file__))


@aside
def describe_exception(kind: Any, value: Any, traceback: Any, target: str) -> dict[str, Any]:
    """``{"exception", "message", "frames": [[path, line, function]…], "lines": […]}``.

    ``frames`` runs from the outermost call to the innermost, without those of this package, the
    standard library and installed packages; ``lines``
    are the 1-based lines of ``target`` among them. Where the exception is about a name, that and
    what is there in its place are told too (``absent``). Survives that the user's objects fail
    when they are asked.
    """
    frames, frame = [], None
    while traceback is not None:
        frame = traceback.tb_frame
        code = traceback.tb_frame.f_code
        frames.append([_absolute(code.co_filename), traceback.tb_lineno, code.co_name])
        traceback = traceback.tb_next
    frames = [frame for frame in frames if not frame[0].startswith(_NOT_THEIRS)]
    frames = [frame for frame in frames if "/site-packages/" not in frame[0]]
    frames = [frame for frame in frames if not frame[0].startswith("<frozen ")]
    if len(frames) > _FRAMES:
        frames = frames[: _FRAMES // 2] + frames[-_FRAMES // 2 :]
    try:
        message = str(value)
    except BaseException:
        message = "<the exception's text cannot be shown>"
    return {
        "exception": getattr(kind, "__name__", str(kind)),
        "message": message[:_MESSAGE],
        "frames": frames,
        "lines": [line for path, line, _name in frames if path == target],
        **absent(value, frame),
    }


def describe_text(exception: str, message: str) -> dict[str, Any]:
    """A failure that left no traceback."""
    return {"exception": exception, "message": message[-_MESSAGE:], "frames": [], "lines": []}


def _absolute(path: str) -> str:
    return path if path.startswith("<") else os.path.abspath(path)
