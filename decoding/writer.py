"""The facade of this room: a model that fills holes, scores texts and answers, under guidance."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Snapshot
from decoding.completion import Completion
from decoding.guidance.evidence import Evidence


@dataclass(frozen=True, slots=True)
class InfillRequest:
    """Write what goes at ``offset`` (code points) of ``snapshot.text``, given both sides.

    ``preamble`` is put before the file in the prompt as a comment (for instance the failing test).
    ``task`` is what is wanted, in words: a model that was trained for chat is asked for it, with
    ``preamble``, and its answer begun with what stands before the hole; any other one fills in.
    ``multiline`` lets it go on past the end of the line, to the end of a block. ``temperature`` 0
    is greedy; otherwise ``seed`` decides. ``query_ms`` bounds each wait for evidence.
    """

    snapshot: Snapshot
    offset: int
    max_tokens: int = 48
    multiline: bool = False
    temperature: float = 0.0
    seed: int = 0
    preamble: str = ""
    task: str = ""
    query_ms: int = 300


class Writer(Protocol):
    """What repair and the engine see of a model. One call at a time; not thread-safe."""

    name: str

    def complete(
        self,
        request: InfillRequest,
        evidence: Evidence | None,
        *,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> Completion:
        """Fill one hole; ``evidence`` ``None`` is unguided."""
        ...

    def samples(
        self,
        request: InfillRequest,
        count: int,
        evidence: Evidence | None,
        *,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> Iterator[Completion]:
        """Fill the same hole ``count`` times with seeds ``request.seed + i``; the prompt stays in
        the model's cache, so it is evaluated once. Yields them in this order, each as it is ready
        or several that were written at once; the writer may be used for other things in between.
        Ends early when the deadline passes."""
        for index in range(count):
            if deadline.expired():
                return
            again = replace(request, seed=request.seed + index)
            yield self.complete(again, evidence, deadline=deadline, cancellation=cancellation)

    def stream(
        self,
        request: InfillRequest,
        seeds: Sequence[int],
        evidence: Evidence | None,
        *,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> Generator[tuple[int, Completion], None, None]:
        """Fill the same hole once with each of ``seeds``: a seed and what it became, each as soon
        as it is written, in any order. Others may be under way between two: the writer is not to be
        used for anything else until this ended or was closed. None is begun that would not be ready
        at the ``deadline``."""
        for seed in seeds:
            if deadline.expired():
                return
            again = replace(request, seed=seed)
            yield seed, self.complete(again, evidence, deadline=deadline, cancellation=cancellation)

    def score(self, before: str, text: str, *, cancellation: Cancellation) -> float:
        """Sum of the log-probabilities (nats) of ``text``'s tokens behind ``before``."""
        ...
