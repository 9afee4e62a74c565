"""The engine as a process of its own that comes back by itself."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from analysis import children
from analysis.children import Child, Restarts
from analysis.errors import AnalysisError
from engine.client.submission import (
    CANCELLED,
    EngineState,
    Entry,
    Ledger,
    OnProgress,
    Phase,
    Submission,
    gone,
    shielded,
)
from engine.features import MESSAGES
from engine.features.configure import ConfigureRequest
from engine.features.warm import WarmRequest
from engine.logs import stderr_log
from engine.request import CancelRequest, Failure, Hello, Request

# --------------------------------------------------------------------------------------------------
# One incarnation of the engine process, and a thread that writes to it.
#
# Knows the wire and the process; not which requests are open or whether it is to come back.
# --------------------------------------------------------------------------------------------------


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

    def messages(self) -> Iterator[children.Message]:
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


# --------------------------------------------------------------------------------------------------
# The engine as a process of its own that comes back by itself.
#
# One thread starts it, reads from it and starts it again; callers only touch a table and a queue,
# so an event loop never waits here. What was being asked when it died is asked once more where
# that is harmless, and fails with kind ``gone`` where it is not: nothing is lost in silence.
# --------------------------------------------------------------------------------------------------


Answer = TypeVar("Answer")

#: The engine's package, which an installation keeps below ``pilotfish``.
_ENGINE = __name__.removesuffix(".client.process")
MODULE = (f"{_ENGINE}.process",)
#: Starts in a row without a word of the engine, after which nothing is tried unasked.
FAILED_STARTS = 4
#: A request goes to at most so many engines, so that one that kills them does not for ever.
MOST_SENT = 2


class EngineProcess:
    """An :class:`~engine.client.submission.EngineClient` over a child process.

    ``options`` are the editor's initialization options (camel case), given to every engine that
    is started: ``module``, by :func:`~analysis.children.start`. Starting happens behind the caller:
    the constructor returns at once.
    """

    def __init__(
        self, options: Mapping[str, Any] | None = None, *, module: tuple[str, ...] = MODULE
    ) -> None:
        self._module = module
        self._lock = threading.RLock()
        self._ledger = Ledger()
        self._connection: EngineConnection | None = None
        self._configuration = ConfigureRequest(dict(options or {}))
        self._warmth: dict[str, WarmRequest] = {}
        self._state = EngineState(Phase.STARTING)
        self._callbacks: list[Callable[[EngineState], None]] = []
        self._closed = threading.Event()
        #: Set by what should end the rest of an engine that could not be started.
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name="engine-client", daemon=True)
        self._thread.start()

    def submit(
        self, request: Request[Answer], *, on_progress: OnProgress | None = None
    ) -> Submission[Answer]:
        """See :class:`~engine.client.submission.EngineClient`."""
        with self._lock:
            entry = self._ledger.open(request, on_progress)
            if isinstance(request, ConfigureRequest):
                self._configuration = request
            elif isinstance(request, WarmRequest):
                self._warmth[request.workspace.root] = request
            closed = self._closed.is_set()
            if not closed and self._connection is not None:
                self._send(self._connection, entry)
            elif self._state.phase is Phase.FAILED:
                self._wake.set()
        if closed:
            self._ledger.settle(entry.id, gone("the engine was closed"))
        entry.future.add_done_callback(lambda f: self._cancel(entry) if f.cancelled() else None)
        return Submission(entry.id, entry.future, lambda: self._cancel(entry))

    def on_state(self, callback: Callable[[EngineState], None]) -> None:
        """See :class:`~engine.client.submission.EngineClient`."""
        with self._lock:
            self._callbacks.append(callback)
            shielded(callback, self._state)

    def close(self) -> None:
        """End the engine and wait for its end: two seconds at most, then it is killed."""
        with self._lock:
            self._closed.set()
            self._wake.set()
            if self._connection is not None:
                self._connection.hang_up()
        self._thread.join(GRACE_SECONDS)
        with self._lock:
            if self._connection is not None:
                self._connection.kill()
        self._thread.join()

    # ------------------------------------------------------------------ the supervising thread

    def _supervise(self) -> None:
        deaths, restarts = Restarts(), 0
        while not self._closed.is_set():
            began = time.monotonic()
            detail, spoke = self._live_once(restarts)
            wait = deaths.died(spoke=spoke, lived=time.monotonic() - began)
            restarts += 1
            if self._closed.is_set():
                break
            if deaths.silent >= FAILED_STARTS:
                self._give_up(detail)
                deaths.silent = FAILED_STARTS - 1
            self._announce(EngineState(Phase.RESTARTING, detail, None, restarts))
            self._closed.wait(wait)
        for entry in self._ledger.entries():
            self._ledger.settle(entry.id, gone("the engine was closed"))
        self._announce(EngineState(Phase.CLOSED, restarts=restarts))

    def _live_once(self, restarts: int) -> tuple[str, bool]:
        """Start an engine and serve until it ends: why it ended, and whether it ever spoke."""
        try:
            connection = EngineConnection(self._module, stderr_log(), self._refused)
        except OSError as error:
            return f"the engine cannot be started: {error}", False
        spoke = False
        with self._lock:
            self._connection = connection
            connection.post(0, self._configuration)
            for entry in self._ledger.entries():
                self._send(connection, entry)
            if restarts:
                for warm in self._warmth.values():
                    connection.post(0, warm)
            if self._closed.is_set():
                connection.hang_up()
        for message in connection.messages():
            if isinstance(message.body, Hello):
                spoke = True
                self._announce(EngineState(Phase.READY, "", connection.pid, restarts))
            elif message.id:
                self._ledger.settle(message.id, message.body)
        with self._lock:
            self._connection = None
        detail = _cause(connection.end(), connection.pid)
        for entry in self._ledger.entries():
            self._after_death(entry, detail, spoke)
        return detail, spoke

    def _refused(self, id: int, what: str) -> None:  # noqa: A002 - the wire's own word
        self._ledger.settle(id, Failure("explained", what, where="engine"))

    def _after_death(self, entry: Entry, detail: str, spoke: bool) -> None:
        if not spoke:
            # It died before it read anything: whatever killed it, it was not this request.
            entry.sent = max(0, entry.sent - 1)
        if not entry.sent:
            return
        if entry.cancelled:
            self._ledger.settle(entry.id, CANCELLED)
        elif not entry.request.repeatable or entry.sent >= MOST_SENT:
            self._ledger.settle(entry.id, gone(detail))

    def _give_up(self, detail: str) -> None:
        log: Path | None = stderr_log()
        help = f"see {log}, and run: pilotfish doctor" if log else "run: pilotfish doctor"
        with self._lock:
            self._announce(EngineState(Phase.FAILED, f"{detail} ({help})"))
            if not self._closed.is_set():
                self._wake.clear()
            lost = self._ledger.entries()
        for entry in lost:
            self._ledger.settle(entry.id, gone(detail, help))
        self._wake.wait()

    def _announce(self, state: EngineState) -> None:
        with self._lock:
            self._state = state
            for callback in self._callbacks:
                shielded(callback, state)

    # ------------------------------------------------------------------ callers' threads

    def _send(self, connection: EngineConnection, entry: Entry) -> None:
        entry.sent += 1
        connection.post(entry.id, entry.request)
        if entry.cancelled:
            connection.post(0, CancelRequest(entry.id))

    def _cancel(self, entry: Entry) -> None:
        with self._lock:
            if entry.cancelled:
                return
            entry.cancelled = True
            connection = self._connection
            if connection is not None:
                connection.post(0, CancelRequest(entry.id))
        if connection is None:
            self._ledger.settle(entry.id, CANCELLED)


def _cause(status: int, pid: int) -> str:
    if status < 0:
        return f"the engine (process {pid}) was killed by signal {-status}"
    return f"the engine (process {pid}) ended with status {status}"
