"""Writers that lease the model: what was ready is not written again because of somebody between."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Snapshot, Workspace
from decoding.errors import CancelledError
from decoding.guidance.evidence import Evidence
from decoding.writer import Completion, InfillRequest
from engine.lease import LeasedWriter, ModelLock, Priority
from tests.scripted import Scripted

REQUEST = InfillRequest(Snapshot("/a.py", "x = ", Workspace("/")), 4, seed=7)


class Pairs(Scripted):
    """Writes the seed that it was asked with, two samples at once; steps back while it writes where
    the next of ``disturbed`` says so."""

    def __init__(self, disturbed: tuple[bool, ...] = ()) -> None:
        super().__init__()
        self.disturbed = list(disturbed)

    @property
    def seeds(self) -> list[int]:
        """What it was asked with."""
        return [request.seed for request in self.asked]

    def answer(self, request: InfillRequest, cancellation: Cancellation) -> Completion:
        if cancellation.cancelled:
            raise CancelledError
        return Completion(str(request.seed))

    def samples(
        self,
        request: InfillRequest,
        count: int,
        evidence: Evidence | None,
        *,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> Iterator[Completion]:
        for begin in range(0, count, 2):
            if self.disturbed and self.disturbed.pop(0):
                cancellation.cancel()
            seeds = range(request.seed + begin, request.seed + min(begin + 2, count))
            yield from [
                self.complete(
                    replace(request, seed=seed),
                    evidence,
                    deadline=deadline,
                    cancellation=cancellation,
                )
                for seed in seeds
            ]


def _drawn(writer: LeasedWriter, lock: ModelLock, count: int) -> Iterator[str]:
    """The samples' texts; behind each, a completion has a turn."""
    for one in writer.samples(
        REQUEST, count, None, deadline=Deadline.never(), cancellation=Cancellation()
    ):
        yield one.text
        with lock.lease(Priority.COMPLETION, Cancellation()):
            pass


def test_what_was_ready_is_handed_on_whoever_was_in_between() -> None:
    lock = ModelLock()
    pairs = Pairs()
    found = list(_drawn(LeasedWriter("pairs", lambda: pairs, lock), lock, 5))
    assert found == ["7", "8", "9", "10", "11"]
    assert pairs.seeds == [7, 8, 9, 10, 11]


def test_what_had_to_step_back_is_written_again() -> None:
    lock = ModelLock()
    pairs = Pairs((False, True, False))
    found = list(_drawn(LeasedWriter("pairs", lambda: pairs, lock), lock, 4))
    assert found == ["7", "8", "9", "10"]
    assert pairs.seeds == [7, 8, 9, 9, 10]


def test_a_model_that_was_replaced_writes_only_what_is_missing() -> None:
    lock = ModelLock()
    models = [Pairs(), Pairs()]
    loaded = [models[0]]
    found = []
    for text in _drawn(LeasedWriter("pairs", lambda: loaded[0], lock), lock, 4):
        found.append(text)
        loaded[0] = models[len(found) > 2]
    assert found == ["7", "8", "9", "10"]
    assert (models[0].seeds, models[1].seeds) == ([7, 8, 9, 10], [10])


def test_of_a_stream_what_had_to_step_back_is_written_again_and_nothing_else() -> None:
    lock = ModelLock()

    class Streaming(Pairs):
        """Has to step back behind the first one, in its first stream."""

        def stream(
            self,
            request: InfillRequest,
            seeds: Sequence[int],
            evidence: Evidence | None,
            *,
            deadline: Deadline,
            cancellation: Cancellation,
        ) -> Generator[tuple[int, Completion], None, None]:
            for seed in seeds:
                again = replace(request, seed=seed)
                answer = self.complete(
                    again, evidence, deadline=deadline, cancellation=cancellation
                )
                if self.seeds == [7]:
                    cancellation.cancel()
                yield seed, answer

    pairs = Streaming()
    found = LeasedWriter("pairs", lambda: pairs, lock).stream(
        REQUEST, [7, 8, 9], None, deadline=Deadline.never(), cancellation=Cancellation()
    )
    assert [(seed, one.text) for seed, one in found] == [(7, "7"), (8, "8"), (9, "9")]
    assert pairs.seeds == [7, 8, 8, 9]
    with lock.lease(Priority.COMPLETION, Cancellation()):
        """The lock is free again."""
