"""One incarnation of the engine process: its pipes, its end, and a thread that writes to it.

Knows the wire and the process; not which requests are open or whether it is to come back.
"""

from __future__ import annotations

import contextlib
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from analysis import wire
from analysis.errors import AnalysisError
from engine.features import MESSAGES

#: How long an engine whose input was closed may take to end by itself.
GRACE_SECONDS = 2.0


class Connection:
    """A running engine process. Made on the thread that reads from it, which must outlive it:
    Linux signals the death of a *parent thread* to a child that asked for it."""

    def __init__(
        self, command: list[str], log: Path | None, on_refused: Callable[[int, str], None]
    ) -> None:
        """Start ``command``; its standard error is appended to ``log``. Raises ``OSError``.

        ``on_refused`` is called with the id of a message that no frame holds, and why.
        """
        with contextlib.ExitStack() as stack:
            errors = stack.enter_context(log.open("ab")) if log else subprocess.DEVNULL
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                # Neutral: nothing in the user's folder can be taken for a part of Pilotfish.
                cwd=Path(sys.executable).anchor,
                # A terminal's Ctrl-C is for the front door, which then cancels what is to stop.
                start_new_session=True,
            )
        self._on_refused = on_refused
        self._input = cast(BinaryIO, self._process.stdin)
        self._output = cast(BinaryIO, self._process.stdout)
        self._outbox: queue.SimpleQueue[tuple[int, object] | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="engine-writer", daemon=True)
        self._writer.start()

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def post(self, id: int, body: object) -> None:  # noqa: A002 - the wire's own word
        """Send a message soon; never blocks. What cannot be sent is noticed by the reader."""
        self._outbox.put((id, body))

    def messages(self) -> Iterator[wire.Message]:
        """Messages until the process ends or says something that is no message."""
        with contextlib.suppress(AnalysisError, OSError, ValueError):
            while (message := wire.read(self._output, MESSAGES)) is not None:
                yield message

    def hang_up(self) -> None:
        """Close the engine's input behind what was posted; it ends when it has read that."""
        self._outbox.put(None)

    def wait(self, seconds: float = GRACE_SECONDS) -> int:
        """Exit status of the process, killed if it does not end in time (negative: a signal)."""
        self._outbox.put(None)
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            status = self.kill()
        self._writer.join()
        self._output.close()
        return status

    def kill(self) -> int:
        """End the process at once; its exit status."""
        self._process.kill()
        return self._process.wait()

    def _write(self) -> None:
        # A dead engine breaks the pipe; the reader sees the end of its output and acts on it.
        sent = wire.Sent()
        with contextlib.suppress(OSError, ValueError):
            while (item := self._outbox.get()) is not None:
                try:
                    wire.write(self._input, *item, sent)
                except AnalysisError as error:
                    self._on_refused(item[0], error.what)
        with contextlib.suppress(OSError):
            self._input.close()
