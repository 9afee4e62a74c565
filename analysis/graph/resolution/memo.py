"""Answers that are kept with what they rest on, and an end to what asks for itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_DEEPEST = 60
#: Evaluations for one site; code that needs more is generated or hostile.
_STEPS = 4000
_NEVER = 1 << 30


class Memo:
    """Answers about one state of the world."""

    def __init__(self) -> None:
        self._kept: dict[Any, tuple[Any, frozenset[str]]] = {}
        self._running: dict[Any, int] = {}
        self._needs: list[set[str]] = [set()]
        self._taint = _NEVER
        self._steps = 0

    def begin(self) -> None:
        """A new site: its budget is whole."""
        self._steps = 0

    def take_needs(self) -> set[str]:
        """What the answers since the last call rest on: ``FILE:NAME`` and ``?MODULE``."""
        needs = self._needs[0]
        self._needs[0] = set()
        return needs

    def need(self, key: str) -> None:
        """The answer at hand rests on ``key``."""
        self._needs[-1].add(key)

    def keep(self, key: Any, compute: Callable[[], Any], otherwise: Any) -> Any:
        """``compute()`` once; ``otherwise`` where it asks for itself."""
        kept = self._kept.get(key)
        if kept is not None:
            self._needs[-1] |= kept[1]
            return kept[0]
        depth = self._running.get(key)
        if depth is not None:
            self._taint = min(self._taint, depth)
            return otherwise
        depth = len(self._needs)
        self._steps += 1
        if depth > _DEEPEST or self._steps > _STEPS:
            self._taint = 0
            return otherwise
        self._running[key] = depth
        self._needs.append(set())
        try:
            answer = compute()
        finally:
            del self._running[key]
            needs = self._needs.pop()
            self._needs[-1] |= needs
        # An answer that rests on an unfinished one further out is not final.
        if self._taint >= depth:
            self._taint = _NEVER
            self._kept[key] = (answer, frozenset(needs))
        elif depth == 1:
            self._taint = _NEVER
        return answer
