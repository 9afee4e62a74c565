"""A writer for repairs: computes only in its turn, and steps back for a completion.

A model call that has to step back is cancelled and made again when the turn comes back; since
calls are seeded, the caller gets what it would have got, but for ties that the shape of a batch
decides. The prompt's KV cache may have to be evaluated anew. So a repair yields at the grain of
one token and loses at most what was written at once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from analysis.deadline import Cancellation, Deadline
from decoding.completion import Completion
from decoding.errors import CancelledError
from decoding.guidance.evidence import Evidence
from decoding.writer import InfillRequest, Writer
from engine.gate import Claim, Gate

Value = TypeVar("Value")


class YieldingWriter:
    """A :class:`~decoding.writer.Writer` behind a gate. ``load`` is called in each turn, since a
    model may have been unloaded or replaced between two of them."""

    def __init__(self, name: str, load: Callable[[], Writer], gate: Gate) -> None:
        self.name = name
        self._load = load
        self._gate = gate

    def complete(
        self,
        request: InfillRequest,
        evidence: Evidence | None,
        *,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> Completion:
        """See :class:`~decoding.writer.Writer`."""
        return self._in_turn(
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
        """See :class:`~decoding.writer.Writer`. Each sample is a turn of its own, so the caller
        may run what it got while others compute. What was being written when it had to step back,
        or when the model was replaced, is written anew."""
        done = 0
        held: Writer | None = None
        running: Iterator[Completion] = iter(())
        stop = Cancellation()
        while done < count:
            with self._gate.turn(Claim.REPAIR, cancellation) as turn:
                writer = self._load()
                if writer is not held:
                    held, stop = writer, Cancellation()
                    rest = replace(request, seed=request.seed + done)
                    running = writer.samples(
                        rest, count - done, evidence, deadline=deadline, cancellation=stop
                    )
                try:
                    with linked(stop, cancellation, turn.step_back):
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
        """See :class:`~decoding.writer.Writer`. All of it is one turn, since several are under way
        at any moment; when it has to step back, those that were not ready are written anew."""
        missing = list(seeds)
        while missing:
            with self._gate.turn(Claim.REPAIR, cancellation) as turn:
                stop = Cancellation()
                try:
                    with (
                        linked(stop, cancellation, turn.step_back),
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
        return self._in_turn(
            lambda writer, stop: writer.score(before, text, cancellation=stop), cancellation
        )

    def _in_turn(
        self, call: Callable[[Writer, Cancellation], Value], cancellation: Cancellation
    ) -> Value:
        while True:
            with self._gate.turn(Claim.REPAIR, cancellation) as turn:
                stop = Cancellation()
                try:
                    with linked(stop, cancellation, turn.step_back):
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
