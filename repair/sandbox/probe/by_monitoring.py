"""The interpreter's events from Python 3.12, by ``sys.monitoring`` (PEP 669), as ``BlockTrace``
takes them."""

from __future__ import annotations

import sys
from typing import Any

from .values import OURS

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
