"""The code graphs of one engine: opened when first asked, kept true to the disk, on one thread.

A graph is for one thread (its store is a SQLite connection), and requests arrive on many.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from analysis.snapshot import Workspace

if TYPE_CHECKING:
    from analysis.graph import Graph

Value = TypeVar("Value")
#: Workspaces whose graphs stay open.
MOST_OPEN = 4
#: Seconds for which a graph counts as true to the disk: looking at every file takes time too.
FRESH_SECONDS = 2.0


class Graphs:
    """Lends graphs to one question at a time. Thread-safe. ``folder`` is where they are kept,
    ``None`` for the user's cache."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="engine-graph")
        self._open: OrderedDict[Workspace, Graph] = OrderedDict()
        self._refreshed: dict[Workspace, float] = {}
        self._built: set[Workspace] = set()

    def ask(
        self,
        workspace: Workspace,
        question: Callable[[Graph], Value],
        progress: Callable[[str, float], None],
    ) -> Value:
        """``question`` answered by the graph of ``workspace`` as the disk is now.

        The first time all files are read, which takes seconds in a large project; ``progress`` is
        told. Raises what ``question`` raises.
        """
        return self._thread.submit(self._ask, workspace, question, progress).result()

    def peek(
        self, workspace: Workspace, question: Callable[[Graph], Value]
    ) -> Future[Value] | None:
        """``question`` answered by a graph that is there, as it was when it was last brought up to
        date: nothing is read for it. ``None`` where no graph of ``workspace`` has been built."""
        if workspace not in self._built:
            from analysis.graph import has_graph

            if not has_graph(Path(workspace.root), self._folder):
                return None
            self._built.add(workspace)
        return self._thread.submit(lambda: question(self._graph(workspace)))

    def close(self) -> None:
        """Give the stores back; what is under way is not waited for."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _ask(
        self,
        workspace: Workspace,
        question: Callable[[Graph], Value],
        progress: Callable[[str, float], None],
    ) -> Value:
        graph = self._graph(workspace)
        if time.monotonic() - self._refreshed.get(workspace, -FRESH_SECONDS) >= FRESH_SECONDS:
            graph.refresh(progress=_told(progress))
            self._refreshed[workspace] = time.monotonic()
        return question(graph)

    def _graph(self, workspace: Workspace) -> Graph:
        # Imported late: an engine that is asked for none starts without.
        from analysis.graph import Graph

        graph = self._open.get(workspace)
        if graph is None:
            graph = self._open[workspace] = Graph(workspace, self._folder)
        self._open.move_to_end(workspace)
        while len(self._open) > MOST_OPEN:
            oldest, closing = self._open.popitem(last=False)
            closing.close()
            self._refreshed.pop(oldest, None)
        return graph


def _told(progress: Callable[[str, float], None]) -> Callable[[str, int, int], None]:
    def tell(stage: str, done: int, total: int) -> None:
        progress(f"{stage}: {done} of {total} files", done / max(1, total))

    return tell
