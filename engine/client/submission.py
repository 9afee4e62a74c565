"""What a front door holds of a request it made, and the book of requests not yet answered.

Knows futures and messages; not how messages travel.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from analysis.errors import ExplainedError
from engine.request import Failure, Progress, Request

Answer = TypeVar("Answer")
Value = TypeVar("Value")
_log = logging.getLogger(__name__)
OnProgress = Callable[[Progress], None]


class RequestFailedError(ExplainedError):
    """A request failed alone. ``kind`` says how:

    ``cancelled`` (by the caller, or a newer request took its place), ``explained`` (for a reason
    a person can act on), ``bug`` (a defect of Pilotfish; ``where`` and ``help`` are the report),
    ``gone`` (the engine died or was closed before it answered).
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.what, where=failure.where, help=failure.help)
        self.kind = failure.kind


class Phase(StrEnum):
    """Where an engine is in its life."""

    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    """It died and comes back by itself."""
    FAILED = "failed"
    """It could not be started several times in a row; the next request tries again."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class EngineState:
    """A change in an engine's life. ``restarts`` counts how often it came back."""

    phase: Phase
    detail: str = ""
    pid: int | None = None
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class Submission(Generic[Answer]):
    """A request on its way.

    ``future`` gets the answer, or a :class:`RequestFailedError`. ``cancel()`` asks the engine to
    stop and returns at once; the future then fails with kind ``cancelled``, or, for a repair,
    gets what it had so far. Cancelling the future itself (as ``asyncio.wrap_future`` does when its
    task is cancelled) tells the engine likewise.
    """

    id: int
    future: Future[Answer]
    cancel: Callable[[], None]


class EngineClient(Protocol):
    """What front doors see of an engine. Every method returns at once and is thread-safe."""

    def submit(
        self, request: Request[Answer], *, on_progress: OnProgress | None = None
    ) -> Submission[Answer]:
        """Ask for something. ``on_progress`` is called on a thread of the client's."""
        ...

    def on_state(self, callback: Callable[[EngineState], None]) -> None:
        """Call ``callback`` now with the state as it is, and at every change."""
        ...

    def close(self) -> None:
        """End the engine; requests not yet answered fail with kind ``gone``."""
        ...


@dataclass(slots=True, eq=False)
class Entry:
    """One request not yet answered. ``sent`` counts how many engines it was given to."""

    id: int
    request: Request[Any]
    on_progress: OnProgress | None
    future: Future[Any] = field(default_factory=Future)
    sent: int = 0
    cancelled: bool = False


class Ledger:
    """The requests not yet answered, by id. Thread-safe; resolves each future exactly once."""

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def open(self, request: Request[Any], on_progress: OnProgress | None) -> Entry:
        """A new entry."""
        with self._lock:
            entry = Entry(next(self._ids), request, on_progress)
            self._entries[entry.id] = entry
        return entry

    def entries(self) -> list[Entry]:
        """Every open entry, oldest first."""
        with self._lock:
            return list(self._entries.values())

    def settle(self, id: int, body: object) -> None:  # noqa: A002 - the wire's own word
        """Give entry ``id`` its answer, failure or progress; unknown ids are ignored."""
        if isinstance(body, Progress):
            with self._lock:
                entry = self._entries.get(id)
            if entry is not None and entry.on_progress is not None:
                shielded(entry.on_progress, body)
            return
        with self._lock:
            entry = self._entries.pop(id, None)
        if entry is None:
            return
        # The caller may have cancelled the future itself meanwhile.
        with contextlib.suppress(InvalidStateError):
            if isinstance(body, Failure):
                entry.future.set_exception(RequestFailedError(body))
            else:
                entry.future.set_result(body)


CANCELLED = Failure("cancelled", "the request was cancelled")


def shielded(callback: Callable[[Value], None], value: Value) -> None:
    """Call a front door's callback; what it raises is logged and ends nothing of the client's."""
    try:
        callback(value)
    except Exception as error:  # noqa: BLE001 - the client's threads outlive it
        _log.error("a callback of the front door failed: %s", type(error).__name__)
        _log.debug("details", exc_info=error)


def gone(what: str, help: str = "ask again") -> Failure:
    """The failure of a request whose engine went away."""
    return Failure("gone", what, where="engine", help=help)
