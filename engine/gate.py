"""Who may compute with a model: one at a time, and what a person waits for goes first.

Two cores and one KV cache serve completions, warming and repairs. A lower claim that holds the
gate when a higher one comes is asked to step back: its turn's cancellation is set, its model call
ends within 50 ms, and it claims again. Knows no model and no request.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from analysis.deadline import Cancellation
from decoding.errors import CancelledError


class Claim(IntEnum):
    """Why someone wants to compute; lower values go first."""

    COMPLETION = 0
    REPAIR = 1
    WARM = 2
    UNLOAD = 3


@dataclass(slots=True, eq=False)
class Turn:
    """Permission to compute. ``step_back`` is cancelled when a higher claim waits.

    ``granted`` counts turns: two with consecutive numbers had nobody between them.
    """

    claim: Claim
    arrived: int
    step_back: Cancellation = field(default_factory=Cancellation)
    granted: int = -1


class Gate:
    """Hands out turns in order of claim, then of arrival. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[Turn] = []
        self._holder: Turn | None = None
        self._arrivals = itertools.count()
        self._grants = itertools.count()

    @contextlib.contextmanager
    def turn(self, claim: Claim, cancellation: Cancellation) -> Iterator[Turn]:
        """Wait for a turn and hold it. Raises :class:`~decoding.errors.CancelledError` when
        cancelled while waiting."""
        mine = Turn(claim, next(self._arrivals))
        forget = cancellation.on_cancel(self._notify)
        try:
            with self._changed:
                self._waiting.append(mine)
                holder = self._holder
            if holder is not None and holder.claim > claim:
                holder.step_back.cancel()
            self._wait_for(mine, cancellation)
        finally:
            forget()
        try:
            yield mine
        finally:
            with self._changed:
                self._holder = None
                self._changed.notify_all()

    def is_wanted(self) -> bool:
        """Whether anyone holds or waits for a turn."""
        with self._changed:
            return self._holder is not None or bool(self._waiting)

    def _wait_for(self, mine: Turn, cancellation: Cancellation) -> None:
        with self._changed:
            while not cancellation.cancelled and not self._is_next(mine):
                self._changed.wait()
            self._waiting.remove(mine)
            if cancellation.cancelled:
                self._changed.notify_all()
                raise CancelledError
            mine.granted = next(self._grants)
            self._holder = mine

    def _is_next(self, mine: Turn) -> bool:
        first = min(self._waiting, key=lambda turn: (turn.claim, turn.arrived))
        return self._holder is None and first is mine

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()
