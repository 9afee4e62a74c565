"""The engine within this process, for one-shot commands: the same scheduler, no pipes."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from engine.client.submission import (
    EngineState,
    Ledger,
    OnProgress,
    Phase,
    Submission,
    gone,
    shielded,
)
from engine.context import Context
from engine.messages import MachineSettings, Request
from engine.scheduler import Scheduler

Answer = TypeVar("Answer")


class LocalEngine:
    """An :class:`~engine.client.submission.EngineClient` without another process."""

    def __init__(self, machine: MachineSettings | None = None) -> None:
        self._ledger = Ledger()
        self._context = Context(machine)
        self._scheduler = Scheduler(self._context)
        self._callbacks: list[Callable[[EngineState], None]] = []
        self._state = EngineState(Phase.READY, "", os.getpid())

    def submit(
        self, request: Request[Answer], *, on_progress: OnProgress | None = None
    ) -> Submission[Answer]:
        """See :class:`~engine.client.submission.EngineClient`."""
        entry = self._ledger.open(request, on_progress)

        def cancel() -> None:
            self._scheduler.cancel(entry.id)

        entry.future.add_done_callback(lambda f: cancel() if f.cancelled() else None)
        if self._state.phase is Phase.CLOSED:
            self._ledger.settle(entry.id, gone("the engine was closed"))
        else:
            self._scheduler.submit(
                entry.id, request, lambda body: self._ledger.settle(entry.id, body)
            )
        return Submission(entry.id, entry.future, cancel)

    def on_state(self, callback: Callable[[EngineState], None]) -> None:
        """See :class:`~engine.client.submission.EngineClient`."""
        self._callbacks.append(callback)
        shielded(callback, self._state)

    def close(self) -> None:
        """Cancel what runs and end what was started."""
        if self._state.phase is Phase.CLOSED:
            return
        self._state = EngineState(Phase.CLOSED)
        self._scheduler.close()
        self._context.close()
        for entry in self._ledger.entries():
            self._ledger.settle(entry.id, gone("the engine was closed"))
        for callback in self._callbacks:
            shielded(callback, self._state)
