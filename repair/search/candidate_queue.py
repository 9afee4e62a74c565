"""What the search tries next: whatever promises the most for the time that it takes.

Candidates come with a value. Those that ran out of time come again with more of it, and edits that
fix a part come back joined with others; both wait until the untried ones are worth less by the
second than they are. So a program that is slow by nature gets its turn, and one that hangs costs
little.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from repair.candidates.candidate import Candidate
from repair.search.trials import Trial

#: How much longer a candidate may take when it is tried again, time after time.
PATIENCE = (1.0, 8.0, 60.0)
#: How likely one that ran out of time is right all the same, compared with before: where the
#: program as it is comes to an end, and where it hangs, as most changes of it do then too.
_AGAIN, _AGAIN_HUNG = 0.5, 0.2
#: Edits that fix a part: two that fix all together are worth this much, two that fix more than
#: each, and those of which only the progress is known.
_PAIR_OF_ALL, _PAIR_OF_MORE, _PAIR = 1.0, 0.5, 0.2
#: The best of them are joined with the likeliest of everything else, worth this share of those.
_BASES = (0.3, 0.2, 0.1)
_PARTNERS = 400
_PARTIAL_PAIRED = 12
#: Between the kinds of edits that are tried together.
_JOIN = " + "


@dataclass(frozen=True, slots=True)
class Turn:
    """A candidate and by how much the time is multiplied that it may take."""

    candidate: Candidate
    patience: float = PATIENCE[0]


class CandidateQueue:
    """The turns of one search. ``cost`` tells the seconds that a turn is expected to take, which it
    may learn meanwhile; ``failing`` are the tests to fix, ``hung`` whether one of them does not
    end."""

    def __init__(
        self,
        queue: Sequence[Candidate],
        cost: Callable[[Candidate, float], float],
        failing: frozenset[str],
        hung: bool,
    ) -> None:
        self._cost = cost
        self._failing = failing
        self._again = _AGAIN_HUNG if hung else _AGAIN
        self._untried = sorted(queue, key=lambda c: -c.value)
        # Those that cost the same now will later too, whatever that is then.
        alike: dict[float, list[Candidate]] = {}
        for candidate in self._untried:
            alike.setdefault(cost(candidate, PATIENCE[0]), []).append(candidate)
        self._fresh = [deque(candidates) for candidates in alike.values()]
        self._whole = {c.edits: c for c in queue if len(c.edits) > 1}
        self._serial = itertools.count()
        self._waiting: list[tuple[float, int, Turn | Iterator[tuple[float, Turn]], Turn]] = []
        self._partial: list[Trial] = []
        self._bases = 0

    def pop(self) -> Turn | None:
        """What is worth the most now, or ``None`` when nothing is left."""
        fresh = max(filter(None, self._fresh), key=lambda c: self._worth(c[0]), default=None)
        least = self._worth(fresh[0]) if fresh else -1.0
        if self._waiting and -self._waiting[0][0] >= least:
            _worth, _serial, source, turn = heapq.heappop(self._waiting)
            if not isinstance(source, Turn):
                self._push_next(source)
            return turn
        return Turn(fresh.popleft()) if fresh else None

    def worth(self) -> float:
        """What the next turn is worth by the second; 0 where nothing is left."""
        fresh = max((self._worth(each[0]) for each in self._fresh if each), default=0.0)
        return max(fresh, -self._waiting[0][0] if self._waiting else 0.0)

    def _worth(self, candidate: Candidate) -> float:
        return candidate.value / self._cost(candidate, PATIENCE[0])

    def slow(self, turn: Turn) -> None:
        """``turn`` ran out of time: it waits to be tried with more."""
        later = [patience for patience in PATIENCE if patience > turn.patience]
        if later:
            again = Turn(turn.candidate, later[0])
            chance = self._again ** PATIENCE.index(later[0])
            self._push(chance * turn.candidate.value / self._seconds(again), again)

    def partial(self, trial: Trial) -> None:
        """``trial`` fixed a part: it comes back with others that do, and with anything else.

        What was joined already is not joined again: much together passes for no good reason.
        """
        if _JOIN in trial.candidate.strategy:
            return
        places = {_place(known.candidate) for known in self._partial}
        if _place(trial.candidate) in places:
            return
        for known in self._partial:
            for pair in self._joined(known.candidate, trial.candidate):
                both = known.fixed | trial.fixed
                value = _PAIR
                if both > known.fixed and both > trial.fixed:
                    value = _PAIR_OF_ALL if both >= self._failing else _PAIR_OF_MORE
                turn = Turn(pair)
                self._push(value / self._seconds(turn), turn)
        if self._bases < len(_BASES):
            share = _BASES[self._bases]
            self._bases += 1
            self._push_next(self._with_anything(trial.candidate, share))
        self._partial.append(trial)
        self._partial.sort(key=lambda t: (-t.gained, -t.candidate.value))
        del self._partial[_PARTIAL_PAIRED:]

    def _with_anything(self, base: Candidate, share: float) -> Iterator[tuple[float, Turn]]:
        likeliest = heapq.nlargest(_PARTNERS, self._untried, key=self._worth)
        for partner in likeliest:
            for pair in self._joined(base, partner):
                yield share * self._worth(partner), Turn(pair)

    def _joined(self, one: Candidate, other: Candidate) -> Iterator[Candidate]:
        """Both together, unless they touch the same text; one edit of a kind that is known to
        change both places is that."""
        edits = tuple(sorted((*one.edits, *other.edits), key=lambda e: (e.start, e.end)))
        if all(left.end <= right.start for left, right in itertools.pairwise(edits)):
            kinds = f"{one.strategy}{_JOIN}{other.strategy.partition(': ')[2] or other.strategy}"
            pair = Candidate(edits, kinds, one.value * other.value, one.line)
            yield self._whole.get(edits, pair)

    def _push_next(self, source: Iterator[tuple[float, Turn]]) -> None:
        for worth, turn in itertools.islice(source, 1):
            heapq.heappush(self._waiting, (-worth, next(self._serial), source, turn))

    def _push(self, worth: float, turn: Turn) -> None:
        heapq.heappush(self._waiting, (-worth, next(self._serial), turn, turn))

    def _seconds(self, turn: Turn) -> float:
        return self._cost(turn.candidate, turn.patience)


def _place(candidate: Candidate) -> tuple[int, int]:
    return candidate.edits[0].start, candidate.edits[0].end
