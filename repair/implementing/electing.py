"""The bodies that pass put to the vote: by what each answers, and edits by how likely they are.

The calls are run by ``trials``, the votes counted in ``agreement``. Where no body passes as it was
written, edits of different bodies stand against each other, and few of them share what they do:
there each is judged, by a model too, as patches are (``choice``).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from analysis.deadline import Cancellation, Deadline, bounded
from decoding.errors import CancelledError
from repair.candidates.candidate import Candidate
from repair.choice.agreement import Vote, agreed, counted
from repair.choice.kinds import Told, kinds_told
from repair.implementing.bodies import Body
from repair.implementing.retouching import DISCOUNT
from repair.sandbox.run import Behaviour
from repair.search.trials import Trials
from repair.source.stub import Stub

#: Bodies that pass between which is chosen, and that fail with whose answers theirs are compared.
_CHOSEN_FROM, _COMPARED = 24, 16
#: Edits that the model judges at most, and of one behaviour.
_JUDGED, _JUDGED_ALIKE = 12, 2

#: Raises :class:`~decoding.errors.CancelledError` when cancelled.
Judge = Callable[[Candidate, Cancellation], float]


@dataclass(frozen=True)
class Elected:
    """``ranking`` is what to try, the best first; ``candidates`` are what ``behaviour`` tells of,
    in its order. ``shares`` has the part of all votes that each of them stands for, together with
    those that do the same, where it was seen what they do; ``rivals`` counts what else they do.
    ``edits`` are those that the model did not write so."""

    ranking: tuple[Candidate, ...]
    candidates: tuple[Candidate, ...]
    behaviour: Behaviour | None
    shares: Mapping[Candidate, float] = field(default_factory=dict)
    rivals: int = 0
    edits: frozenset[Candidate] = frozenset()


@dataclass(frozen=True)
class Election:
    """Elects bodies of ``stub``. ``judge`` says how likely an edited one is, as a logarithm, unless
    it is cancelled; ``weakness`` why passing the tests says little, if it does."""

    stub: Stub
    trials: Trials
    judge: Judge | None = None
    weakness: str = ""

    def elect(
        self,
        votes: Sequence[Vote],
        failing: Sequence[Body],
        until: Deadline,
        cancellation: Cancellation,
    ) -> Elected:
        """Rank the candidates of the heaviest ``votes``; they are judged ``until`` then.

        Raises what judging does, :class:`~decoding.errors.CancelledError` when cancelled.
        """
        votes = _heaviest(votes)
        failing = sorted(failing, key=lambda body: -body.draws)[:_COMPARED]
        draws = [body.draws for body in failing]
        candidates = [vote.candidate for vote in votes]
        others = [body.candidate for body in failing]
        seen = self.trials.behave([*candidates, *others]) if len(votes) > 1 else None
        if seen is not None:
            # A stub answers nothing, so no body changes what it answers.
            seen = replace(seen, original=(None,) * len(seen.calls))
        groups = counted(votes, seen, draws, self._told())
        edited = all(vote.candidate != vote.voter for vote in votes)
        if self.judge is not None and edited and len(groups) > 1:
            weights = _judged([group for _, group in groups], self.judge, until, cancellation)
            votes = [replace(vote, weight=weights[vote.candidate]) for vote in votes]
            groups = counted(votes, seen, draws, self._told())
        ranking = tuple(vote.candidate for _, group in groups for vote in group)
        edits = frozenset(vote.candidate for vote in votes if vote.candidate != vote.voter)
        if seen is None or not seen.calls:
            return Elected(ranking, tuple(candidates), seen, edits=edits)
        total = sum(weight for weight, _ in groups) or 1.0
        shares = {v.candidate: weight / total for weight, group in groups for v in group}
        return Elected(ranking, tuple(candidates), seen, shares, len(groups) - 1, edits)

    def settled(self, votes: Sequence[Vote]) -> bool:
        """Whether two bodies that pass as they were written do the same, and no others as many;
        one alone is believed, unless the tests are weak."""
        own = _heaviest([vote for vote in votes if vote.candidate == vote.voter])
        seen = self.trials.behave([vote.candidate for vote in own]) if len(own) > 1 else None
        counts = [sum(vote.weight for vote in group) for group in agreed(own, seen)]
        first, second, *_ = *sorted(counts, reverse=True), 0.0, 0.0
        return first > max(1.0, second) or (not second and not self.weakness)

    def _told(self) -> Told:
        return Told(self.stub.name, kinds_told(self.stub.node.returns))


def _judged(
    groups: Sequence[Sequence[Vote]], judge: Judge, until: Deadline, cancellation: Cancellation
) -> dict[Candidate, float]:
    """What each edit weighs then; one of each behaviour is judged first, and those for which there
    is no time weigh next to nothing. Where there is time for none, all weigh what they did."""
    turns = itertools.zip_longest(*(group[:_JUDGED_ALIKE] for group in groups))
    scores: dict[Candidate, float] = {}
    with bounded(until, cancellation) as inner:
        for vote in filter(None, itertools.chain.from_iterable(turns)):
            if len(scores) == _JUDGED:
                break
            try:
                scores[vote.candidate] = judge(vote.candidate, inner)
            except CancelledError:
                if cancellation.cancelled:
                    raise
                break
    if not scores:
        return {vote.candidate: vote.weight for group in groups for vote in group}
    best = max(scores.values())
    weights = {edited: math.exp(score - best) for edited, score in scores.items()}
    least = min(weights.values())
    return {
        vote.candidate: DISCOUNT * weights.get(vote.candidate, least * vote.weight)
        for group in groups
        for vote in group
    }


def _heaviest(votes: Sequence[Vote]) -> list[Vote]:
    return sorted(votes, key=lambda vote: -vote.weight)[:_CHOSEN_FROM]
