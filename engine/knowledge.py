"""What completions may know: names and types from the workers, nearness from the code graph."""

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
from analysis.text.document import LineIndex
from analysis.worker.pool import AnalysisPool
from engine.graphs import Graphs

if TYPE_CHECKING:
    from analysis.graph import RankedNode

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
