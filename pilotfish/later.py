"""What a command may need later: a model and an analysis worker, started when first asked for.

Most repairs end before either is needed, and loading a model takes longer than they do.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from analysis.names import NameSet
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole
from analysis.worker.pool import AnalysisPool
from analysis.worker.process import WorkerSettings, cache_folder
from decoding.opening import OpenWriter
from engine.gate import Gate
from engine.yielding import YieldingWriter


class LaterWriter(YieldingWriter):
    """A :class:`~decoding.writer.Writer` whose model is loaded by the first call; in a process of
    one command nobody else claims it.

    That call raises :class:`~decoding.errors.DecodingError` when it cannot be loaded.
    """

    def __init__(self, name: str, load: Callable[[], OpenWriter]) -> None:
        super().__init__(name, self._writer, Gate())
        self._first = load
        self._opened: OpenWriter | None = None

    def close(self) -> None:
        """Free the model, if it was loaded."""
        if self._opened is not None:
            self._opened.close()

    def _writer(self) -> OpenWriter:
        if self._opened is None:
            self._opened = self._first()
        return self._opened


class LaterEvidence:
    """An ``Evidence`` whose workers are started by the first question."""

    def __init__(self) -> None:
        self._pool: AnalysisPool | None = None

    def start(self, snapshot: Snapshot, hole: Hole) -> Future[NameSet]:
        """As :meth:`~decoding.guidance.evidence.Evidence.start`."""
        if self._pool is None:
            self._pool = AnalysisPool(WorkerSettings(cache_folder()))
        return self._pool.start(snapshot, hole)

    def close(self) -> None:
        """End the workers, if they were started."""
        if self._pool is not None:
            self._pool.close()
