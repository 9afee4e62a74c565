"""The code graphs of one engine: opened when first asked, kept true to the disk by other processes.

A graph is for one thread (its store is a SQLite connection), and requests arrive on many. Bringing
one up to date is an indexer's work (``analysis.graph.IndexerClient``): a question waits for it
where there is no graph yet, else a moment at most, and is answered by what the store holds then.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from analysis.snapshot import Workspace
from analysis.text.overlay import Buffer

if TYPE_CHECKING:
    from analysis.graph import Graph, IndexerClient, LookResult

Value = TypeVar("Value")
#: Workspaces whose graphs stay open.
MOST_OPEN = 4
#: Seconds for which a graph counts as true to the disk where nobody says that a file has changed.
FRESH_SECONDS = 2.0
#: Looking at every file may take this share of the time: the larger a project, the rarer.
SHARE = 0.02
#: Seconds that a question waits for what has changed; one that comes too late serves the next.
PATIENCE = 0.25
#: The same for what was typed: nobody else can see that it is missing.
TYPED_PATIENCE = 2.0


class Graphs:
    """Lends graphs to one question at a time. Thread-safe. ``folder`` is where they are kept,
    ``None`` for the user's cache."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="engine-graph")
        self._lock = threading.Lock()
        self._open: OrderedDict[Workspace, _OpenGraph] = OrderedDict()

    def ask(
        self,
        workspace: Workspace,
        question: Callable[[Graph], Value],
        progress: Callable[[str, float], None],
        path: str = "",
        buffers: Iterable[Buffer] = (),
        patience: float = PATIENCE,
    ) -> Value:
        """``question`` answered by the graph of ``workspace``; ``path`` and the open ``buffers``
        are seen as they are now, as far as the disk shows it within ``patience`` seconds.

        The first time all files are read, which takes seconds in a large project; ``progress`` is
        told. Raises what ``question`` raises, and :class:`~analysis.errors.AnalysisError` where
        the graph cannot be built.
        """
        kept = self._kept(workspace)
        kept.follow(path, buffers, progress, patience)
        return self._thread.submit(lambda: question(kept.graph())).result()

    def peek(
        self, workspace: Workspace, question: Callable[[Graph], Value]
    ) -> Future[Value] | None:
        """``question`` answered by a graph that is there, as it was when it was last brought up to
        date: nothing is read for it. ``None`` where no graph of ``workspace`` has been built."""
        with self._lock:
            is_open = workspace in self._open
        if not is_open:
            from analysis.graph import has_graph

            if not has_graph(Path(workspace.root), self._folder):
                return None
        kept = self._kept(workspace)
        return self._thread.submit(lambda: question(kept.graph()))

    def changed(self, paths: Iterable[str]) -> None:
        """Files were written or removed; of no interest where no graph that is open holds them."""
        with self._lock:
            kept = list(self._open.items())
        for workspace, each in kept:
            inside = [path for path in paths if Path(path).is_relative_to(workspace.root)]
            if inside:
                each.changed(inside)

    def close(self) -> None:
        """Give the stores back; what is under way is not waited for."""
        with self._lock:
            kept = list(self._open.values())
            self._open.clear()
        for each in kept:
            each.close()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _kept(self, workspace: Workspace) -> _OpenGraph:
        with self._lock:
            kept = self._open.get(workspace)
            if kept is None:
                kept = self._open[workspace] = _OpenGraph(workspace, self._folder)
            self._open.move_to_end(workspace)
            old = self._open.popitem(last=False)[1] if len(self._open) > MOST_OPEN else None
        if old is not None:
            old.close()
            self._thread.submit(old.give_back)
        return kept


class _OpenGraph:
    """One graph: its indexer, and a reader that belongs to the thread of questions."""

    def __init__(self, workspace: Workspace, folder: Path | None) -> None:
        # Imported late: an engine that is asked for none starts without.
        from analysis.graph import IndexerClient

        self._workspace = workspace
        self._folder = folder
        self._keeping: IndexerClient = IndexerClient(workspace, folder)
        self._graph: Graph | None = None
        self._lock = threading.Lock()
        self._whole: Future[LookResult] | None = None
        self._next_whole = 0.0
        self._built = False

    def graph(self) -> Graph:
        """The reader of what the indexer writes, on the thread of questions."""
        store = self._keeping.store
        if self._graph is not None and store not in (None, self._graph.place):
            self.give_back()
        if self._graph is None:
            from analysis.graph import Graph

            self._graph = Graph(self._workspace, self._folder, store)
        return self._graph

    def follow(
        self,
        path: str,
        buffers: Iterable[Buffer],
        progress: Callable[[str, float], None],
        patience: float,
    ) -> None:
        """Look at the disk where it is time to; wait for it as the module says."""
        typed = self._keeping.see(buffers)
        whole = self._looked_at(progress)
        if not self._built:
            whole.result()
            self._built = True
            return
        waiting = self._keeping.look([path]) if path else whole
        # What keeps the indexer from its work is told where a graph is built, not where one is
        # read.
        with contextlib.suppress(Exception):
            if typed is not None:
                typed.result(TYPED_PATIENCE)
            waiting.result(patience)

    def changed(self, paths: list[str]) -> None:
        """Look at ``paths``."""
        self._keeping.look(paths)

    def close(self) -> None:
        """End the indexer."""
        self._keeping.close()

    def give_back(self) -> None:
        """Close the reader, on the thread of questions."""
        if self._graph is not None:
            self._graph.close()
            self._graph = None

    def _looked_at(self, progress: Callable[[str, float], None]) -> Future[LookResult]:
        """The look at all files that is under way or, where none is due, was last."""
        with self._lock:
            if self._whole is None or (self._whole.done() and time.monotonic() >= self._next_whole):
                self._whole = self._keeping.look(None, _told(progress))
                self._whole.add_done_callback(self._rest)
            return self._whole

    def _rest(self, looked: Future[LookResult]) -> None:
        # A look that failed has seen nothing, and the start of an indexer is no part of the next
        # one.
        failed = looked.cancelled() or looked.exception() is not None
        seconds = 0.0 if failed else looked.result().seconds
        self._next_whole = time.monotonic() + max(FRESH_SECONDS, seconds / SHARE)


def _told(progress: Callable[[str, float], None]) -> Callable[[str, int, int], None]:
    def tell(stage: str, done: int, total: int) -> None:
        progress(f"{stage}: {done} of {total} files", done / max(1, total))

    return tell
