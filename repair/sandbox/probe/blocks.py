"""The tracer: a run told block by block with the values of live variables, as it happens.

It imports nothing of Pilotfish: it is handed the block plan (``analysis/views/plan.py``)
as JSON and follows it, by what the interpreter has for that (``by_monitoring``, ``by_settrace``).
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

if sys.version_info >= (3, 12):
    from .by_monitoring import MonitoringHooks as _Hooks
else:
    from .by_settrace import SettraceHooks as _Hooks

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
        self._hooks = _Hooks(self)
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
