"""Which of the bodies that pass is chosen: one that does what most of those written do.

After CodeT (Chen et al., ICLR 2023): right bodies do the same, wrong ones are each wrong in their
own way, so the behaviour on calls like those of the tests that most bodies share is the likeliest.
Every body that the model wrote has a vote, and one that it wrote twice has two; one that passes
only when it is edited has a part of a vote for what its likeliest edit does.

Votes for one behaviour are few, and one call makes two of it. So it counts as well how much of the
behaviour all bodies share that were written, also those that fail, call by call (minimum Bayes
risk; Shi et al., EMNLP 2022): what is wrong in one is often right in most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from repair.candidates.candidate import Candidate
from repair.choice.differences import essence
from repair.choice.kinds import Told
from repair.sandbox.run import Behaviour

#: What is left of the votes for a behaviour that fails on all calls, and for each broken example of
#: the file (``repair.choice.ranking`` says the same of patches).
_FAILING, _BROKEN = 0.05, 0.15
#: And for one that only gives answers of another kind than is told.
_STRANGE = 0.02
#: How much sharing answers with the others counts, as a power; and a share that everyone has.
_SHARED, _LEAST = 2.0, 0.1


Row = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Vote:
    """``candidate`` passes and counts ``weight``. ``voter`` is the body that it was made of, or
    itself; of a voter's candidates that do the same only the heaviest counts."""

    candidate: Candidate
    voter: Candidate
    weight: float


def agreed(
    votes: Sequence[Vote],
    behaviour: Behaviour | None,
    failing: Sequence[float] = (),
    told: Told | None = None,
) -> list[list[Vote]]:
    """The votes by what they are for, that with the most first; within one behaviour the heaviest
    first, then the shortest. ``behaviour`` has a row for each of ``votes``, then for each body that
    fails, which was written ``failing`` times. What is ``told`` of answers doubts others."""
    return [group for _, group in counted(votes, behaviour, failing, told)]


def counted(
    votes: Sequence[Vote],
    behaviour: Behaviour | None,
    failing: Sequence[float] = (),
    told: Told | None = None,
) -> list[tuple[float, list[Vote]]]:
    """As :func:`agreed`, each with what it counts in all."""
    rows = behaviour.variants if behaviour is not None and behaviour.calls else ()
    groups: dict[object, list[Vote]] = {}
    worth: dict[object, float] = {}
    written = _written(votes, rows, failing)
    for index, vote in enumerate(votes):
        row = rows[index] if index < len(rows) else None
        # One of which nothing is known is like no other.
        key: object = index if row is None else essence(row)
        groups.setdefault(key, []).append(vote)
        worth[key] = 1.0
        if row and behaviour is not None:
            worth[key] = _undoubted(row, behaviour, told) * _shared(row, written)
    weights = {key: worth[key] * _together(groups[key]) for key in groups}
    order = sorted(groups, key=lambda key: -weights[key])
    return [(weights[key], sorted(groups[key], key=_within)) for key in order]


def _written(
    votes: Sequence[Vote], rows: Sequence[Row | None], failing: Sequence[float]
) -> list[tuple[Row, float]]:
    """What the bodies that the model wrote answer, and how often it wrote each."""
    times = [vote.weight if vote.voter == vote.candidate else 0.0 for vote in votes] + [*failing]
    pairs = zip(rows, times, strict=False)
    return [(essence(row), weight) for row, weight in pairs if row is not None and weight]


def _shared(row: Row, written: Sequence[tuple[Row, float]]) -> float:
    """By what the votes for such answers are multiplied, since others ``written`` give them too."""
    mine, total, same = essence(row), 0.0, 0.0
    for other, weight in written:
        # That two fail says little: they need not mean to.
        pairs = [
            (one, two)
            for one, two in zip(mine, other, strict=True)
            if one is not None and two is not None and not one == two == "raises"
        ]
        if pairs:
            total += weight
            same += weight * sum(one == two for one, two in pairs) / len(pairs)
    return float(max(_LEAST, same / total) ** _SHARED) if total else 1.0


def _together(votes: Sequence[Vote]) -> float:
    heaviest: dict[Candidate, float] = {}
    for vote in votes:
        heaviest[vote.voter] = max(vote.weight, heaviest.get(vote.voter, 0.0))
    return sum(heaviest.values())


def _undoubted(row: Row, behaviour: Behaviour, told: Told | None) -> float:
    """By what the votes for such answers are multiplied, since they look right or do not."""
    failing = sum(text is not None and text.startswith("raises ") for text in row) / len(row)
    broken = len(behaviour.broken(tuple(row)))
    strange = told.strange(row, behaviour) if told is not None else 0.0
    return float(_FAILING**failing * _BROKEN**broken * _STRANGE**strange)


def _within(vote: Vote) -> tuple[float, int]:
    return -vote.weight, sum(len(edit.new) for edit in vote.candidate.edits)
