"""One worker process, seen from outside."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import psutil

from analysis import children
from analysis.errors import AnalysisError
from analysis.worker.messages import REPLIES, Within
from analysis.worker.queries import Query

#: How much work that nobody waits for yields to other processes (nice(2)).
YIELDING = 5


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How workers are run.

    ``memory`` is the bytes one may hold; ``cache_directory`` takes jedi's parsed library files.
    ``workers`` are how many a pool has: two for an editor, the second being the warm spare.
    ``ahead`` starts them before they are needed, one after another; else each starts when a
    question waits for it. ``yielding`` is the niceness of checks and warming (nice(2)): 0 in a
    command that somebody waits for.
    """

    cache_directory: str
    memory: int = 1536 * 1024 * 1024
    workers: int = 2
    ahead: bool = True
    yielding: int = YIELDING


def cache_folder() -> str:
    """Where workers keep parsed library files: the user's cache folder, never a workspace."""
    return str(Path(platformdirs.user_cache_dir("pilotfish")) / "analysis")


class WorkerProcess(children.Child):
    """A running worker. ``on_reply`` and ``on_end`` are called on its own reading thread, from
    :meth:`listen` on."""

    def __init__(
        self,
        settings: WorkerSettings,
        on_reply: Callable[[WorkerProcess, int, object], None],
        on_end: Callable[[WorkerProcess], None],
    ) -> None:
        super().__init__(
            f"{__package__}.main",
            settings.cache_directory,
            str(settings.memory),
            str(settings.yielding),
            replies=REPLIES,
        )
        self.began = time.monotonic()
        self._on_reply = on_reply
        self._on_end = on_end
        self._reader = threading.Thread(
            target=self._read, name=f"analysis-worker-{self.pid}", daemon=True
        )

    def listen(self) -> None:
        """Begin to read. To be called once, when those who are called back know this worker."""
        self._reader.start()

    def processor_seconds(self) -> float:
        """How long the process has computed up to now; 0 when it is gone."""
        try:
            times = psutil.Process(self.pid).cpu_times()
        except psutil.Error:
            return 0.0
        return times.user + times.system

    def ask(self, id: int, query: Query, seconds: float, *, background: bool) -> bool:  # noqa: A002
        """Hand a query over, which may take so long; false when the process is gone.

        Raises :class:`~analysis.errors.AnalysisError` for a text that no frame can hold.
        """
        seconds = -1.0 if math.isinf(seconds) else seconds
        return self.send(id, Within(seconds, background), query)

    def join(self) -> None:
        """Wait until the process has ended and its streams are closed."""
        if threading.current_thread() is not self._reader:
            self._reader.join()

    def _read(self) -> None:
        with contextlib.suppress(AnalysisError, OSError, ValueError):
            for message in self.messages():
                self._on_reply(self, message.id, message.body)
        self.end()
        self._on_end(self)
