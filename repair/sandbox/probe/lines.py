"""Which lines of one file ran, in memory shared with the parent, so that a kill loses nothing.

``sys.monitoring`` (PEP 669) from Python 3.12, ``sys.settrace`` before.
"""

from __future__ import annotations

import mmap
import os
import sys
import threading
from typing import Any

from . import aside

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
        memory, size, away = self._memory, self.size, aside.depth
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
