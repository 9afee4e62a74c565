"""What a prompt begins with besides the file: what is known of the hole at the cursor.

Knows when a hint is worth its tokens: it takes the room of other context, but at the start of the
prompt it makes the model read all of it again. So one is formed where the cursor comes to rest and
stays while somebody types there; elsewhere it changes only where little of the prompt was in the
cache anyway.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from analysis.deadline import Cancellation, Deadline
from analysis.names import NameSet, Tier
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.holes import hole_at
from decoding.errors import CancelledError
from decoding.evidence import Evidence
from decoding.monitors.attribute import OWN
from decoding.prompts.header import call_line, import_line, member_line

#: Seconds between two looks at the cancellation while waiting.
_SLICE = 0.01


@dataclass(frozen=True, slots=True)
class HintRules:
    """For which holes a hint is formed, and what it may cost.

    ``tokens`` is its size at most. ``patience`` is how many seconds more a prompt may take because
    it begins with another hint. Kinds and size are measured: ``benchmarks.dotprompts``.
    """

    kinds: frozenset[HoleKind] = frozenset(
        {HoleKind.ATTRIBUTE, HoleKind.KEYWORD, HoleKind.ARGUMENT}
        | {HoleKind.IMPORT_MODULE, HoleKind.IMPORT_MEMBER}
    )
    tokens: int = 80
    patience: float = 0.25


@dataclass(slots=True)
class Pace:
    """How fast this machine reads a prompt, in seconds a token, from the prompts so far."""

    #: Before anything was read: two cores of a laptop (``benchmarks.threads``).
    seconds: float = 0.005
    #: Shorter ones say more about the overhead of a call than about reading.
    smallest: int = 64

    def note(self, tokens: int, seconds: float) -> None:
        """A prompt of so many new tokens took so long."""
        if tokens >= self.smallest:
            self.seconds = (self.seconds + seconds / tokens) / 2


@dataclass(slots=True)
class Once:
    """Evidence that hands on the question that was asked for the hint, so that the monitors do not
    ask it again."""

    evidence: Evidence
    _asked: list[tuple[Snapshot, Hole, Future[NameSet]]] = field(default_factory=list)

    def start(self, snapshot: Snapshot, hole: Hole) -> Future[NameSet]:
        """The answer that is under way or there already, or a new question."""
        for before, about, future in self._asked:
            if before is snapshot and about == hole and not future.cancelled():
                return future
        future = self.evidence.start(snapshot, hole)
        if not self._asked:
            self._asked.append((snapshot, hole, future))
        return future


def hint_for(
    snapshot: Snapshot,
    offset: int,
    evidence: Evidence,
    rules: HintRules,
    tokenize: Callable[[str], list[int]],
    deadline: Deadline,
    cancellation: Cancellation,
) -> str | None:
    """The hint for the hole at ``offset``; ``""`` where nothing is known of the receiver, ``None``
    where the hole is of a kind that has none.

    Waits for evidence until ``deadline``. Raises :class:`~decoding.errors.CancelledError`; whatever
    goes wrong with evidence is no hint.
    """
    hole = hole_at(snapshot.text, offset)
    if hole.kind not in rules.kinds:
        return None
    # As the watches ask: whether it may yet be assigned is their business.
    guards = tuple(guard for guard in hole.guards if guard != "may_store")
    names = _answer(evidence, snapshot, replace(hole, guards=guards), deadline, cancellation)
    if names is None or names.tier is Tier.ABSTAIN:
        return ""
    return _line(hole, names, snapshot.text, rules.tokens, tokenize)


def _line(
    hole: Hole, names: NameSet, text: str, budget: int, tokenize: Callable[[str], list[int]]
) -> str:
    if hole.kind is HoleKind.ATTRIBUTE:
        own = hole.receiver_text in OWN
        before, behind = text[: hole.start], text[hole.end :]
        return member_line(names, before, behind, budget, tokenize, own=own)
    if hole.kind in (HoleKind.KEYWORD, HoleKind.ARGUMENT):
        return call_line(names, budget, tokenize)
    return import_line(names, budget, tokenize)


def _answer(
    evidence: Evidence,
    snapshot: Snapshot,
    hole: Hole,
    deadline: Deadline,
    cancellation: Cancellation,
) -> NameSet | None:
    try:
        future = evidence.start(snapshot, hole)
        while not future.done():
            if cancellation.cancelled:
                future.cancel()
                raise CancelledError
            if deadline.expired():
                return None
            concurrent.futures.wait([future], timeout=min(_SLICE, deadline.remaining()))
        return future.result()
    except CancelledError:
        raise
    except concurrent.futures.CancelledError:
        return None
    except Exception:  # noqa: BLE001  # invariant 8: whatever evidence dies of, we go without
        return None
