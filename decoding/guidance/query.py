"""One question to analysis: asked, polled, and answered in time or not at all (invariant 8).

Whatever goes wrong with evidence becomes an abstaining :class:`NameSet` that says so.
"""

from __future__ import annotations

import concurrent.futures
import time
from concurrent.futures import Future
from dataclasses import replace

from analysis.deadline import Cancellation, Deadline
from analysis.names import NameSet
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole
from decoding.errors import CancelledError
from decoding.guidance.evidence import Evidence

#: Seconds between two looks at the cancellation while waiting.
_SLICE = 0.01


class Query:
    """A question about one hole, asked by :meth:`ask`. ``ms`` is how long its answer took."""

    def __init__(self, evidence: Evidence, snapshot: Snapshot, hole: Hole, seconds: float) -> None:
        self._evidence, self._snapshot, self._hole = evidence, snapshot, hole
        self._kind = hole.kind.value
        self._seconds = seconds
        self._asked = 0.0
        self._deadline = Deadline.never()
        self._answer: NameSet | None = None
        self._future: Future[NameSet] | None = None
        self.ms = 0.0

    @property
    def asked(self) -> bool:
        """Whether the question was asked."""
        return self._asked > 0

    def ask(self, written: str = "") -> None:
        """Ask, and let the deadline run; a second call does nothing.

        ``written`` is what stands in the hole by now, where the answer depends on it.
        """
        if self.asked:
            return
        hole = self._hole
        if written and hole.end == hole.cursor:
            text, end = self._snapshot.text, hole.start + len(written)
            self._snapshot = self._snapshot.with_text(
                text[: hole.start] + written + text[hole.end :]
            )
            self._hole = replace(hole, cursor=end, end=end, prefix=written)
        self._asked = time.monotonic()
        self._deadline = Deadline.after(self._seconds)
        try:
            self._future = self._evidence.start(self._snapshot, self._hole)
        except Exception as error:  # noqa: BLE001  # invariant 8: no evidence, no constraint
            self._settle(self._failed(error))

    def poll(self) -> NameSet | None:
        """The answer, or ``None`` while it was not asked or may still come. Never waits."""
        if self._answer is None and self._future is not None:
            if self._future.done():
                self._settle(self._result(self._future))
            elif self._deadline.expired():
                self._future.cancel()
                late = f"no answer within {self._seconds * 1e3:.0f} ms"
                self._settle(NameSet.abstain(self._kind, late))
        return self._answer

    def wait(self, cancellation: Cancellation) -> NameSet:
        """The answer, asking if that was not done and waiting for what is left of the deadline.

        Raises :class:`~decoding.errors.CancelledError`.
        """
        self.ask()
        while (answer := self.poll()) is None:
            if cancellation.cancelled:
                self.drop()
                raise CancelledError
            assert self._future is not None
            pause = min(_SLICE, self._deadline.remaining())
            concurrent.futures.wait([self._future], timeout=pause)
        return answer

    def linger(self, cancellation: Cancellation, share: float) -> NameSet | None:
        """The answer if it comes within a ``share`` of the time that is left for it.

        Raises :class:`~decoding.errors.CancelledError`.
        """
        ends = Deadline.after(share * self._deadline.remaining())
        while (answer := self.poll()) is None and self._future is not None and not ends.expired():
            if cancellation.cancelled:
                self.drop()
                raise CancelledError
            concurrent.futures.wait([self._future], timeout=min(_SLICE, ends.remaining()))
        return answer

    def drop(self) -> None:
        """Nobody wants the answer any more."""
        if self._future is not None:
            self._future.cancel()

    def _settle(self, answer: NameSet) -> None:
        self._answer = answer
        self.ms = (time.monotonic() - self._asked) * 1e3

    def _result(self, future: Future[NameSet]) -> NameSet:
        try:
            return future.result()
        except concurrent.futures.CancelledError as error:
            return self._failed(error)
        except Exception as error:  # noqa: BLE001  # whatever analysis died of, we only abstain
            return self._failed(error)

    def _failed(self, error: BaseException) -> NameSet:
        return NameSet.abstain(self._kind, f"evidence failed: {type(error).__name__}")
