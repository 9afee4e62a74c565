"""One incarnation of the engine process, and a thread that writes to it.

Knows the wire and the process; not which requests are open or whether it is to come back.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from analysis import wire
from analysis.children import Child
from analysis.errors import AnalysisError
from engine.features import MESSAGES

#: How long an engine whose input was closed may take to end by itself.
GRACE_SECONDS = 2.0


class EngineConnection:
    """A running engine process. ``module`` and its arguments are started as by
    :func:`~analysis.children.start`; standard error is appended to ``log``.

    ``on_refused`` is called with the id of a message that no frame holds, and why. Raises
    ``OSError`` where no process can be started.
    """

    def __init__(
        self, module: tuple[str, ...], log: Path | None, on_refused: Callable[[int, str], None]
    ) -> None:
        self._child = Child(*module, replies=MESSAGES, log=log or Path(os.devnull))
        self._on_refused = on_refused
        self._outbox: queue.SimpleQueue[tuple[int, object] | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="engine-writer", daemon=True)
        self._writer.start()

    @property
    def pid(self) -> int:
        """The process."""
        return self._child.pid

    def post(self, id: int, body: object) -> None:  # noqa: A002 - the wire's own word
        """Send a message soon; never blocks. What cannot be sent is noticed by the reader."""
        self._outbox.put((id, body))

    def messages(self) -> Iterator[wire.Message]:
        """Messages until the process ends or says something that is no message."""
        with contextlib.suppress(AnalysisError, OSError, ValueError):
            yield from self._child.messages()

    def hang_up(self) -> None:
        """Close the engine's input behind what was posted; it ends when it has read that."""
        self._outbox.put(None)

    def end(self) -> int:
        """Exit status of the process, killed if it does not end in time (negative: a signal)."""
        self._outbox.put(None)
        status = self._child.end(GRACE_SECONDS)
        self._writer.join()
        return status

    def kill(self) -> None:
        """End the process at once."""
        self._child.kill()

    def _write(self) -> None:
        # A dead engine breaks the pipe; the reader sees the end of its output and acts on it.
        while (item := self._outbox.get()) is not None:
            try:
                if not self._child.send(*item):
                    return
            except AnalysisError as error:
                self._on_refused(item[0], error.what)
        self._child.hang_up()
