"""The tracer: a run told block by block with the values of live variables, as it happens.

It imports nothing of Pilotfish: it is handed the block plan (``analysis/views/plan.py``)
as JSON and follows it, by what the interpreter has for that (:class:`MonitoringHooks`,
:class:`SettraceHooks`).
What it tells is one JSON object an event (``write``):

``{"trace": "begin", "test", "fresh"}``  a test begins; unless fresh, calls before belong to it
``{"trace": "at", "call", "code", "block", "in"}``  the first time a block is met: lost to no crash
``{"trace": "call", …}``  a call that ended, or (``open``) how far one has come: the newest counts
``{"trace": "end", "test", "calls", "steps", "left"}``, ``{"trace": "stop", "why"}``

A call keeps of each loop the first iteration, the last, and those that took another way or met
other types; a test keeps of each function the first calls, the last, and those that differ so.
Bounded in time, steps and bytes for each test. No code of a value ever runs (``values``).
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import Any

from . import followed, reporting, values
from .values import OURS

#: What a traced process is sent before it is ended: say what you still hold.
TELL = getattr(signal, "SIGRTMAX", signal.SIGTERM) - 2
#: Bounds where the request names none.
LIMITS = {"seconds": 3.0, "steps": 60000, "bytes": 600000}
_FLUSH_S = 0.05
_CALLS, _FIRST_CALLS = 12, 2
_LIVE = 24
#: From how many calls on the recursion limit is looked at.
_DEEP = 50


class BlockTrace:
    """Follows the code objects of one file. ``write`` takes one event."""

    def __init__(self, path: str, plan: Any, limits: Any, write: Any) -> None:
        self._path = path
        self._codes = [followed.Code(index, code) for index, code in enumerate(plan["codes"])]
        self._places = {(code.first_line, code.short): code for code in self._codes}
        self._limits = dict(LIMITS, **(limits or {}))
        self._write_event = write
        self._lock = threading.Lock()
        self._known: dict[Any, Any] = {}
        self._files = {path: True}
        self._pid = os.getpid()
        hooks: Any = MonitoringHooks if sys.version_info >= (3, 12) else SettraceHooks
        self._hooks = hooks(self)
        self._number = 0
        self._fresh()

    def _fresh(self) -> None:
        self._frames: dict[int, Any] = {}
        self._stacks: dict[int, Any] = {}
        self._threads: dict[int, int] = {}
        self._kept: dict[Any, Any] = {}
        self._met: set[Any] = set()
        self._calls = self._steps = self._bytes = 0
        self._until = time.monotonic() + self._limits["seconds"]
        self._flush_at = 0.0
        self._why = ""

    # ------------------------------------------------------------------ life

    def start(self) -> None:
        """Follow the file in this process from now on, in all threads."""
        try:
            signal.signal(TELL, lambda number, frame: self.flush())
        except (ValueError, OSError):
            pass
        self._switch(True)

    def begin(self, test: str, fresh: bool) -> None:
        """``test`` begins."""
        if fresh:
            self._fresh()
        self._write({"trace": "begin", "test": test, "fresh": fresh})
        self._switch(True)

    def end(self, test: str) -> None:
        """``test`` ended: what is held back is told."""
        self.flush()
        left = self._tell_last()
        self._write(
            {"trace": "end", "test": test, "calls": self._calls, "steps": self._steps, "left": left}
        )
        going_on = self._frames, self._stacks, self._threads
        self._fresh()
        # A call that goes on (the script itself) goes on being followed.
        self._frames, self._stacks, self._threads = going_on
        self._switch(True)

    def flush(self) -> None:
        """Tell how far the calls have come that have not ended."""
        if os.getpid() != self._pid:
            return
        live = sorted(self._frames.values(), key=lambda call: call.number)
        if len(live) > _LIVE:
            live = live[: _LIVE // 4] + live[-(_LIVE - _LIVE // 4) :]
        for frame in live:
            self._write(frame.told("running"))

    def _tell_last(self) -> int:
        left = 0
        for kept in self._kept.values():
            left += kept.dropped
            for event in kept.last:
                self._write(event)
        self._kept = {}
        return left

    def _write(self, event: Any) -> None:
        if not self._lock.acquire(timeout=0.2):
            return
        try:
            self._write_event(event)
        except (OSError, ValueError):
            pass
        finally:
            self._lock.release()

    def _stop(self, why: str) -> None:
        """Enough of this test: tell what there is and let it run on untraced."""
        self._why = why
        self._switch(False)
        self.flush()
        self._write({"trace": "stop", "why": why})

    def _switch(self, on: bool) -> None:
        if on:
            self._hooks.on()
        else:
            self._hooks.off()

    # ------------------------------------------------------------------ which code

    def code_of(self, code: Any) -> Any:
        """The plan's code that ``code`` is, or ``None`` where it is not of the file."""
        known = self._known.get(id(code))
        if known is None:
            name = code.co_filename
            if name not in self._files:
                real = "" if name.startswith("<") else os.path.realpath(name)
                self._files[name] = real == self._path
            found = None
            if self._files[name]:
                line = 0 if code.co_name == "<module>" else code.co_firstlineno - 1
                found = self._places.get((line, code.co_name))
            # The code is kept with it, so that its id stays its own.
            known = self._known[id(code)] = (found, code)
        return known[0]

    def has_met(self, code: Any) -> bool:
        """Whether it was asked already what ``code`` is."""
        return id(code) in self._known

    def follows(self, code: Any) -> bool:
        """Whether ``code`` was met and is of the file."""
        known = self._known.get(id(code))
        return known is not None and known[0] is not None

    def followed(self) -> list[Any]:
        """The code objects of the file that were met."""
        return [code for known, code in list(self._known.values()) if known is not None]

    def call_of(self, frame: Any) -> Any:
        """The call that ``frame`` is known as, or ``None``."""
        return self._frames.get(id(frame))

    # ------------------------------------------------------------------ what happens, as hooks tell

    def _stack(self) -> Any:
        thread = threading.get_ident()
        if thread not in self._stacks:
            self._threads[thread] = len(self._threads)
            self._stacks[thread] = []
        return self._stacks[thread]

    def called(self, frame: Any, code: Any) -> bool:
        """A call of ``code`` begins; whether it is followed."""
        if reporting.depth[0]:
            return False
        if os.getpid() != self._pid:
            self._switch(False)
            return False
        stack = self._stack()
        self._calls += 1
        if len(stack) > _DEEP and near_the_limit():
            return False
        self._number += 1
        thread = self._threads.get(threading.get_ident(), 0)
        depth = sum(1 for other in stack if other.code is code)
        parent = stack[-1].number if stack else 0
        kept = self._kept.setdefault(code.index, followed.Kept())
        kept.count += 1
        known = followed.CallUnderWay(self._number, kept.count, code, parent, depth, thread)
        spaces = (frame.f_locals, frame.f_globals)
        known.arguments = known.values(spaces, code.parameters)
        self._frames[id(frame)] = known
        stack.append(known)
        return True

    def line(self, frame: Any, code: Any, line: int) -> None:
        """``frame``, which runs ``code``, comes to ``line``, counted from 0."""
        known = self._frames.get(id(frame))
        if known is None:
            # It began before it was followed.
            if not self.called(frame, code):
                return
            known = self._frames[id(frame)]
        if known.suspended:
            # An exception was thrown into it, and it has caught that.
            self.resumed(known)
        known.line = line
        block = code.block_at(known, line)
        if block is None:
            return
        self._steps += 1
        spaces = (frame.f_locals, frame.f_globals)
        known.enter(block, spaces)
        place = (code.index, block)
        if place not in self._met:
            self._met.add(place)
            self._say({"trace": "at", "call": known.number, **known.visit_place()})
        if self._steps % 16 == 0:
            self._look_at_clock()

    def _look_at_clock(self) -> None:
        now = time.monotonic()
        if self._steps > self._limits["steps"]:
            self._stop("steps")
        elif now > self._until:
            self._stop("time")
        elif now > self._flush_at:
            if self._flush_at:
                self.flush()
            spent = now - self._until + self._limits["seconds"]
            self._flush_at = now + max(_FLUSH_S, spent / 2)

    def raised(self, frame: Any, error: Any) -> None:
        """``error`` is raised in ``frame``, or passes through it."""
        known = self._frames.get(id(frame))
        if known is None or type(error) in (StopIteration, StopAsyncIteration, GeneratorExit):
            return
        if known.visit is not None:
            known.visit["raised"] = values.exception_text(error)
            known.visit["line"] = known.line

    def suspended(self, frame: Any, value: Any) -> None:
        """``frame`` yields ``value``, or awaits."""
        known = self._frames.get(id(frame))
        if known is None:
            return
        known.suspended = True
        if known.visit is not None and known.code.kind == "generator":
            known.visit["yielded"] = values.text(value)
        self._pop(known)

    def resumed(self, known: Any) -> None:
        """A suspended call goes on."""
        known.suspended = False
        self._stack().append(known)

    def left(self, frame: Any, how: str, value: Any) -> None:
        """``frame`` ends: ``how`` is ``returned`` or ``raised``, with that value or exception."""
        known = self._frames.pop(id(frame), None)
        if known is None:
            return
        self._pop(known)
        known.leave((frame.f_locals, frame.f_globals))
        event = known.told(how)
        if how == "raised":
            if type(value) is GeneratorExit:
                event["how"] = "closed"
            event["exception"] = values.exception_text(value)
        elif known.code.kind not in ("module", "class"):
            event["value"] = values.text(value)
        self._keep(known, event)

    def _pop(self, known: Any) -> None:
        stack = self._stack()
        if known in stack:
            del stack[stack.index(known) :]

    def _keep(self, known: Any, event: Any) -> None:
        kept = self._kept.setdefault(known.code.index, followed.Kept())
        signature = (event["how"], known.way, known.kinds)
        # The first to begin is the outermost of a recursion, and ends last.
        if known.ordinal <= _FIRST_CALLS or (
            kept.told < _CALLS and signature not in kept.signatures
        ):
            kept.told += 1
            self._say(event)
        else:
            if len(kept.last) == followed.LAST_CALLS:
                kept.dropped += 1
            kept.last.append(event)
        if len(kept.signatures) < 200:
            kept.signatures.add(signature)

    def _say(self, event: Any) -> None:
        self._bytes += _size(event)
        if self._bytes > self._limits["bytes"]:
            if not self._why:
                self._stop("bytes")
            return
        self._write(event)


def _size(event: Any) -> int:
    """About how many bytes an event takes."""
    total = 80
    for visit in event.get("visits", ()):
        total += 60
        for space in (visit["in"], visit["out"]):
            for name, value in space.items():
                total += len(name) + len(value) + 6
    return total


# ----------------------------------------------------------------------
# The interpreter's events from Python 3.12, by ``sys.monitoring`` (PEP 669), as ``BlockTrace``
# takes them.


_TOOL = 4


class MonitoringHooks:
    """Tells ``trace`` what code runs that it follows; code of others costs its first call."""

    def __init__(self, trace: Any) -> None:
        self._trace = trace
        self._monitoring: Any = vars(sys)["monitoring"]
        self._events = self._monitoring.events
        self._on = False

    def off(self) -> None:
        """Tell no more."""
        if self._monitoring.get_tool(_TOOL) is not None:
            self._monitoring.set_events(_TOOL, 0)
            for code in self._trace.followed():
                self._monitoring.set_local_events(_TOOL, code, 0)
        self._on = False

    def on(self) -> None:
        """Tell from now on, in all threads."""
        if self._monitoring.get_tool(_TOOL) is None:
            self._register()
        elif self._on:
            return
        events = self._events
        everywhere = events.PY_START | events.RAISE | events.PY_UNWIND | events.PY_THROW
        self._monitoring.set_events(_TOOL, everywhere)
        self._monitoring.restart_events()
        for code in self._trace.followed():
            self._follow(code)
        self._on = True

    def _register(self) -> None:
        events = self._events
        self._monitoring.use_tool_id(_TOOL, "pilotfish blocks")
        for event, callback in (
            (events.PY_START, self._py_start),
            (events.PY_RESUME, self._py_resume),
            (events.PY_THROW, self._py_resume),
            (events.LINE, self._py_line),
            (events.PY_RETURN, self._py_return),
            (events.PY_YIELD, self._py_yield),
            (events.RAISE, self._py_raise),
            (events.PY_UNWIND, self._py_unwind),
        ):
            self._monitoring.register_callback(_TOOL, event, callback)

    def _follow(self, code: Any) -> None:
        events = self._events
        wanted = events.LINE | events.PY_RETURN | events.PY_YIELD | events.PY_RESUME
        self._monitoring.set_local_events(_TOOL, code, wanted)

    def _py_start(self, code: Any, _offset: Any) -> Any:
        met = self._trace.has_met(code)
        found = self._trace.code_of(code)
        if found is None:
            return self._monitoring.DISABLE
        try:
            if not met:
                self._follow(code)
            self._trace.called(sys._getframe(1), found)
        except OURS:
            pass
        return None

    def _py_resume(self, code: Any, _offset: Any, _error: Any = None) -> None:
        known = self._trace.call_of(sys._getframe(1)) if self._trace.follows(code) else None
        if known is not None and known.suspended:
            self._trace.resumed(known)

    def _py_line(self, code: Any, line: Any) -> None:
        try:
            self._trace.line(sys._getframe(1), self._trace.code_of(code), line - 1)
        except OURS:
            pass

    def _py_return(self, code: Any, _offset: Any, value: Any) -> None:
        try:
            self._trace.left(sys._getframe(1), "returned", value)
        except OURS:
            pass

    def _py_yield(self, code: Any, _offset: Any, value: Any) -> None:
        try:
            self._trace.suspended(sys._getframe(1), value)
        except OURS:
            pass

    def _py_raise(self, code: Any, _offset: Any, error: Any) -> None:
        if self._trace.follows(code):
            try:
                self._trace.raised(sys._getframe(1), error)
            except OURS:
                pass

    def _py_unwind(self, code: Any, _offset: Any, error: Any) -> None:
        if self._trace.follows(code):
            try:
                self._trace.left(sys._getframe(1), "raised", error)
            except OURS:
                pass


# ----------------------------------------------------------------------
# The interpreter's events up to Python 3.11, by ``sys.settrace``, as ``BlockTrace`` takes them.


class SettraceHooks:
    """Tells ``trace`` what code runs that it follows, in all threads."""

    def __init__(self, trace: Any) -> None:
        self._trace = trace

    def on(self) -> None:
        """Tell from now on."""
        threading.settrace(self._on_call)
        sys.settrace(self._on_call)

    def off(self) -> None:
        """Tell no more: what is in a call is told of until it ends."""
        threading.settrace(None)
        sys.settrace(None)

    def _on_call(self, frame: Any, _event: Any, _argument: Any) -> Any:
        code = self._trace.code_of(frame.f_code)
        if code is None:
            return None
        try:
            known = self._trace.call_of(frame)
            if known is not None and known.suspended and not begins(frame):
                self._trace.resumed(known)
            elif not self._trace.called(frame, code):
                return None
        except OURS:
            return None
        raised: list[Any] = []

        def local(frame: Any, event: Any, argument: Any) -> Any:
            try:
                if event == "line":
                    del raised[:]
                    self._trace.line(frame, code, frame.f_lineno - 1)
                elif event == "exception":
                    raised[:] = [argument[1]]
                    self._trace.raised(
                        frame, argument[1] if argument[1] is not None else argument[0]
                    )
                elif event == "return":
                    if raised and argument is None and not returns(frame):
                        self._trace.left(frame, "raised", raised[0])
                    elif yields(frame):
                        self._trace.suspended(frame, argument)
                    else:
                        self._trace.left(frame, "returned", argument)
            except OURS:
                pass
            return local

        return local


# ----------------------------------------------------------------------
# Where a frame stands: what ``sys.settrace`` does not tell is read from its byte code.


#: What is kept free below the recursion limit.
_MARGIN = 60


def _opcode(frame: Any, further: int = 0) -> Any:
    code, at = frame.f_code.co_code, frame.f_lasti + further
    return code[at] if 0 <= at < len(code) else None


def begins(frame: Any) -> bool:
    """Whether a call event is the beginning of a frame and not its going on."""
    at = frame.f_lasti
    if at < 0:
        return True
    return _opcode(frame) in _RESUMES and frame.f_code.co_code[at + 1] & 3 == 0


def near_the_limit() -> bool:
    """Whether the recursion limit is so near that looking at a call could reach it."""
    try:
        sys._getframe(sys.getrecursionlimit() - _MARGIN)
    except ValueError:
        return False
    return True


def returns(frame: Any) -> bool:
    """Whether ``frame`` stands at a ``return``: an exception ends it elsewhere."""
    return _opcode(frame) in _RETURNS


def yields(frame: Any) -> bool:
    """Whether ``frame`` is about to be suspended."""
    if not frame.f_code.co_flags & _SUSPENDS:
        return False
    # Before 3.10 what delegates stands one instruction before the one that it will do again.
    return _opcode(frame) in _YIELDS or _opcode(frame, 2) in _DELEGATES


def _opcodes(*names: str) -> Any:
    import opcode

    return frozenset(opcode.opmap[name] for name in names if name in opcode.opmap)


_RETURNS = _opcodes("RETURN_VALUE", "RETURN_CONST")
_YIELDS = _opcodes("YIELD_VALUE", "YIELD_FROM", "SEND")
_RESUMES = _opcodes("RESUME")
_DELEGATES = _opcodes("YIELD_FROM")
#: CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR (inspect's documentation).
_SUSPENDS = 0x20 | 0x80 | 0x200
