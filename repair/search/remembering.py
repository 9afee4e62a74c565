"""A writer that is asked by two threads, and remembers what it has scored."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from analysis.deadline import Cancellation, Deadline
from decoding.guidance.evidence import Evidence
from decoding.writer import Completion, InfillRequest, Writer


class RememberingWriter(Writer):
    """``writer``, one call at a time: who comes second waits. A score is computed once."""

    def __init__(self, writer: Writer) -> None:
        self.name = writer.name
        self._writer = writer
        self._turn = threading.Lock()
        self._scores: dict[tuple[str, str], float] = {}

    def complete(
        self,
        request: InfillRequest,
        evidence: Evidence | None,
        *,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> Completion:
        """See :class:`~decoding.writer.Writer`."""
        with self._turn:
            return self._writer.complete(
                request, evidence, deadline=deadline, cancellation=cancellation
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
        """See :class:`~decoding.writer.Writer`; others may come between two."""
        found = self._writer.samples(
            request, count, evidence, deadline=deadline, cancellation=cancellation
        )
        while True:
            with self._turn:
                sample = next(found, None)
            if sample is None:
                return
            yield sample

    def score(self, before: str, text: str, *, cancellation: Cancellation) -> float:
        """See :class:`~decoding.writer.Writer`."""
        if (before, text) not in self._scores:
            with self._turn:
                if (before, text) not in self._scores:
                    self._scores[before, text] = self._writer.score(
                        before, text, cancellation=cancellation
                    )
        return self._scores[before, text]
