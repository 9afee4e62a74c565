"""What a command may need later: a model and an analysis worker, started when first asked for.

Most repairs end before either is needed, and loading a model takes longer than they do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future

from analysis.deadline import Cancellation, Deadline
from analysis.names import NameSet
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole
from analysis.worker.pool import AnalysisPool
from analysis.worker.process import WorkerSettings, cache_folder
from decoding.completion import Completion
from decoding.evidence import Evidence
from decoding.opening import OpenWriter
from decoding.writer import InfillRequest


class LaterWriter:
    """A :class:`~decoding.writer.Writer` whose model is loaded by the first call.

    That call raises :class:`~decoding.errors.DecodingError` when it cannot be loaded.
    """

    def __init__(self, name: str, load: Callable[[], OpenWriter]) -> None:
        self.name = name
        self._load = load
        self._opened: OpenWriter | None = None

    def _writer(self) -> OpenWriter:
        if self._opened is None:
            self._opened = self._load()
        return self._opened

    def complete(
        self,
        request: InfillRequest,
        evidence: Evidence | None,
        *,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> Completion:
        """As :meth:`~decoding.writer.Writer.complete`."""
        return self._writer().complete(
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
        """As :meth:`~decoding.writer.Writer.samples`."""
        yield from self._writer().samples(
            request, count, evidence, deadline=deadline, cancellation=cancellation
        )

    def score(self, before: str, text: str, *, cancellation: Cancellation) -> float:
        """As :meth:`~decoding.writer.Writer.score`."""
        return self._writer().score(before, text, cancellation=cancellation)

    def close(self) -> None:
        """Free the model, if it was loaded."""
        if self._opened is not None:
            self._opened.close()


class LaterEvidence:
    """An :class:`~decoding.evidence.Evidence` whose workers are started by the first question."""

    def __init__(self) -> None:
        self._pool: AnalysisPool | None = None

    def start(self, snapshot: Snapshot, hole: Hole) -> Future[NameSet]:
        """As :meth:`~decoding.evidence.Evidence.start`."""
        if self._pool is None:
            self._pool = AnalysisPool(WorkerSettings(cache_folder()))
        return self._pool.start(snapshot, hole)

    def close(self) -> None:
        """End the workers, if they were started."""
        if self._pool is not None:
            self._pool.close()
