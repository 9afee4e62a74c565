"""The model writes in a thread of its own, a group of texts at a time, while others are tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Generic, TypeVar

from analysis.deadline import Cancellation, Deadline

Text = TypeVar("Text")


class Author(Generic[Text]):
    """Asks ``groups`` for one group after the other, each when it is told to. Close it.

    ``stop`` ends what is being written.
    """

    def __init__(self, groups: Iterator[Sequence[Text]], stop: Cancellation) -> None:
        self._groups = groups
        self._stop = stop
        self._thread = ThreadPoolExecutor(1, "author")
        self._running: Future[Sequence[Text] | None] | None = None
        #: Whether there is nothing more to be written.
        self.ended = False

    @property
    def busy(self) -> bool:
        """Whether a group was begun that was not taken yet."""
        return self._running is not None

    def begin(self) -> None:
        """Write the next group from now on, unless one was begun."""
        if self._running is None and not self.ended:
            self._running = self._thread.submit(next, self._groups, None)

    def wait(self, until: Deadline | None) -> None:
        """Wait for the group that was begun, at most ``until`` then."""
        if self._running is not None:
            wait([self._running], timeout=None if until is None else until.remaining())

    def take(self) -> Sequence[Text] | None:
        """The group that was begun, once it is there; ``None`` while it is not.

        Raises what writing it raised.
        """
        if self._running is None or not self._running.done():
            return None
        running, self._running = self._running, None
        found = running.result()
        self.ended = found is None
        return found or ()

    def close(self) -> None:
        """End the writing; what is under way is lost."""
        self._stop.cancel()
        self._thread.shutdown()
