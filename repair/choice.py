"""Which of several plausible patches is the likeliest, by the model's own measure.

The log-probability of the changed lines in their place minus that of the lines they replace, plus
the logarithm of the candidate's own value: a prior by template and place. The measurement that
led here: issue D (56 instead of 50 of 82 programs right).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.deadline import Cancellation, Deadline
from decoding.writer import Writer
from repair.candidates.candidate import Candidate
from repair.source import Source

#: Code points before the change that the model reads, and lines behind it that must still fit.
_BEFORE = 2000
_LINES_AFTER = 2
#: Plausible patches that the model judges at most.
_JUDGED = 10


@dataclass(frozen=True, slots=True)
class Ranked:
    """A plausible candidate with its score; higher is better."""

    candidate: Candidate
    score: float


def rank(
    source: Source,
    candidates: Sequence[Candidate],
    writer: Writer | None,
    until: Deadline,
    cancellation: Cancellation,
) -> list[Ranked]:
    """The candidates, best first. Without a ``writer`` value and size of the change decide.

    The model judges as many of the likeliest as it can ``until`` then; the others stay behind
    those. Raises :class:`~decoding.errors.DecodingError`, when cancelled too.
    """
    plain = [
        Ranked(candidate, math.log(max(candidate.value, 1e-6)) - 0.01 * _size(candidate))
        for candidate in candidates
    ]
    plain.sort(key=lambda r: -r.score)
    if writer is None or len(plain) < 2:
        return plain
    known: dict[tuple[int, int], float] = {}
    judged: list[Ranked] = []
    for ranked in plain[:_JUDGED]:
        if until.expired():
            break
        gain = _gain(source, ranked.candidate, writer, known, cancellation)
        judged.append(Ranked(ranked.candidate, ranked.score + gain))
    judged.sort(key=lambda r: -r.score)
    return [*judged, *plain[len(judged) :]]


def _gain(
    source: Source,
    candidate: Candidate,
    writer: Writer,
    known: dict[tuple[int, int], float],
    cancellation: Cancellation,
) -> float:
    """How much likelier the changed lines are than the old ones; ``known`` keeps those."""
    first = source.line_of(min(edit.start for edit in candidate.edits))
    last = source.line_of(max(edit.end for edit in candidate.edits))
    start = source.line_starts[first - 1]
    behind = min(last + _LINES_AFTER, len(source.line_starts))
    end = source.line_starts[behind] if behind < len(source.line_starts) else len(source.text)
    before = source.text[max(0, start - _BEFORE) : start]
    if (start, end) not in known:
        old = source.text[start:end]
        known[start, end] = writer.score(before, old, cancellation=cancellation)
    grown = sum(len(edit.new) - (edit.end - edit.start) for edit in candidate.edits)
    new = source.apply(candidate.edits)[start : end + grown]
    return writer.score(before, new, cancellation=cancellation) - known[start, end]


def _size(candidate: Candidate) -> int:
    return sum(len(edit.new) + edit.end - edit.start for edit in candidate.edits)
