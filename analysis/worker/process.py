"""One worker process, seen from outside."""

from __future__ import annotations

import contextlib
import io
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import platformdirs
import psutil

from analysis import children, wire
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


class WorkerProcess:
    """A running worker. ``on_reply`` and ``on_end`` are called on its own reading thread, from
    :meth:`listen` on."""

    def __init__(
        self,
        settings: WorkerSettings,
        on_reply: Callable[[WorkerProcess, int, object], None],
        on_end: Callable[[WorkerProcess], None],
    ) -> None:
        # A log written by a child that outlives nothing: its standard error is this process's.
        self._process = children.start(
            f"{__package__}.main",
            settings.cache_directory,
            str(settings.memory),
            str(settings.yielding),
        )
        self._on_reply = on_reply
        self._on_end = on_end
        self._writing = threading.Lock()
        self._sent = wire.Sent()
        self._reader = threading.Thread(
            target=self._read, name=f"analysis-worker-{self._process.pid}", daemon=True
        )

    def listen(self) -> None:
        """Begin to read. To be called once, when those who are called back know this worker."""
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def processor_seconds(self) -> float:
        """How long the process has computed up to now; 0 when it is gone."""
        try:
            times = psutil.Process(self.pid).cpu_times()
        except psutil.Error:
            return 0.0
        return times.user + times.system

    def send(self, id: int, query: Query, seconds: float, *, background: bool) -> bool:  # noqa: A002
        """Hand a query over, which may take so long; false when the process is gone.

        Raises :class:`~analysis.errors.AnalysisError` for a text that no frame can hold.
        """
        seconds = -1.0 if math.isinf(seconds) else seconds
        stream = cast(BinaryIO, self._process.stdin)
        frames = io.BytesIO()
        wire.write(frames, id, Within(seconds, background))
        wire.write(frames, id, query, self._sent)
        try:
            with self._writing:
                stream.write(frames.getbuffer())
                stream.flush()
        except (OSError, ValueError):
            return False
        return True

    def kill(self) -> None:
        """End the process at once; ``on_end`` follows."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def join(self) -> None:
        """Wait until the process has ended and its streams are closed."""
        if threading.current_thread() is not self._reader:
            self._reader.join()

    def _read(self) -> None:
        stream = cast(BinaryIO, self._process.stdout)
        with contextlib.suppress(AnalysisError, OSError, ValueError):
            while (message := wire.read(stream, REPLIES)) is not None:
                self._on_reply(self, message.id, message.body)
        self.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError, ValueError):
                if pipe is not None:
                    pipe.close()
        self._on_end(self)
