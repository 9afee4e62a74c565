"""What handlers are given: settings in force, the analysis pool, and the models.

Everything here is made when first needed, so an engine that only answers ``status`` starts in the
time it takes to import it.
"""

from __future__ import annotations

import contextlib
from concurrent.futures import Future, InvalidStateError
from typing import TYPE_CHECKING

from analysis.deadline import Deadline
from analysis.holes.context import HoleContext
from analysis.holes.query import HoleQuery, ranked
from analysis.names import NameSet
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole
from analysis.text.lines import LineIndex
from analysis.worker.pool import AnalysisPool
from engine.graphs import Graphs

if TYPE_CHECKING:
    from analysis.graph import RankedNode
import threading

from engine.settings.values import MachineSettings
from engine.writers import Choose, Load, Writers, choose, load

if TYPE_CHECKING:
    from analysis.worker.pool import AnalysisPool


# What completions may know: names and types from the workers, nearness from the code graph.


#: Definitions that are looked at: more have next to no mass.
_MOST = 40
#: What has a header that says something.
_SHOWN = ("FUNCTION", "METHOD")


class Knowledge:
    """``Evidence`` with ``Surroundings``.

    The graph ranks where one has been built; none is built for this. Thread-safe.
    """

    def __init__(self, pool: AnalysisPool, graphs: Graphs) -> None:
        self._pool, self._graphs = pool, graphs

    def start(self, snapshot: Snapshot, hole: Hole) -> Future[NameSet]:
        """Begin to look up what may stand in ``hole``."""
        return self._pool.start(snapshot, hole)

    def around(self, snapshot: Snapshot, offset: int, seconds: float) -> Future[HoleContext]:
        """Begin to look up what whoever writes at ``offset`` should know."""
        query = HoleQuery(snapshot, offset, types=True, headers=True)
        return self.context(query, Deadline.after(seconds))

    def context(self, query: HoleQuery, deadline: Deadline) -> Future[HoleContext]:
        """Begin to answer ``query``, in the order of the graph; the future's exception is an
        :class:`~analysis.errors.AnalysisError`."""
        found: Future[HoleContext] = self._pool.ask(query, deadline)
        snapshot = query.snapshot
        line = LineIndex(snapshot.text).line_of(query.offset)
        near = self._graphs.peek(
            snapshot.workspace, lambda graph: graph.related(snapshot.path, line, _MOST)
        )
        if near is None:
            return found
        both: Future[HoleContext] = Future()

        def join(_: object) -> None:
            if not (found.done() and near.done()):
                return
            # Whoever is second finds both done; a cancelled one is settled already.
            with contextlib.suppress(InvalidStateError):
                try:
                    both.set_result(_joined(snapshot.path, found.result(), near))
                except BaseException as error:  # noqa: BLE001 - handed on to who waits
                    both.set_exception(error)

        found.add_done_callback(join)
        near.add_done_callback(join)
        return both


def _joined(path: str, context: HoleContext, near: Future[list[RankedNode]]) -> HoleContext:
    if near.cancelled() or near.exception() is not None:
        return context  # in its own order
    nodes = [one.node for one in near.result()]
    scores = {one.node.qualified_name: one.score for one in near.result()}
    related = [
        node.signature
        for node in nodes
        if node.kind in _SHOWN and node.path != path and node.signature
    ]
    return ranked(context, scores, related)


class Context:
    """The state of one engine. Thread-safe. ``choose`` and ``load`` find and load its models."""

    def __init__(
        self,
        machine: MachineSettings | None = None,
        *,
        choose: Choose = choose,
        load: Load = load,
    ) -> None:
        self._lock = threading.Lock()
        self._machine = machine or MachineSettings()
        self._pool: AnalysisPool | None = None
        self._closed = False
        self.graphs = Graphs()
        self.writers = Writers(lambda: self._machine, choose, load)

    @property
    def machine(self) -> MachineSettings:
        """The machine's settings in force."""
        return self._machine

    def configure(self, machine: MachineSettings) -> None:
        """Put other settings in force, for what begins from now on."""
        with self._lock:
            before, self._machine = self._machine, machine
        if _loads_alike(before) != _loads_alike(machine):
            self.writers.reload()

    def pool(self) -> AnalysisPool:
        """The analysis workers, started when this is first called."""
        # Imported late: an engine that was only asked for its status needs none of it.
        from analysis.worker.pool import AnalysisPool, WorkerSettings, cache_folder

        with self._lock:
            if self._pool is None:
                self._pool = AnalysisPool(WorkerSettings(cache_folder()))
                if self._closed:
                    self._pool.close()
            return self._pool

    def knowledge(self) -> Knowledge:
        """What completions may know."""

        return Knowledge(self.pool(), self.graphs)

    def worker_pids(self) -> tuple[int, ...]:
        """Process ids of the analysis workers that run."""
        with self._lock:
            return self._pool.pids() if self._pool is not None else ()

    def analysis_trouble(self) -> str:
        """Why the analysis workers answer nothing; ``""`` where they do, or were not asked yet."""
        with self._lock:
            trouble = self._pool.trouble if self._pool is not None else None
        return str(trouble or "")

    def close(self) -> None:
        """End what was started; models go with the process."""
        self.writers.close()
        self.graphs.close()
        with self._lock:
            self._closed = True
            pool = self._pool
        if pool is not None:
            pool.close()


def _loads_alike(machine: MachineSettings) -> tuple[object, ...]:
    """What makes two settings load the same models in the same way."""
    endpoint = (machine.endpoint, machine.endpoint_model, machine.endpoint_key)
    return (machine.model, machine.repair_model, machine.threads, endpoint)
