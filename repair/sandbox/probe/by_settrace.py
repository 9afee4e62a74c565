"""The interpreter's events up to Python 3.11, by ``sys.settrace``, as ``BlockTrace`` takes them."""

from __future__ import annotations

import sys
import threading
from typing import Any

from . import frames
from .values import OURS


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
            if known is not None and known.suspended and not frames.begins(frame):
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
                    if raised and argument is None and not frames.returns(frame):
                        self._trace.left(frame, "raised", raised[0])
                    elif frames.yields(frame):
                        self._trace.suspended(frame, argument)
                    else:
                        self._trace.left(frame, "returned", argument)
            except OURS:
                pass
            return local

        return local
