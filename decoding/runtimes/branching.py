"""What a runtime offers that goes on from one cache in several ways at once.

A pass over a token of each of several texts takes much less time than as many passes: a single
token waits for the memory that holds the model's weights, and those are read once a pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from analysis.deadline import Cancellation
from decoding.runtimes.runtime import Runtime

if TYPE_CHECKING:
    from decoding.runtimes.runtime import Logits


@dataclass(frozen=True, slots=True)
class Growth:
    """What one branch wants: its first ``kept`` tokens, the shared ones included, and ``tokens``
    behind them; logits behind ``every`` one of these, or behind the last."""

    branch: int
    kept: int
    tokens: tuple[int, ...]
    every: bool = False


@runtime_checkable
class Branching(Runtime, Protocol):
    """A :class:`~decoding.runtimes.runtime.Runtime` that also grows branches. What it holds as a
    runtime stays as it is meanwhile."""

    #: How many branches there may be at once.
    most_branches: int

    def branch(self, count: int) -> None:
        """Let the branches from 0 to ``count`` hold what is evaluated, sharing its memory; all
        together they have what room there is left."""
        ...

    def grow(self, growths: Sequence[Growth], cancellation: Cancellation) -> list[Logits]:
        """Compute what the branches want, of each one thing at most, in one pass where it fits:
        ``(len(tokens) or 1, vocab)`` for each, which stay as they are.

        Raises :class:`~decoding.errors.CancelledError`, after which what the branches hold is what
        the next growth says that they keep, and :class:`~decoding.errors.DecodingError`.
        """
        ...

    def unbranch(self) -> None:
        """There are no branches any more."""
        ...
