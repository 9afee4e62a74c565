"""The tracer: a run told block by block with the values of live variables, as it happens.

One file that imports nothing of Pilotfish. It is handed the block plan (``analysis/views/plan.py``)
as JSON and follows it: ``sys.monitoring`` (PEP 669) from Python 3.12, ``sys.settrace`` before.
What it tells is one JSON object an event (``write``):

``{"trace": "begin", "test", "fresh"}``  a test begins; unless fresh, calls before belong to it
``{"trace": "at", "call", "code", "block", "in"}``  the first time a block is met: lost to no crash
``{"trace": "call", …}``  a call that ended, or (``open``) how far one has come: the newest counts
``{"trace": "end", "test", "calls", "steps", "left"}``, ``{"trace": "stop", "why"}``

A call keeps of each loop the first iteration, the last, and those that took another way or met
other types; a test keeps of each function the first calls, the last, and those that differ so.
Bounded in time, steps and bytes for each test. No code of a value ever runs: what is shown is read
from builtin types by their own methods, of other objects the type and the fields.
"""

from __future__ import annotations

import collections
import enum
import os
import signal
import sys
import threading
import time
import types
from typing import Any

_TOOL = 4
#: What a traced process is sent before it is ended: say what you still hold.
TELL = getattr(signal, "SIGRTMAX", signal.SIGTERM) - 2
#: Bounds where the request names none.
LIMITS = {"seconds": 3.0, "steps": 60000, "bytes": 600000}
_FLUSH_S = 0.05
_VISITS, _TAIL = 240, 40
_CALLS, _FIRST_CALLS, _LAST_CALLS = 12, 2, 2
_ITERATIONS = 6
_LIVE = 24
#: From how many calls on the recursion limit is looked at, and what is kept free below it.
_DEEP, _MARGIN = 50, 60
#: What may go wrong in here; what a signal handler of the user's raises must pass.
_OURS: Any = (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError)
_OURS += (TypeError, ValueError)


class BlockTrace:
    """Follows the code objects of one file. ``write`` takes one event."""

    def __init__(self, path: str, plan: Any, limits: Any, write: Any) -> None:
        self._path = path
        self._codes = [_Code(index, code) for index, code in enumerate(plan["codes"])]
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
            if known is not None and known.suspended and not _begins(frame):
                self._resumed(known)
            elif not self._called(frame, code):
                return None
        except _OURS:
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
                    if raised and argument is None and not _returns(frame):
                        self._left(frame, "raised", raised[0])
                    elif _yields(frame):
                        self._suspended(frame, argument)
                    else:
                        self._left(frame, "returned", argument)
            except _OURS:
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
        except _OURS:
            pass
        return None

    def _py_resume(self, code: Any, _offset: Any, _error: Any = None) -> None:
        known = self._frames.get(id(sys._getframe(1))) if self._is_ours(code) else None
        if known is not None and known.suspended:
            self._resumed(known)

    def _py_line(self, code: Any, line: Any) -> None:
        try:
            self._line(sys._getframe(1), self._known[id(code)][0], line - 1)
        except _OURS:
            pass

    def _py_return(self, code: Any, _offset: Any, value: Any) -> None:
        try:
            self._left(sys._getframe(1), "returned", value)
        except _OURS:
            pass

    def _py_yield(self, code: Any, _offset: Any, value: Any) -> None:
        try:
            self._suspended(sys._getframe(1), value)
        except _OURS:
            pass

    def _py_raise(self, code: Any, _offset: Any, error: Any) -> None:
        if self._is_ours(code):
            try:
                self._raised(sys._getframe(1), error)
            except _OURS:
                pass

    def _py_unwind(self, code: Any, _offset: Any, error: Any) -> None:
        if self._is_ours(code):
            try:
                self._left(sys._getframe(1), "raised", error)
            except _OURS:
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
        if os.getpid() != self._pid:
            self._switch(False)
            return False
        stack = self._stack()
        self._calls += 1
        if len(stack) > _DEEP and _near_the_limit():
            return False
        self._number += 1
        thread = self._threads.get(threading.get_ident(), 0)
        depth = sum(1 for other in stack if other.code is code)
        parent = stack[-1].number if stack else 0
        kept = self._kept.setdefault(code.index, _Kept())
        kept.count += 1
        known = _Call(self._number, kept.count, code, parent, depth, thread)
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
            known.visit["raised"] = exception_text(error)
            known.visit["line"] = known.line

    def _suspended(self, frame: Any, value: Any) -> None:
        known = self._frames.get(id(frame))
        if known is None:
            return
        known.suspended = True
        if known.visit is not None and known.code.kind == "generator":
            known.visit["yielded"] = text(value)
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
            event["exception"] = exception_text(value)
        elif known.code.kind not in ("module", "class"):
            event["value"] = text(value)
        self._keep(known, event)

    def _pop(self, known: Any) -> None:
        stack = self._stack()
        if known in stack:
            del stack[stack.index(known) :]

    def _keep(self, known: Any, event: Any) -> None:
        kept = self._kept.setdefault(known.code.index, _Kept())
        signature = (event["how"], known.way, known.kinds)
        # The first to begin is the outermost of a recursion, and ends last.
        if known.ordinal <= _FIRST_CALLS or (
            kept.told < _CALLS and signature not in kept.signatures
        ):
            kept.told += 1
            self._say(event)
        else:
            if len(kept.last) == _LAST_CALLS:
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


class _Kept:
    """What was told of the calls of one function in one test."""

    def __init__(self) -> None:
        self.count = self.told = self.dropped = 0
        self.signatures: set[Any] = set()
        self.last: Any = collections.deque(maxlen=_LAST_CALLS)


class _Code:
    """One code object of the plan, made ready for looking things up."""

    def __init__(self, index: int, plan: Any) -> None:
        self.index = index
        self.kind = plan["kind"]
        self.short = plan["name"].rpartition(".")[2]
        self.first_line = 0 if self.kind == "module" else plan["first_line"]
        self.parameters = plan["parameters"]
        self.globals = frozenset(plan["globals"])
        self.blocks = plan["blocks"]
        self.successors = [[way["to"] for way in block["next"]] for block in self.blocks]
        self.lines: dict[int, Any] = {}
        for number, block in enumerate(self.blocks):
            for order, (first, last) in enumerate(block["statements"]):
                for line in range(first, last + 1):
                    self.lines.setdefault(line, []).append((number, order))

    def block_at(self, call: Any, line: int) -> Any:
        """The block that is entered at ``line``, or ``None`` where the present one goes on."""
        found = self.lines.get(line)
        if not found:
            return None
        here = call.block
        number, order = found[0]
        if len(found) > 1 and here >= 0 and (number != here or order < call.order):
            # A ``with`` and its leaving share a line: whichever can come next.
            ways = self.successors[here]
            number, order = next(((n, o) for n, o in found if n in ways and n != here), found[0])
        if number == here:
            back = order < call.order
            again = (
                order == call.order == 0
                and line == self.blocks[number]["statements"][0][0]
                and number in self.successors[number]
            )
            call.order = order
            return number if back or again else None
        call.order = order
        return number


class _Loop:
    """One loop that a call is in."""

    def __init__(self, header: int) -> None:
        self.header = header
        self.number = 0
        self.visits: list[Any] = []
        self.before: Any = None
        self.edges: set[Any] = set()
        self.kinds: Any = ()
        self.seen: set[Any] = set()
        self.told: list[int] = []

    def turn(self, sink: Any) -> None:
        """An iteration ended: keep it in ``sink`` if it shows something new."""
        if not self.number:
            return
        signature = (frozenset(self.edges), self.kinds)
        if signature not in self.seen and len(self.told) < _ITERATIONS:
            self.told.append(self.number)
            sink.extend(self.visits)
            self.before = None
        else:
            self.before = (self.number, self.visits)
        if len(self.seen) < 100:
            self.seen.add(signature)

    def leave(self, sink: Any) -> Any:
        """The loop is left: its last iterations, and what is to be said of it."""
        only_asked = len(self.visits) == 1
        if self.before is not None and (only_asked or not self.told):
            self.told.append(self.before[0])
            sink.extend(self.before[1])
        sink.extend(self.visits)
        if not only_asked:
            self.told.append(self.number)
        count = self.number - 1 if only_asked else self.number
        return {"header": self.header, "count": count, "told": self.told}


class _Call:
    """One call under way."""

    def __init__(
        self, number: int, ordinal: int, code: Any, parent: int, depth: int, thread: int
    ) -> None:
        self.number = number
        self.ordinal = ordinal
        self.code = code
        self.parent = parent
        self.depth = depth
        self.thread = thread
        self.arguments: dict[str, str] = {}
        self.suspended = False
        self.line = code.first_line
        self.block = -1
        self.order = 0
        self.visit: Any = None
        self.loops: list[Any] = []
        self.items: list[Any] = []
        self.tail: Any = collections.deque(maxlen=_TAIL)
        self.summaries: list[Any] = []
        self.edges: set[Any] = set()
        self.kinds: Any = ()
        self.left_out = 0
        #: Texts of this very moment: what leaves one block enters the next.
        self._moment: dict[str, str] = {}

    @property
    def way(self) -> Any:
        """Which ways it took: edges of the control flow."""
        return frozenset(self.edges)

    def values(self, spaces: Any, names: Any) -> dict[str, str]:
        """The texts of those of ``names`` that are bound."""
        found = {}
        for name in names:
            space = spaces[1] if name in self.code.globals else spaces[0]
            if name not in space:
                continue
            shown = self._moment.get(name)
            if shown is None:
                value = space[name]
                shown = _at_once(type(value), value) or text(value)
                self._moment[name] = shown
            found[name] = shown
        return found

    def kinds_of(self, spaces: Any, names: Any) -> Any:
        """The types of those of ``names`` that are bound, for telling iterations apart."""
        return tuple(_name(type(spaces[0].get(name))) for name in names)

    def enter(self, block: int, spaces: Any) -> None:
        """A block is entered, which ends the one before it."""
        plan = self.code.blocks[block]
        self._moment = {}
        self._close(spaces)
        edge = (self.block, block)
        self.edges.add(edge)
        if self.block < 0:
            self.kinds = self.kinds_of(spaces, self.code.parameters)
        for loop in self.loops:
            if len(loop.edges) < 500:
                loop.edges.add(edge)
        self._follow_loops(plan, block, spaces)
        self.block = block
        self.visit = {
            "block": block,
            "at": [loop.number for loop in self.loops],
            "in": self.values(spaces, plan["entry"]),
            "out": {},
        }
        self._sink().append(self.visit)

    def _follow_loops(self, plan: Any, block: int, spaces: Any) -> None:
        around = plan["loops"]
        same = 0
        while (
            same < len(around)
            and same < len(self.loops)
            and self.loops[same].header == around[same]
        ):
            same += 1
        while len(self.loops) > same:
            self._leave_loop()
        for header in around[same:]:
            self.loops.append(_Loop(header))
        if self.loops and self.loops[-1].header == block:
            loop = self.loops[-1]
            loop.turn(self._sink(-1))
            loop.number += 1
            loop.visits, loop.edges = [], set()
            loop.kinds = self.kinds_of(spaces, plan["entry"])

    def _leave_loop(self) -> None:
        loop = self.loops.pop()
        summary = loop.leave(self._sink())
        summary["at"] = [outer.number for outer in self.loops]
        if len(self.summaries) < 60:
            self.summaries.append(summary)

    def _sink(self, level: int = 0) -> Any:
        """Where visits go: the innermost loop's iteration, or the call's own list."""
        loops = self.loops[:level] if level else self.loops
        if loops:
            return loops[-1].visits
        if len(self.items) >= _VISITS:
            return self.tail
        return self.items

    def _close(self, spaces: Any) -> None:
        if self.visit is None:
            return
        before = self.visit["in"]
        after = self.values(spaces, self.code.blocks[self.visit["block"]]["exit"])
        self.visit["out"] = {n: v for n, v in after.items() if before.get(n) != v}
        self.visit = None

    def leave(self, spaces: Any) -> None:
        """The call ends."""
        self._moment = {}
        self._close(spaces)
        while self.loops:
            self._leave_loop()

    def visit_place(self) -> Any:
        """Where it is, for the first time there."""
        return {"code": self.code.index, "block": self.block, "in": self.visit["in"]}

    def told(self, how: str) -> Any:
        """The event that tells of it."""
        visits = list(self.items) + list(self.tail)
        summaries = list(self.summaries)
        for depth, loop in enumerate(list(self.loops)):
            if loop.before is not None and len(loop.visits) <= 1:
                visits.extend(loop.before[1])
            visits.extend(loop.visits)
            summaries.append(
                {
                    "header": loop.header,
                    "count": loop.number,
                    "told": loop.told + [loop.number],
                    "at": [outer.number for outer in self.loops[:depth]],
                    "open": True,
                }
            )
        event = {
            "trace": "call",
            "id": self.number,
            "code": self.code.index,
            "parent": self.parent,
            "depth": self.depth,
            "thread": self.thread,
            "how": "suspended" if how == "running" and self.suspended else how,
            "line": self.line,
            "args": self.arguments,
            "visits": visits[-(_VISITS + _TAIL) :],
            "loops": summaries,
        }
        if how == "running":
            event["open"] = True
        return event


def _opcode(frame: Any, further: int = 0) -> Any:
    code, at = frame.f_code.co_code, frame.f_lasti + further
    return code[at] if 0 <= at < len(code) else None


def _begins(frame: Any) -> bool:
    """Whether a call event is the beginning of a frame and not its going on."""
    at = frame.f_lasti
    if at < 0:
        return True
    return _opcode(frame) in _RESUMES and frame.f_code.co_code[at + 1] & 3 == 0


def _near_the_limit() -> bool:
    """Whether the recursion limit is so near that looking at a call could reach it."""
    try:
        sys._getframe(sys.getrecursionlimit() - _MARGIN)
    except ValueError:
        return False
    return True


def _returns(frame: Any) -> bool:
    return _opcode(frame) in _RETURNS


def _yields(frame: Any) -> bool:
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

# ---------------------------------------------------------------------- values

_TEXT, _STRING, _ITEMS, _DEPTH, _NODES = 200, 80, 8, 3, 40
_SMALL = 10**18
_BASES = (int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset)
#: Types of the standard library whose ``repr`` runs no code of a user's.
_TRUSTED = {
    ("datetime", "date"), ("datetime", "time"), ("datetime", "datetime"), ("datetime", "timedelta"),
    ("datetime", "timezone"), ("decimal", "Decimal"), ("fractions", "Fraction"), ("uuid", "UUID"),
    ("pathlib", "PosixPath"), ("pathlib._local", "PosixPath"), ("pathlib", "PurePosixPath"),
    ("numpy", "ndarray"), ("builtins", "range"),
}  # fmt: skip
_mro: Any = type.__dict__["__mro__"]
_space: Any = type.__dict__["__dict__"]
_qualname: Any = type.__dict__["__qualname__"]
_module: Any = type.__dict__["__module__"]
_flags: Any = type.__dict__["__flags__"]
#: Py_TPFLAGS_HEAPTYPE: a class that a ``class`` statement made.
_HEAP_TYPE = 1 << 9
_arguments: Any = vars(BaseException)["args"]


def text(value: Any) -> str:
    """``value`` in at most 200 characters, without running any code of its class."""
    try:
        shown = _tell(value, 0, [_NODES])
    except _OURS:
        shown = "<" + _name(type(value)) + ">"
    return _plain(shown if len(shown) <= _TEXT else shown[: _TEXT - 1] + "…")


def _at_once(kind: Any, value: Any) -> Any:
    """The text of the most usual values, ``None`` of others."""
    if kind is int:
        return repr(value) if -_SMALL < value < _SMALL else None
    if kind is str:
        return repr(value) if len(value) <= _STRING and value.isascii() else None
    return repr(value) if value is None or kind is bool or kind is float else None


def exception_text(error: Any) -> str:
    """``Kind: message``, the message only where it is a builtin string or number."""
    try:
        name = _name(error if isinstance(error, type) else type(error))
        arguments = () if isinstance(error, type) else _arguments.__get__(error)
        if not arguments:
            return name
        first = arguments[0]
        shown = first[:_TEXT] if type(first) is str else text(first)
        return _plain(name + ": " + str(shown))
    except _OURS:
        return "exception"


def _plain(shown: str) -> str:
    """Without lone surrogates, which are no text that could be sent on."""
    return shown if shown.isascii() else shown.encode("utf-8", "backslashreplace").decode("utf-8")


def _name(kind: Any) -> str:
    name = _qualname.__get__(kind)
    return str(name.rpartition(".<locals>.")[2]) if type(name) is str else "?"


def _is_trusted(kind: Any, module: Any, name: str) -> bool:
    """Whether a class is what it says: a name can be forged, its place in the module cannot."""
    if type(module) is not str or (module, name) not in _TRUSTED:
        return False
    return vars(sys.modules.get(module, types)).get(name) is kind


def _tell(value: Any, depth: int, room: list[int]) -> str:
    room[0] -= 1
    kind = type(value)
    shown = _at_once(kind, value)
    if shown is not None:
        return str(shown)
    if value is None or kind is bool or kind is float or kind is complex:
        return repr(value)
    if kind in _BASES:
        return _tell_builtin(kind, value, depth, room)
    if kind is types.FunctionType or kind is types.BuiltinFunctionType:
        return "<function " + str(value.__name__) + ">"
    if kind is types.MethodType:
        inner = value.__func__
        return "<method " + (inner.__name__ if type(inner) is types.FunctionType else "?") + ">"
    if kind is types.ModuleType:
        return "<module>"
    if kind is types.GeneratorType or kind is types.CoroutineType:
        return "<" + _name(kind) + " " + str(value.__name__) + ">"
    mro = _mro.__get__(kind)
    if type in mro:
        return "<class " + _name(value) + ">"
    if BaseException in mro:
        return _name(kind) + _tell_items(tuple, _arguments.__get__(value), "(", ")", depth, room)
    if enum.Enum in mro:
        return _name(kind) + "." + str(_fields(value, mro).get("_name_"))
    base = _name(kind)
    if _is_trusted(kind, _module.__get__(kind), base):
        if base == "ndarray":
            return _tell_array(value)
        return repr(value)
    if collections.deque in mro:
        return base + _tell_items(collections.deque, value, "([", "])", depth, room)
    for builtin in _BASES:
        if builtin in mro:
            return _tell_subclass(base, builtin, value, mro, depth, room)
    return _tell_object(base, value, mro, depth, room)


def _tell_builtin(kind: Any, value: Any, depth: int, room: list[int]) -> str:
    if kind is int:
        bits = int.bit_length(value)
        return int.__repr__(value) if bits <= 256 else "<int of " + str(bits) + " bits>"
    if kind in (float, complex):
        return str(kind.__repr__(value))
    if kind in (str, bytes, bytearray):
        length = kind.__len__(value)
        head = kind.__getitem__(value, slice(0, _STRING))
        return str(kind.__repr__(head)) + ("…" + str(length) if length > _STRING else "")
    if kind is dict:
        return _tell_dict(value, depth, room)
    if kind is list:
        return _tell_items(kind, value, "[", "]", depth, room)
    if kind is tuple:
        close = ",)" if tuple.__len__(value) == 1 else ")"
        return _tell_items(kind, value, "(", close, depth, room)
    if not kind.__len__(value):
        return "set()" if kind is set else "frozenset()"
    around = ("{", "}") if kind is set else ("frozenset({", "})")
    return _tell_items(kind, value, around[0], around[1], depth, room)


def _tell_items(kind: Any, value: Any, opening: str, end: str, depth: int, room: list[int]) -> str:
    length = kind.__len__(value)
    if depth >= _DEPTH and length:
        return opening + "…" + end
    parts: list[str] = []
    for item in kind.__iter__(value):
        if len(parts) >= _ITEMS or room[0] <= 0:
            parts.append("…" + str(length))
            break
        parts.append(_tell(item, depth + 1, room))
    return opening + ", ".join(parts) + end


def _tell_array(value: Any) -> str:
    if value.size <= _ITEMS:
        return "array(" + repr(value.tolist()) + ")"
    return "array(shape=" + repr(value.shape) + ", dtype=" + str(value.dtype.str) + ")"


def _tell_dict(value: Any, depth: int, room: list[int]) -> str:
    length = dict.__len__(value)
    if depth >= _DEPTH and length:
        return "{…}"
    parts: list[str] = []
    for key, item in dict.items(value):
        if len(parts) >= _ITEMS or room[0] <= 0:
            parts.append("…" + str(length))
            break
        parts.append(_tell(key, depth + 1, room) + ": " + _tell(item, depth + 1, room))
    return "{" + ", ".join(parts) + "}"


def _tell_subclass(
    name: str, builtin: Any, value: Any, mro: Any, depth: int, room: list[int]
) -> str:
    if builtin is tuple:
        fields = next((s["_fields"] for s in map(_space.__get__, mro) if "_fields" in s), None)
        if type(fields) is tuple and len(fields) == tuple.__len__(value):
            named = {field: tuple.__getitem__(value, at) for at, field in enumerate(fields)}
            return _tell_fields(name, named, depth, room)
    return name + "(" + _tell_builtin(builtin, value, depth, room) + ")"


def _tell_object(name: str, value: Any, mro: Any, depth: int, room: list[int]) -> str:
    fields = _fields(value, mro)
    if not fields:
        return "<" + name + ">"
    return _tell_fields(name, fields, depth, room)


def _tell_fields(name: str, fields: Any, depth: int, room: list[int]) -> str:
    if depth >= _DEPTH:
        return name + "(…)"
    parts: list[str] = []
    for field, item in fields.items():
        if len(parts) >= _ITEMS or room[0] <= 0:
            parts.append("…" + str(len(fields)))
            break
        parts.append(str(field) + "=" + _tell(item, depth + 1, room))
    return name + "(" + ", ".join(parts) + ")"


def _fields(value: Any, mro: Any) -> dict[Any, Any]:
    """The ``__dict__`` and slots of an object, read by the interpreter's own descriptors."""
    found: dict[Any, Any] = {}
    for base in mro:
        for name, thing in list(_space.__get__(base).items()):
            kind = type(thing)
            if name == "__dict__" and kind is types.GetSetDescriptorType and base is not type:
                space = thing.__get__(value)
                if type(space) is dict:
                    found.update(space)
            elif kind is types.MemberDescriptorType and _flags.__get__(base) & _HEAP_TYPE:
                try:
                    found[name] = thing.__get__(value)
                except AttributeError:
                    continue
    return found
