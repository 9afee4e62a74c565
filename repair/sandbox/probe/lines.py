"""Which lines of one file ran, in memory shared with the parent, so that a kill loses nothing.

``sys.monitoring`` (PEP 669) from Python 3.12, ``sys.settrace`` before.
"""

from __future__ import annotations

import collections
import dis
import mmap
import os
import sys
import threading
import types
from typing import Any

from . import reporting

_TOOL = 3
#: CO_OPTIMIZED (inspect's documentation): the code of modules and classes is not.
_FUNCTION = 0x01


class LineCounts:
    """Hit counts per 1-based line, saturating at 255, shared across ``fork``.

    The last four bytes hold the number of the line that ran last.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        #: The names of other files of which functions ran since ``start``, in this process.
        self.entered: set[str] = set()
        self._memory = mmap.mmap(-1, size + 5)

    def clear(self) -> None:
        """Forget all hits."""
        self._memory[:] = bytes(self.size + 5)

    def hits(self) -> dict[int, int]:
        """``{line: count}`` of the lines that ran."""
        data = self._memory[: self.size + 1]
        return {line: count for line, count in enumerate(data) if count}

    def last(self) -> int:
        """The line that ran last, or 0."""
        return int.from_bytes(self._memory[self.size + 1 : self.size + 5], "little")

    def start(self, path: str, steps: Any = None) -> None:
        """Count lines of the file ``path`` in this process from now on, in all threads.

        ``steps`` hear of them too (``steps.Steps``), and of the lines of what they follow.
        """
        memory, size, away = self._memory, self.size, reporting.depth
        self.entered.clear()

        def hit(line: int) -> None:
            if line <= size and not away[0]:
                count = memory[line]
                if count < 255:
                    memory[line] = count + 1
                memory[size + 1 : size + 5] = line.to_bytes(4, "little")
                if steps is not None:
                    steps.hit(line)

        if hasattr(sys, "monitoring"):
            _monitor(path, hit, steps, self.entered)
        else:
            _trace(path, hit, steps, self.entered)

    def stop(self) -> None:
        """Count no more in this process."""
        if hasattr(sys, "monitoring"):
            monitoring: Any = vars(sys)["monitoring"]
            monitoring.set_events(_TOOL, 0)
            monitoring.free_tool_id(_TOOL)
        else:
            sys.settrace(None)
            threading.settrace(None)


def _monitor(path: str, hit: Any, steps: Any, entered: Any) -> None:
    monitoring: Any = vars(sys)["monitoring"]
    is_target = matcher(path)

    def on_line(code: Any, line: Any) -> Any:
        if not is_target(code.co_filename):
            if code.co_flags & _FUNCTION:
                entered.add(code.co_filename)
            if steps is None or not steps.follows(code):
                return monitoring.DISABLE
            steps.at(line)
            return None
        hit(line)
        return None

    if monitoring.get_tool(_TOOL) is None:
        monitoring.use_tool_id(_TOOL, "pilotfish")
    monitoring.register_callback(_TOOL, monitoring.events.LINE, on_line)
    monitoring.set_events(_TOOL, monitoring.events.LINE)
    # What was passed over before, while tests were imported, is to be met again.
    monitoring.restart_events()


def _trace(path: str, hit: Any, steps: Any, entered: Any) -> None:
    def local(frame: Any, event: Any, _argument: Any) -> Any:
        if event == "line":
            hit(frame.f_lineno)
        return local

    def step(frame: Any, event: Any, _argument: Any) -> Any:
        if event == "line":
            steps.at(frame.f_lineno)
        return step

    is_target = matcher(path)

    def on_call(frame: Any, _event: Any, _argument: Any) -> Any:
        if is_target(frame.f_code.co_filename):
            return local
        if frame.f_code.co_flags & _FUNCTION:
            entered.add(frame.f_code.co_filename)
        return step if steps is not None and steps.follows(frame.f_code) else None

    threading.settrace(on_call)
    sys.settrace(on_call)


def matcher(path: str) -> Any:
    """Whether a code object's file name means ``path``, decided once for each spelling."""
    known: dict[Any, Any] = {path: True}

    def is_target(name: str) -> bool:
        answer = known.get(name)
        if answer is None:
            answer = known[name] = not name.startswith("<") and os.path.realpath(name) == path
        return answer

    return is_target


# ----------------------------------------------------------------------
# Which expressions of one file ran: the places of the instructions that did.


_PLACES_TOOL = 5


class RunPlaces:
    """The places of the file ``path`` that ran since the last ``clear``."""

    def __init__(self, path: str) -> None:
        self._is_target = matcher(path)
        self._ran: set[Any] = set()
        self._codes: dict[int, Any] = {}

    def start(self) -> None:
        """Note places in this process from now on, in all threads."""
        if hasattr(sys, "monitoring"):
            self._monitor()
        elif hasattr(types.CodeType, "co_positions"):
            threading.settrace(self._on_call)
            sys.settrace(self._on_call)

    def clear(self) -> None:
        """Forget what ran."""
        self._ran.clear()
        if hasattr(sys, "monitoring"):
            vars(sys)["monitoring"].restart_events()

    def hits(self) -> list[Any]:
        """``[line, column, end line, end column]`` of each place, as ``ast`` counts them."""
        found = set()
        for number, offset in list(self._ran):
            code, positions = self._codes[number]
            if positions is None:
                positions = list(code.co_positions())
                self._codes[number] = (code, positions)
            line, end_line, column, end_column = positions[offset // 2]
            if None not in (line, end_line, column, end_column):
                found.add((line, column, end_line, end_column))
        return [list(place) for place in sorted(found)]

    def _know(self, code: Any) -> bool:
        known = id(code) in self._codes
        if not known and self._is_target(code.co_filename):
            self._codes[id(code)] = (code, None)
            return True
        return known

    def _on_call(self, frame: Any, _event: Any, _argument: Any) -> Any:
        code = frame.f_code
        if not self._know(code):
            return None
        number, ran, away = id(code), self._ran, reporting.depth
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False

        def local(frame: Any, event: Any, _argument: Any) -> Any:
            if event == "opcode" and not away[0]:
                ran.add((number, frame.f_lasti))
            return local

        return local

    def _monitor(self) -> None:
        monitoring: Any = vars(sys)["monitoring"]
        events, disable = monitoring.events, monitoring.DISABLE

        def on_start(code: Any, _offset: Any) -> Any:
            if id(code) not in self._codes and self._know(code):
                monitoring.set_local_events(_PLACES_TOOL, code, events.INSTRUCTION)
            return disable

        away = reporting.depth

        def on_instruction(code: Any, offset: Any) -> Any:
            if away[0]:
                # It may run for the test yet.
                return None
            self._ran.add((id(code), offset))
            return disable

        monitoring.use_tool_id(_PLACES_TOOL, "pilotfish places")
        monitoring.register_callback(_PLACES_TOOL, events.PY_START, on_start)
        monitoring.register_callback(_PLACES_TOOL, events.INSTRUCTION, on_instruction)
        monitoring.set_events(_PLACES_TOOL, events.PY_START)


# ----------------------------------------------------------------------
# Which lines of the target each line of a test's function ran, one after the other.


#: Steps that are remembered: of a longer test the last ones, where it fails.
_REMEMBERED = 200


class Steps:
    """The steps of ``functions`` since the last ``clear``: triples of path, a line in it and name.

    A step lasts until the function comes to another line: what it calls belongs to it.
    """

    def __init__(self, functions: Any) -> None:
        self._wanted = {(os.path.realpath(path), line, name) for path, line, name in functions}
        self._names = {name for _path, _line, name in self._wanted}
        self._known: dict[Any, bool] = {}
        self._steps: Any = collections.deque(maxlen=_REMEMBERED)
        self._current: set[int] = set()

    def follows(self, code: Any) -> bool:
        """Whether ``code`` is that of one of the functions."""
        if code.co_name not in self._names:
            return False
        known = self._known.get(code)
        if known is None:
            path = os.path.realpath(code.co_filename)
            lines = {line for _offset, line in dis.findlinestarts(code)}
            known = self._known[code] = any(
                (path, line, code.co_name) in self._wanted for line in lines
            )
        return known

    def at(self, line: int) -> None:
        """The function has come to its 1-based ``line``."""
        self._current = set()
        self._steps.append((line, self._current))

    def hit(self, line: int) -> None:
        """A line of the target ran."""
        self._current.add(line)

    def clear(self) -> None:
        """Forget all steps."""
        self._steps.clear()
        self._current = set()

    def told(self) -> list[Any]:
        """``[line, lines of the target]`` of each step, in order of when it was last taken."""
        found: dict[Any, None] = {}
        for line, ran in list(self._steps):
            step = (line, tuple(sorted(ran)))
            found.pop(step, None)
            found[step] = None
        return [[line, list(ran)] for line, ran in found]
