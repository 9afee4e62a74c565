"""Time made explicit: one deadline type and one cancellation type, passed as arguments."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on this process's monotonic clock, in seconds; ``math.inf`` never comes."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The moment ``seconds`` from now."""
        return cls(time.monotonic() + seconds)

    @classmethod
    def never(cls) -> Deadline:
        """A deadline that never expires."""
        return cls(math.inf)

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.at - time.monotonic())

    def expired(self) -> bool:
        """Whether the moment has passed."""
        return time.monotonic() >= self.at

    def check(self) -> None:
        """Raise ``TimeoutError`` when the moment has passed."""
        if self.expired():
            raise TimeoutError

    def earlier(self, other: Deadline) -> Deadline:
        """Whichever of the two comes first."""
        return self if self.at <= other.at else other


class Cancellation:
    """A flag that one side sets once and the other side polls or is called back by.

    Thread-safe. Callbacks run on the cancelling thread, at once if it is already cancelled.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    def cancel(self) -> None:
        """Cancel; further calls do nothing."""
        with self._lock:
            if self._event.is_set():
                return
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    @property
    def cancelled(self) -> bool:
        """Whether :meth:`cancel` was called."""
        return self._event.is_set()

    @property
    def registered(self) -> int:
        """How many callbacks are waiting. One that was never taken back keeps its owner alive for
        as long as this is."""
        with self._lock:
            return len(self._callbacks)

    def on_cancel(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` when cancelled. Returns a function that takes this back; call it as
        soon as ``callback`` has nothing to stop any more."""
        with self._lock:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return lambda: self._forget(callback)
        callback()
        return lambda: None

    def _forget(self, callback: Callable[[], None]) -> None:
        with self._lock, contextlib.suppress(ValueError):
            self._callbacks.remove(callback)


@contextlib.contextmanager
def bounded(deadline: Deadline, cancellation: Cancellation) -> Iterator[Cancellation]:
    """A cancellation that also happens when ``deadline`` passes."""
    if math.isinf(deadline.at):
        yield cancellation
        return
    inner = Cancellation()
    forget = cancellation.on_cancel(inner.cancel)
    timer = threading.Timer(deadline.remaining(), inner.cancel)
    timer.daemon = True
    timer.start()
    try:
        yield inner
    finally:
        timer.cancel()
        forget()
