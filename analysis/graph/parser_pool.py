"""Several processes that read files at once: parsing is what building a graph mostly waits for.

Each worker is told a path and answers with the facts of that file, until its input ends. A worker
that dies takes nothing with it: what it had been asked is read here instead.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.children import Child
from analysis.errors import AnalysisError
from analysis.graph.extraction.reading import Read, read_facts

#: Fewer files than this are read sooner than a process starts.
WORTH_IT = 48
_MOST_WORKERS = 8


@dataclass(frozen=True, slots=True)
class File:
    """Read the file at this absolute path."""

    path: str


#: What a worker reads, and writes.
REQUESTS, REPLIES = {"File": File}, {"Read": Read}


def read_all(paths: Sequence[str], workers: int | None = None) -> Iterator[tuple[str, Read]]:
    """The facts of every path, in the order in which they are ready."""
    count = workers if workers is not None else min(os.cpu_count() or 1, _MOST_WORKERS)
    if count < 2 or len(paths) < WORTH_IT:
        for path in paths:
            yield path, read_facts(path)
        return
    pending: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    for path in paths:
        pending.put(path)
    for _ in range(count):
        pending.put(None)
    # Bounded, so that readers do not run ahead of the store by more memory than they need.
    ready: queue.Queue[tuple[str, Read]] = queue.Queue(maxsize=256)
    stop = threading.Event()
    for _ in range(count):
        threading.Thread(target=_feed, args=(pending, ready, stop), daemon=True).start()
    try:
        for _ in paths:
            yield ready.get()
    finally:
        stop.set()
        with contextlib.suppress(queue.Empty):
            while True:
                ready.get_nowait()


def _feed(
    pending: queue.SimpleQueue[str | None],
    ready: queue.Queue[tuple[str, Read]],
    stop: threading.Event,
) -> None:
    worker = _start()
    while (path := pending.get()) is not None and not stop.is_set():
        read = _ask(worker, path) if worker is not None else None
        if read is None:
            worker = None
            read = read_facts(path)
        ready.put((path, read))
    if worker is not None:
        worker.end()


def _start() -> Child | None:
    try:
        return Child(f"{__package__}.reader", replies=REPLIES)
    except OSError:
        return None


def _ask(worker: Child, path: str) -> Read | None:
    """The worker's answer; ``None`` when it is gone."""
    with contextlib.suppress(AnalysisError, OSError, ValueError):
        worker.send(0, File(path))
        for message in worker.messages():
            return message.body if isinstance(message.body, Read) else None
    worker.end()
    return None
