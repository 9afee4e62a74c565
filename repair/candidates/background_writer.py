"""The model works in a thread of its own, so that the search never waits for it: it writes
candidates, and it reads those that passed."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from functools import partial

from analysis.deadline import Cancellation, Deadline
from decoding.errors import CancelledError, DecodingError, ModelFileError
from repair.candidates.candidate import Candidate
from repair.candidates.infill import Infills
from repair.errors import Dropped

#: How often someone who waits for the next candidate looks at the clock.
_TICK_S = 0.05
#: A model that fails so many times in a row is not asked again.
_FAILURES = 3


class BackgroundWriter:
    """Candidates that :class:`~repair.candidates.infill.Infills` writes, as they come.

    ``read`` has the model measure a candidate, remembering what it found; it raises
    :class:`~decoding.errors.DecodingError`, when cancelled too. ``failed`` says why the model could
    not be used, if it could not. Close it.
    """

    def __init__(
        self,
        infills: Infills,
        read: Callable[[Candidate, Cancellation], object],
        cancellation: Cancellation,
        dropped: Dropped | None = None,
    ) -> None:
        self.failed = ""
        self._dropped = dropped or Dropped()
        self._infills = infills
        self._read = read
        self._outer = cancellation
        self._written: queue.SimpleQueue[Candidate] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        # The thread ends when nothing is wanted of it.
        self._busy = False
        self._stop = Cancellation()
        self._wanted = self._ended = self._closed = False
        self._samples: Iterator[Candidate | None] | None = None
        self._unread: deque[Candidate] = deque()
        self._known: set[Candidate] = set()
        self._question: tuple[int, Future[str]] | None = None

    def start(self) -> None:
        """Begin to write, or go on after :meth:`rest`. Does nothing while it is writing."""
        with self._lock:
            self._wanted = True
            self._begin()

    def rest(self) -> None:
        """Write no more for now, once what is being written is there."""
        with self._lock:
            self._wanted = False

    def read(self, candidates: Sequence[Candidate]) -> None:
        """Have the model measure those of ``candidates`` that it has not read, before it writes."""
        with self._lock:
            fresh = [candidate for candidate in candidates if candidate not in self._known]
            self._known.update(fresh)
            self._unread.extend(fresh)
            self._begin()

    @property
    def working(self) -> bool:
        """Whether the model is at work."""
        return self._busy

    @property
    def writing(self) -> bool:
        """Whether more may come."""
        return (self._busy and self._wanted) or not self._written.empty()

    def summary(self, line: int) -> str:
        """What the failing run did around ``line``: asked by the thread that writes, answered by
        the one that runs tests (:meth:`question`). Raises
        :class:`~decoding.errors.CancelledError`."""
        told: Future[str] = Future()
        stop, self._question = self._stop, (line, told)
        while not told.done():
            if stop.cancelled:
                raise CancelledError
            wait([told], timeout=_TICK_S)
        return told.result()

    def question(self) -> tuple[int, Future[str]] | None:
        """The line of which a story is wanted, once, and what it is to be set to."""
        asked, self._question = self._question, None
        return asked

    def wish(self, line: int) -> None:
        """Let the model write at ``line`` next, when it writes."""
        self._infills.wish(line)

    def poll(self) -> Iterator[Candidate]:
        """What was written since the last call; never waits."""
        with contextlib.suppress(queue.Empty):
            while True:
                yield self._written.get_nowait()

    def wait(self, until: Deadline) -> Iterator[Candidate]:
        """What is written until then, or until nothing more can come.

        Raises :class:`~decoding.errors.CancelledError`.
        """
        while self.writing and self._question is None and not until.expired():
            if self._outer.cancelled:
                raise CancelledError
            with contextlib.suppress(queue.Empty):
                yield self._written.get(timeout=min(_TICK_S, until.remaining() + 0.001))

    def hush(self) -> None:
        """End what is under way at once, and want nothing more for now: whoever asks may use the
        model. What was being written is lost."""
        with self._lock:
            self._wanted = False
            self._unread.clear()
        self._stop.cancel()

    def close(self) -> None:
        """End the work for good; what is under way is lost."""
        self._closed = True
        self.hush()
        if self._thread is not None:
            self._thread.join()

    def _begin(self) -> None:
        """Work, if there is any and it is not being done. To be called with the lock."""
        if not (self._busy or self._idle()):
            self._busy = True
            self._thread = threading.Thread(
                target=self._work, name="background writer", daemon=True
            )
            self._thread.start()

    def _idle(self) -> bool:
        """Whether there is nothing to do. To be called with the lock."""
        if self._closed or self.failed or self._outer.cancelled:
            return True
        may_write = self._wanted and not (self._ended or self._infills.deadline.expired())
        return not (self._unread or may_write)

    def _work(self) -> None:
        failures = 0
        try:
            while (job := self._next()) is not None:
                forget = self._outer.on_cancel(self._stop.cancel)
                try:
                    job()
                    failures = 0
                except CancelledError:
                    # A new iterator goes on behind what was lost.
                    self._samples = None
                except ModelFileError:
                    raise
                except Exception as error:
                    failures += 1
                    if failures == _FAILURES:
                        raise
                    self._dropped.note("asking the model", error)
                    self._samples = None
                finally:
                    forget()
        except DecodingError as error:
            # The model is a help and no need: the search goes on without.
            self._fail(error.what)
        except Exception as error:  # noqa: BLE001 - a defect of ours must not cost the search
            self._fail(f"a defect: {type(error).__name__}")

    def _fail(self, reason: str) -> None:
        with self._lock:
            self.failed, self._busy = reason, False

    def _next(self) -> Callable[[], object] | None:
        """What is to be done now, until a new ``_stop``; ``None`` ends the work."""
        with self._lock:
            if self._idle():
                self._busy = False
                return None
            self._stop = Cancellation()
            if self._unread:
                return partial(self._read, self._unread.popleft(), self._stop)
            return partial(self._write, self._stop)

    def _write(self, stop: Cancellation) -> None:
        self._infills.cancellation = stop
        if self._samples is None:
            self._samples = self._infills.candidates()
        try:
            candidate = next(self._samples)
        except StopIteration:
            self._ended = True
            return
        if candidate is not None:
            self._written.put(candidate)
