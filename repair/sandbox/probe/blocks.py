"""The tracer: a run told block by block with the values of live variables, as it happens.

It imports nothing of Pilotfish: it is handed the block plan (``analysis/views/plan.py``)
as JSON and follows it: ``sys.monitoring`` (PEP 669) from Python 3.12, ``sys.settrace`` before.
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

from . import aside, followed, frames, values
from .values import OURS

_TOOL = 4
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
        self._on = False
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
        if hasattr(sys, "monitoring"):
            self._switch_monitoring(on)
        elif on:
            threading.settrace(self._on_call)
            sys.settrace(self._on_call)
        else:
            threading.settrace(None)
            sys.settrace(None)
        self._on = on

    # ------------------------------------------------------------------ which code

    def _code_of(self, code: Any) -> Any:
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

    # ------------------------------------------------------------------ sys.settrace

    def _on_call(self, frame: Any, _event: Any, _argument: Any) -> Any:
        code = self._code_of(frame.f_code)
        if code is None:
            return None
        try:
            known = self._frames.get(id(frame))
            if known is not None and known.suspended and not frames.begins(frame):
                self._resumed(known)
            elif not self._called(frame, code):
                return None
        except OURS:
            return None
        raised: list[Any] = []

        def local(frame: Any, event: Any, argument: Any) -> Any:
            try:
                if event == "line":
                    del raised[:]
                    self._line(frame, code, frame.f_lineno - 1)
                elif event == "exception":
                    raised[:] = [argument[1]]
                    self._raised(frame, argument[1] if argument[1] is not None else argument[0])
                elif event == "return":
                    if raised and argument is None and not frames.returns(frame):
                        self._left(frame, "raised", raised[0])
                    elif frames.yields(frame):
                        self._suspended(frame, argument)
                    else:
                        self._left(frame, "returned", argument)
            except OURS:
                pass
            return local

        return local

    # ------------------------------------------------------------------ sys.monitoring

    def _switch_monitoring(self, on: bool) -> None:
        monitoring: Any = vars(sys)["monitoring"]
        events = monitoring.events
        if not on:
            if monitoring.get_tool(_TOOL) is not None:
                monitoring.set_events(_TOOL, 0)
                for known, code in list(self._known.values()):
                    if known is not None:
                        monitoring.set_local_events(_TOOL, code, 0)
            return
        if monitoring.get_tool(_TOOL) is None:
            monitoring.use_tool_id(_TOOL, "pilotfish blocks")
            callbacks = (
                (events.PY_START, self._py_start),
                (events.PY_RESUME, self._py_resume),
                (events.PY_THROW, self._py_resume),
                (events.LINE, self._py_line),
                (events.PY_RETURN, self._py_return),
                (events.PY_YIELD, self._py_yield),
                (events.RAISE, self._py_raise),
                (events.PY_UNWIND, self._py_unwind),
            )
            for event, callback in callbacks:
                monitoring.register_callback(_TOOL, event, callback)
        elif self._on:
            return
        everywhere = events.PY_START | events.RAISE | events.PY_UNWIND | events.PY_THROW
        monitoring.set_events(_TOOL, everywhere)
        monitoring.restart_events()
        for known, code in list(self._known.values()):
            if known is not None:
                self._follow(code)

    def _follow(self, code: Any) -> None:
        monitoring: Any = vars(sys)["monitoring"]
        events = monitoring.events
        wanted = events.LINE | events.PY_RETURN | events.PY_YIELD | events.PY_RESUME
        monitoring.set_local_events(_TOOL, code, wanted)

    def _py_start(self, code: Any, _offset: Any) -> Any:
        met = id(code) in self._known
        found = self._code_of(code)
        if found is None:
            return vars(sys)["monitoring"].DISABLE
        try:
            if not met:
                self._follow(code)
            self._called(sys._getframe(1), found)
        except OURS:
            pass
        return None

    def _py_resume(self, code: Any, _offset: Any, _error: Any = None) -> None:
        known = self._frames.get(id(sys._getframe(1))) if self._is_ours(code) else None
        if known is not None and known.suspended:
            self._resumed(known)

    def _py_line(self, code: Any, line: Any) -> None:
        try:
            self._line(sys._getframe(1), self._known[id(code)][0], line - 1)
        except OURS:
            pass

    def _py_return(self, code: Any, _offset: Any, value: Any) -> None:
        try:
            self._left(sys._getframe(1), "returned", value)
        except OURS:
            pass

    def _py_yield(self, code: Any, _offset: Any, value: Any) -> None:
        try:
            self._suspended(sys._getframe(1), value)
        except OURS:
            pass

    def _py_raise(self, code: Any, _offset: Any, error: Any) -> None:
        if self._is_ours(code):
            try:
                self._raised(sys._getframe(1), error)
            except OURS:
                pass

    def _py_unwind(self, code: Any, _offset: Any, error: Any) -> None:
        if self._is_ours(code):
            try:
                self._left(sys._getframe(1), "raised", error)
            except OURS:
                pass

    def _is_ours(self, code: Any) -> bool:
        known = self._known.get(id(code))
        return known is not None and known[0] is not None

    # ------------------------------------------------------------------ what happens

    def _stack(self) -> Any:
        thread = threading.get_ident()
        if thread not in self._stacks:
            self._threads[thread] = len(self._threads)
            self._stacks[thread] = []
        return self._stacks[thread]

    def _called(self, frame: Any, code: Any) -> bool:
        """A call of ``code`` begins; whether it is followed."""
        if aside.depth[0]:
            return False
        if os.getpid() != self._pid:
            self._switch(False)
            return False
        stack = self._stack()
        self._calls += 1
        if len(stack) > _DEEP and frames.near_the_limit():
            return False
        self._number += 1
        thread = self._threads.get(threading.get_ident(), 0)
        depth = sum(1 for other in stack if other.code is code)
        parent = stack[-1].number if stack else 0
        kept = self._kept.setdefault(code.index, followed.Kept())
        kept.count += 1
        known = followed.Call(self._number, kept.count, code, parent, depth, thread)
        spaces = (frame.f_locals, frame.f_globals)
        known.arguments = known.values(spaces, code.parameters)
        self._frames[id(frame)] = known
        stack.append(known)
        return True

    def _line(self, frame: Any, code: Any, line: int) -> None:
        known = self._frames.get(id(frame))
        if known is None:
            # It began before it was followed.
            if not self._called(frame, code):
                return
            known = self._frames[id(frame)]
        if known.suspended:
            # An exception was thrown into it, and it has caught that.
            self._resumed(known)
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

    def _raised(self, frame: Any, error: Any) -> None:
        known = self._frames.get(id(frame))
        if known is None or type(error) in (StopIteration, StopAsyncIteration, GeneratorExit):
            return
        if known.visit is not None:
            known.visit["raised"] = values.exception_text(error)
            known.visit["line"] = known.line

    def _suspended(self, frame: Any, value: Any) -> None:
        known = self._frames.get(id(frame))
        if known is None:
            return
        known.suspended = True
        if known.visit is not None and known.code.kind == "generator":
            known.visit["yielded"] = values.text(value)
        self._pop(known)

    def _resumed(self, known: Any) -> None:
        known.suspended = False
        self._stack().append(known)

    def _left(self, frame: Any, how: str, value: Any) -> None:
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
