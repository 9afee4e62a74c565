"""An engine that never answers, for tests of what the front door does while it waits."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from engine.client import EngineState, Phase, Submission
from engine.client.submission import OnProgress
from engine.request import Request

Answer = TypeVar("Answer")


class SilentEngine:
    """See :class:`~engine.client.EngineClient`; what it was asked is kept, with its future."""

    def __init__(self) -> None:
        self.asked: list[tuple[Request[object], Future[object]]] = []
        #: Told of progress, by the number of the question.
        self.listeners: list[OnProgress | None] = []

    def submit(
        self, request: Request[Answer], *, on_progress: OnProgress | None = None
    ) -> Submission[Answer]:
        """Keep the request."""
        future: Future[Answer] = Future()
        self.asked.append((request, future))  # type: ignore[arg-type]
        self.listeners.append(on_progress)
        return Submission(len(self.asked), future, lambda: None)

    def on_state(self, callback: Callable[[EngineState], None]) -> None:
        """It is always starting."""
        callback(EngineState(Phase.STARTING))

    def close(self) -> None:
        """Nothing to end."""
