"""What a runner tells about its tests, and when it may stop."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

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
