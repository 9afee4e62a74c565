"""The model writes in a thread of its own, so that the search never waits for it."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator
from concurrent.futures import Future, wait

from analysis.deadline import Cancellation, Deadline
from decoding.errors import CancelledError, DecodingError
from repair.candidates.candidate import Candidate
from repair.candidates.infill import Infills

#: How often someone who waits for the next candidate looks at the clock.
_TICK_S = 0.05


class Scribe:
    """Candidates that :class:`~repair.candidates.infill.Infills` writes, as they come.

    ``failed`` says why the model could not be used, if it could not. Close it.
    """

    def __init__(self, infills: Infills, cancellation: Cancellation) -> None:
        self.failed = ""
        self._infills = infills
        self._outer = cancellation
        self._written: queue.SimpleQueue[Candidate] = queue.SimpleQueue()
        self._stop = Cancellation()
        self._thread: threading.Thread | None = None
        self._ended = False
        self._question: tuple[int, Future[str]] | None = None

    def start(self) -> None:
        """Begin to write, or go on after :meth:`paused`. Does nothing while it is writing."""
        if self._thread is not None or self._ended or self.failed:
            return
        self._stop = Cancellation()
        self._infills.cancellation = self._stop
        self._thread = threading.Thread(target=self._write, name="scribe", daemon=True)
        self._thread.start()

    @property
    def writing(self) -> bool:
        """Whether more may come."""
        return (self._thread is not None and self._thread.is_alive()) or not self._written.empty()

    def story(self, line: int) -> str:
        """What the failing run did around ``line``: asked by the thread that writes, answered by
        the one that runs tests (:meth:`question`). Raises
        :class:`~decoding.errors.CancelledError`."""
        told: Future[str] = Future()
        self._question = (line, told)
        while not told.done():
            if self._stop.cancelled:
                raise CancelledError
            wait([told], timeout=_TICK_S)
        return told.result()

    def question(self) -> tuple[int, Future[str]] | None:
        """The line of which a story is wanted, once, and what it is to be set to."""
        asked, self._question = self._question, None
        return asked

    def wish(self, line: int) -> None:
        """Let the model write at ``line`` next."""
        self._infills.wish(line)
        self.start()

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

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """The model is not written with inside: whoever asks may use it."""
        busy = self._thread is not None and self._thread.is_alive()
        self.close()
        yield
        if busy:
            self.start()

    def close(self) -> None:
        """End the writing; what is under way is lost."""
        self._stop.cancel()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _write(self) -> None:
        forget = self._outer.on_cancel(self._stop.cancel)
        try:
            for candidate in self._infills.candidates():
                if candidate is not None:
                    self._written.put(candidate)
                if self._stop.cancelled or self._infills.deadline.expired():
                    return
            self._ended = True
        except CancelledError:
            return
        except DecodingError as error:
            # The model is a help and no need: the search goes on without.
            self.failed = error.what
        except Exception as error:  # noqa: BLE001 - a defect of ours must not cost the search
            self.failed = f"a defect: {type(error).__name__}"
        finally:
            forget()
