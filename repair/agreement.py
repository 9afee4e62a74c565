"""Which of the bodies that pass is chosen: one that does what most of those written do.

After CodeT (Chen et al., ICLR 2023): right bodies do the same, wrong ones are each wrong in their
own way, so the behaviour on calls like those of the tests that most bodies share is the likeliest.
Every body that the model wrote has a vote, and one that it wrote twice has two; one that passes
only when it is edited has a part of a vote for what its likeliest edit does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from repair.candidates.candidate import Candidate
from repair.differences import essence
from repair.sandbox.run import Behaviour

#: What is left of the votes for a behaviour that fails on all calls, and for each broken example of
#: the file (``repair.choice`` says the same of patches).
_FAILING, _BROKEN = 0.05, 0.15


@dataclass(frozen=True, slots=True)
class Vote:
    """``candidate`` passes and counts ``weight``. ``voter`` is the body that it was made of, or
    itself; of a voter's candidates that do the same only the heaviest counts."""

    candidate: Candidate
    voter: Candidate
    weight: float


def agreed(votes: Sequence[Vote], behaviour: Behaviour | None) -> list[Candidate]:
    """The candidates, those with the most votes for what they do first; within one behaviour the
    heaviest, then the shortest. ``behaviour`` has a row for each of ``votes``."""
    rows = behaviour.variants if behaviour is not None and behaviour.calls else ()
    groups: dict[object, list[Vote]] = {}
    doubts: dict[object, float] = {}
    for index, vote in enumerate(votes):
        row = rows[index] if index < len(rows) else None
        # One of which nothing is known is like no other.
        key: object = index if row is None else essence(row)
        groups.setdefault(key, []).append(vote)
        doubts[key] = _doubt(row, behaviour) if row and behaviour is not None else 1.0
    order = sorted(groups, key=lambda key: -doubts[key] * _together(groups[key]))
    return [vote.candidate for key in order for vote in sorted(groups[key], key=_within)]


def _together(votes: Sequence[Vote]) -> float:
    heaviest: dict[Candidate, float] = {}
    for vote in votes:
        heaviest[vote.voter] = max(vote.weight, heaviest.get(vote.voter, 0.0))
    return sum(heaviest.values())


def _doubt(row: Sequence[str | None], behaviour: Behaviour) -> float:
    """By what the votes for such answers are multiplied."""
    failing = sum(text is not None and text.startswith("raises ") for text in row) / len(row)
    broken = len(behaviour.broken(tuple(row)))
    return float(_FAILING**failing * _BROKEN**broken)


def _within(vote: Vote) -> tuple[float, int]:
    return -vote.weight, sum(len(edit.new) for edit in vote.candidate.edits)
