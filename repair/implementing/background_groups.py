"""The model writes in a thread of its own, a group of texts at a time, while others are tried."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from analysis.deadline import Cancellation, Deadline

Text = TypeVar("Text")


class BackgroundGroups(Generic[Text]):
    """Asks ``groups`` for one group after the other, each when it is told to. Close it.

    A group may hand over each of its texts when it is written: it is gone through in that thread.
    ``stop`` ends what is being written.
    """

    def __init__(self, groups: Iterator[Iterable[Text]], stop: Cancellation) -> None:
        self._groups = groups
        self._stop = stop
        self._thread = ThreadPoolExecutor(1, "author")
        self._running: Future[bool] | None = None
        self._written: queue.SimpleQueue[Text] = queue.SimpleQueue()
        self._news = threading.Event()
        #: Whether there is nothing more to be written.
        self.ended = False

    @property
    def busy(self) -> bool:
        """Whether a group was begun of which not everything was taken yet."""
        return self._running is not None

    def begin(self) -> None:
        """Write the next group from now on, unless one was begun."""
        if self._running is None and not self.ended:
            self._running = self._thread.submit(self._write)
            self._running.add_done_callback(lambda _: self._news.set())

    def wait(self, until: Deadline | None) -> None:
        """Wait until there is more to take or the group that was begun is written, at most
        ``until`` then."""
        if self._running is not None:
            self._news.wait(None if until is None else until.remaining())

    def take(self) -> list[Text]:
        """What was written since the last call; never waits.

        Raises what writing it raised, once everything before that was taken.
        """
        self._news.clear()
        running = self._running if self._running is not None and self._running.done() else None
        found = []
        while not self._written.empty():
            found.append(self._written.get())
        if running is not None and not found:
            self._running = None
            self.ended = not running.result()
        elif running is not None:
            # How it ended is told by the next call.
            self._news.set()
        return found

    def close(self) -> None:
        """End the writing; what is under way is lost."""
        self._stop.cancel()
        self._thread.shutdown()

    def _write(self) -> bool:
        """Write a group, if there is one more."""
        group = next(self._groups, None)
        for text in group if group is not None else ():
            self._written.put(text)
            self._news.set()
        return group is not None
