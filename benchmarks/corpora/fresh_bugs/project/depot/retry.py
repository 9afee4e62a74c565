"""Trying again: how often, how long to wait, and when to stop asking at all."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable, Iterator, Optional, Tuple, Type, TypeVar

T = TypeVar("T")


class GaveUp(Exception):
    """Every attempt failed; the last error is the cause."""

    def __init__(self, attempts: int, last: BaseException) -> None:
        super().__init__(f"gave up after {attempts} attempts: {last}")
        self.attempts = attempts
        self.last = last


@dataclass(frozen=True)
class Backoff:
    """Waits between attempts: ``first``, then ``factor`` times as long, never above ``longest``."""

    first: float = 0.5
    factor: float = 2.0
    longest: float = 30.0

    def delays(self) -> Iterator[float]:
        """Endless waits, in seconds."""
        delay = self.first
        while True:
            yield min(delay, self.longest)
            delay *= self.factor


def call(
    function: Callable[[], T],
    attempts: int = 3,
    on: Tuple[Type[BaseException], ...] = (OSError,),
    backoff: Backoff = Backoff(),
    sleep: Callable[[float], None] = time.sleep,
    note: Optional[Callable[[int, BaseException], None]] = None,
) -> T:
    """``function()``, tried up to ``attempts`` times while it raises one of ``on``.

    Does not wait after the last attempt. Raises :class:`GaveUp` from the last error.
    """
    if attempts < 1:
        raise ValueError("attempts must be at least 1")
    delays = backoff.delays()
    for attempt in range(1, attempts + 1):
        try:
            return function()
        except on as error:
            if note is not None:
                note(attempt, error)
            if attempt == attempts:
                raise GaveUp(attempts, error) from error
            sleep(next(delays))
    raise AssertionError("unreachable")


def parse_retry_after(header: Optional[str], default: float = 1.0) -> float:
    """Seconds of a ``Retry-After`` header; ``default`` when absent or unreadable."""
    if header is None:
        return default
    try:
        seconds = float(header.strip())
    except ValueError:
        return default
    return max(0.0, seconds)


class CircuitOpen(Exception):
    """The service failed too often lately; it is left alone for a while."""


class Circuit:
    """Stops calling a service after ``limit`` failures in a row, for ``pause`` seconds."""

    def __init__(
        self, limit: int = 5, pause: float = 60.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limit = limit
        self.pause = pause
        self._clock = clock
        self._failures = 0
        self._opened_at: Optional[float] = None

    @property
    def state(self) -> str:
        """``closed`` (calls go through), ``open`` (refused) or ``half-open`` (one may try)."""
        if self._opened_at is None:
            return "closed"
        if self._clock() - self._opened_at >= self.pause:
            return "half-open"
        return "open"

    def call(self, function: Callable[[], T]) -> T:
        """``function()`` unless the circuit is open."""
        if self.state == "open":
            raise CircuitOpen(f"{self._failures} failures in a row")
        try:
            result = function()
        except Exception:
            self._failures += 1
            if self._failures >= self.limit:
                self._opened_at = self._clock()
            raise
        self._failures = 0
        self._opened_at = None
        return result
