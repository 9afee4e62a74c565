"""Who may compute with a model: one at a time, and what a person waits for goes first.

Two cores and one KV cache serve completions, warming and repairs. When somebody of higher priority
waits, the holder of the lock is asked to step back: its lease's cancellation is set, its model call
ends within 50 ms, and it asks for the lock again.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TypeVar

from analysis.deadline import Cancellation, Deadline
from decoding.errors import CancelledError
from decoding.guidance.evidence import Evidence
from decoding.writer import Completion, InfillRequest, Writer


class Priority(IntEnum):
    """Why someone wants to compute; lower values go first."""

    COMPLETION = 0
    REPAIR = 1
    WARM = 2
    UNLOAD = 3


@dataclass(slots=True, eq=False)
class Lease:
    """Permission to compute. ``step_back`` is cancelled when a higher priority waits.

    ``granted`` counts leases: two with consecutive numbers had nobody between them.
    """

    priority: Priority
    arrived: int
    step_back: Cancellation = field(default_factory=Cancellation)
    granted: int = -1


class ModelLock:
    """Lends the model in order of priority, then of arrival. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[Lease] = []
        self._holder: Lease | None = None
        self._arrivals = itertools.count()
        self._grants = itertools.count()

    @contextlib.contextmanager
    def lease(self, priority: Priority, cancellation: Cancellation) -> Iterator[Lease]:
        """Wait for the model and hold it. Raises :class:`~decoding.errors.CancelledError` when
        cancelled while waiting."""
        mine = Lease(priority, next(self._arrivals))
        forget = cancellation.on_cancel(self._notify)
        try:
            with self._changed:
                self._waiting.append(mine)
                holder = self._holder
            if holder is not None and holder.priority > priority:
                holder.step_back.cancel()
            self._wait_for(mine, cancellation)
        finally:
            forget()
        try:
            yield mine
        finally:
            with self._changed:
                self._holder = None
                self._changed.notify_all()

    def is_wanted(self) -> bool:
        """Whether anyone holds the model or waits for it."""
        with self._changed:
            return self._holder is not None or bool(self._waiting)

    def _wait_for(self, mine: Lease, cancellation: Cancellation) -> None:
        with self._changed:
            while not cancellation.cancelled and not self._is_next(mine):
                self._changed.wait()
            self._waiting.remove(mine)
            if cancellation.cancelled:
                self._changed.notify_all()
                raise CancelledError
            mine.granted = next(self._grants)
            self._holder = mine

    def _is_next(self, mine: Lease) -> bool:
        first = min(self._waiting, key=lambda lease: (lease.priority, lease.arrived))
        return self._holder is None and first is mine

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()


Value = TypeVar("Value")


class LeasedWriter(Writer):
    """A :class:`~decoding.writer.Writer` for repairs: it leases the model for each call, and steps
    back for a completion.

    A call that has to step back is cancelled and made again with the next lease; since calls are
    seeded, the caller gets what it would have got, but for ties that the shape of a batch decides.
    The prompt's KV cache may have to be evaluated anew. So a repair yields at the grain of one
    token and loses at most what was written at once. ``load`` is called with each lease, since a
    model may have been unloaded or replaced between two of them.
    """

    def __init__(self, name: str, load: Callable[[], Writer], lock: ModelLock) -> None:
        self.name = name
        self._load = load
        self._lock = lock

    def complete(
        self,
        request: InfillRequest,
        evidence: Evidence | None,
        *,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> Completion:
        """See :class:`~decoding.writer.Writer`."""
        return self._leased(
            lambda writer, stop: writer.complete(
                request, evidence, deadline=deadline, cancellation=stop
            ),
            cancellation,
        )

    def samples(
        self,
        request: InfillRequest,
        count: int,
        evidence: Evidence | None,
        *,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> Iterator[Completion]:
        """See :class:`~decoding.writer.Writer`. Each sample is a lease of its own, so the caller
        may run what it got while others compute. What was being written when it had to step back,
        or when the model was replaced, is written anew."""
        done = 0
        held: Writer | None = None
        running: Iterator[Completion] = iter(())
        stop = Cancellation()
        while done < count:
            with self._lock.lease(Priority.REPAIR, cancellation) as lease:
                writer = self._load()
                if writer is not held:
                    held, stop = writer, Cancellation()
                    rest = replace(request, seed=request.seed + done)
                    running = writer.samples(
                        rest, count - done, evidence, deadline=deadline, cancellation=stop
                    )
                try:
                    with linked(stop, cancellation, lease.step_back):
                        sample = next(running, None)
                except CancelledError:
                    if cancellation.cancelled:
                        raise
                    held = None
                    continue
            if sample is None:
                return
            yield sample
            done += 1

    def stream(
        self,
        request: InfillRequest,
        seeds: Sequence[int],
        evidence: Evidence | None,
        *,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> Generator[tuple[int, Completion], None, None]:
        """See :class:`~decoding.writer.Writer`. All of it is one lease, since several are under way
        at any moment; when it has to step back, those that were not ready are written anew."""
        missing = list(seeds)
        while missing:
            with self._lock.lease(Priority.REPAIR, cancellation) as lease:
                stop = Cancellation()
                try:
                    with (
                        linked(stop, cancellation, lease.step_back),
                        contextlib.closing(
                            self._load().stream(
                                request, missing, evidence, deadline=deadline, cancellation=stop
                            )
                        ) as found,
                    ):
                        for seed, one in found:
                            missing = [other for other in missing if other != seed]
                            yield seed, one
                        return
                except CancelledError:
                    if cancellation.cancelled:
                        raise

    def score(self, before: str, text: str, *, cancellation: Cancellation) -> float:
        """See :class:`~decoding.writer.Writer`."""
        return self._leased(
            lambda writer, stop: writer.score(before, text, cancellation=stop), cancellation
        )

    def _leased(
        self, call: Callable[[Writer, Cancellation], Value], cancellation: Cancellation
    ) -> Value:
        while True:
            with self._lock.lease(Priority.REPAIR, cancellation) as lease:
                stop = Cancellation()
                try:
                    with linked(stop, cancellation, lease.step_back):
                        return call(self._load(), stop)
                except CancelledError:
                    if cancellation.cancelled:
                        raise


@contextlib.contextmanager
def linked(inner: Cancellation, *outer: Cancellation) -> Iterator[None]:
    """Cancel ``inner`` when one of ``outer`` is cancelled within the block."""
    with contextlib.ExitStack() as stack:
        for cancellation in outer:
            stack.callback(cancellation.on_cancel(inner.cancel))
        yield
