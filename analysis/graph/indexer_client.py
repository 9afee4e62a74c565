"""Asks an indexer process to bring a graph up to date, and waits for it only so long."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import cast

import msgspec

from analysis.children import Child
from analysis.errors import AnalysisError
from analysis.graph.messages import REPLIES, GraphPlace, Look, LookResult
from analysis.snapshot import Workspace
from analysis.text.overlay import Buffer

#: Called as (stage, done, of).
Progress = Callable[[str, int, int], None]


class IndexerClient:
    """The indexer of one workspace's graph: started when first needed, again where it has died.

    Thread-safe. What is asked for while it is busy is asked for together when it is not.
    """

    def __init__(self, workspace: Workspace, folder: Path | None = None) -> None:
        self._workspace = workspace
        self._place = GraphPlace(workspace, str(folder) if folder is not None else None)
        self._changed = threading.Condition()
        self._process: Child | None = None
        self._paths: dict[str, None] = {}
        #: What a look that failed was to see: the next one sees it too.
        self._missed: dict[str, None] = {}
        self._all = False
        self._next: Future[LookResult] = Future()
        self._listeners: list[Progress] = []
        self._closed = False
        self._thread: threading.Thread | None = None
        self._open: dict[str, Buffer] = {}
        #: The file that holds the graph, once the indexer has told.
        self.store: Path | None = None

    def see(self, buffers: Iterable[Buffer]) -> Future[LookResult] | None:
        """Look at those of the open ``buffers`` that are new, changed or closed, and at what a look
        that failed has missed; ``None`` if there are none."""
        now = {buffer.path: buffer for buffer in buffers}
        with self._changed:
            before, self._open = self._open, now
            differing = list(self._missed)
        both = before.keys() | now.keys()
        differing += [path for path in both if before.get(path) != now.get(path)]
        return self.look(differing) if differing else None

    def look(
        self, paths: Iterable[str] | None, progress: Progress | None = None
    ) -> Future[LookResult]:
        """Look at ``paths`` (``None``: at all files); done when the graph is as they are.

        Fails with :class:`~analysis.errors.AnalysisError` where no indexer can do it.
        """
        with self._changed:
            if paths is None:
                self._all = True
            else:
                self._paths.update(dict.fromkeys(paths))
            if progress is not None:
                self._listeners.append(progress)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._keep, name="graph-indexer", daemon=True
                )
                self._thread.start()
            self._changed.notify()
            return self._next

    def close(self) -> None:
        """End the process; what it was at is not lost, and is gone on with next time."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            process, thread = self._process, self._thread
        if process is not None:
            process.kill()
        if thread is not None:
            thread.join(1.0)

    @property
    def pid(self) -> int | None:
        """The number of the indexer's process while it runs."""
        process = self._process
        return process.pid if process is not None and process.alive else None

    def _keep(self) -> None:
        while True:
            with self._changed:
                while not (self._all or self._paths or self._closed):
                    self._changed.wait()
                if self._closed:
                    self._next.cancel()
                    break
                wanted = {**self._paths, **self._missed}
                if self._all:
                    wanted.update(dict.fromkeys(self._open))
                paths = None if self._all else tuple(wanted)
                answer, self._next = self._next, Future()
                self._all, self._paths, self._missed = False, {}, {}
                listeners, self._listeners = self._listeners, []
            answer.set_running_or_notify_cancel()
            try:
                answer.set_result(self._ask(paths, listeners))
            except AnalysisError as error:
                with self._changed:
                    self._missed.update(wanted)
                answer.set_exception(error)
        self._end()

    def _ask(self, paths: tuple[str, ...] | None, listeners: list[Progress]) -> LookResult:
        for _ in range(2):  # one that was killed is started once more
            problem = ""
            with contextlib.suppress(OSError, ValueError, AnalysisError):
                process = self._running()
                with self._changed:
                    look = Look(paths, tuple(self._open.values()))
                process.send(0, look)
                for message in process.messages():
                    looked = cast(LookResult, message.body)  # the registry holds nothing else
                    if not looked.stage:
                        problem = looked.problem
                        if not problem:
                            self.store = Path(looked.store)
                            return looked
                        break
                    for tell in listeners:
                        tell(looked.stage, looked.done, looked.total)
            if problem:
                raise AnalysisError(problem, where=self._workspace.root)
            self._end()
            if self._closed:
                break
        raise AnalysisError(
            "the process that keeps the code graph ended before it was done",
            where=self._workspace.root,
            help="ask again; 'pilotfish graph build' shows what is wrong",
        )

    def _running(self) -> Child:
        process = self._process
        if process is None or not process.alive:
            self._end()
            place = msgspec.json.encode(self._place).decode()
            process = self._process = Child(f"{__package__}.indexer", place, replies=REPLIES)
        return process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end()
