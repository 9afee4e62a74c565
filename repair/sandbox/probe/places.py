"""Which expressions of one file ran: the places of the instructions that did.

``sys.monitoring`` (PEP 669) from Python 3.12, where each instruction is noted once and then costs
nothing; tracing of opcodes in 3.11. Before 3.11 code does not know its columns (PEP 657).
"""

from __future__ import annotations

import sys
import threading
import types
from typing import Any

from . import aside
from .lines import matcher

_TOOL = 5


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
        number, ran, away = id(code), self._ran, aside.depth
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
                monitoring.set_local_events(_TOOL, code, events.INSTRUCTION)
            return disable

        away = aside.depth

        def on_instruction(code: Any, offset: Any) -> Any:
            if away[0]:
                # It may run for the test yet.
                return None
            self._ran.add((id(code), offset))
            return disable

        monitoring.use_tool_id(_TOOL, "pilotfish places")
        monitoring.register_callback(_TOOL, events.PY_START, on_start)
        monitoring.register_callback(_TOOL, events.INSTRUCTION, on_instruction)
        monitoring.set_events(_TOOL, events.PY_START)
