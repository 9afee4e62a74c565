"""The validation of the patch that seems the likeliest, beside the search for rivals to it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from repair.candidates.candidate import Candidate
from repair.validation.validator import ValidationVerdict


class Rehearsal:
    """Validates in a thread of its own, one patch at a time. Close it.

    ``validate`` judges a patch; ``abandon`` ends what it is doing, from another thread.
    """

    def __init__(
        self, validate: Callable[[Candidate], ValidationVerdict], abandon: Callable[[], None]
    ) -> None:
        self._validate = validate
        self._abandon = abandon
        self._thread = ThreadPoolExecutor(1, "rehearsal")
        self._candidate: Candidate | None = None
        self._running: Future[ValidationVerdict] | None = None

    def begin(self, candidate: Candidate) -> None:
        """Validate ``candidate`` from now on, unless something else is being validated."""
        if self._running is None:
            self._candidate = candidate
            self._running = self._thread.submit(self._validate, candidate)

    @property
    def running(self) -> bool:
        """Whether something is being validated now."""
        return self._running is not None and not self._running.done()

    def ended(self) -> tuple[Candidate, ValidationVerdict] | None:
        """What was begun and its verdict, once it is there; then something else may begin.

        Raises what ``validate`` raises.
        """
        if self._running is None or not self._running.done() or self._candidate is None:
            return None
        running, self._running = self._running, None
        return self._candidate, running.result()

    def verdict(self, candidate: Candidate) -> ValidationVerdict:
        """The verdict on ``candidate``; what was begun for another one is given up.

        Raises what ``validate`` raises.
        """
        running, self._running = self._running, None
        if running is not None and self._candidate == candidate:
            return running.result()
        if running is not None and not running.done():
            self._abandon()
            running.exception()
        return self._validate(candidate)

    def close(self) -> None:
        """Give up what is under way."""
        if self._running is not None and not self._running.done():
            self._abandon()
        self._thread.shutdown()
