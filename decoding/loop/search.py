"""The best name that a constraint allows: best-first search over tokens by summed log-probability.

Knows a decode state and a constraint; nothing of code. The byte that ends a name counts with it:
without it, a short name that begins a longer one wins too often, and a name whose end is not forced
is overrun at once by the same mistake.

One path a pass, the best one: beside each other they would cost a processor most of what they cost
one by one, and the cache holds what a path begins with, often all of it, since the model has just
written it. Where just one name is left on a path, the rest of it is part of the pass.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from decoding.errors import CancelledError
from decoding.guidance.active_hole import ActiveHole
from decoding.guidance.policy import NoOtherNameError
from decoding.loop.decode_state import DecodeState, NotTextError, log_total
from decoding.vocabulary.constraint import Constraint

if TYPE_CHECKING:
    from decoding.runtimes.runtime import Logits

#: Forward passes after which the search takes the best whole name it has, or follows the best path
#: to one, instead of looking around: as many as the text has tokens so far, so that a name costs
#: no more than what stands before it, within these bounds. Names are one to three tokens long under
#: the vocabularies we know; at ten rejected names of development packages the search took 1.7
#: passes in the mean and 3 at most, and chose the same with 3 as with 6.
LEAST, PASSES = 3, 6
#: How many ways on from one state of a constraint are worth remembering.
_WIDTH = 24


@dataclass(frozen=True, slots=True)
class FoundName:
    """A name and the token that ends it.

    ``tokens`` begin where the constraint began. ``ends`` is true where the model ends the text
    behind the name; then no token behind the name is among ``tokens``. ``logprobs`` (nats) are
    unconstrained, one a token. ``passes`` counts forward passes.
    """

    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    ends: bool
    passes: int


@dataclass(order=True, slots=True)
class _Node:
    """``cost`` is the negative sum of log-probabilities; ``turn`` breaks ties by age."""

    cost: float
    turn: int
    tokens: tuple[int, ...] = field(compare=False)
    logprobs: tuple[float, ...] = field(compare=False)
    automaton: Constraint = field(compare=False)
    done: bool = field(compare=False, default=False)
    ends: bool = field(compare=False, default=False)


def best_name(
    state: DecodeState, constraint: Constraint, *, kept: int, root: Logits | None
) -> FoundName | None:
    """The most probable way through ``constraint`` behind the first ``kept`` written tokens.

    ``root`` are the logits there if the caller has them. The state is not changed, its cache is.
    ``None`` only where the vocabulary has no token for a needed byte. Raises
    :class:`~decoding.errors.CancelledError`.
    """
    search = _Search(state, state.buffer.tokens[:kept])
    start = _Node(0.0, 0, (), (), constraint)
    search.expand(start, state.logits_behind(search.kept) if root is None else root)
    while search.frontier:
        best = search.frontier[0]
        if search.passes >= search.budget:
            # A whole name will do now, if there is one.
            best = min((node for node in search.frontier if node.done), default=best)
        if best.done:
            return FoundName(best.tokens, best.logprobs, best.ends, search.passes)
        search.look()
    return None


class _Search:
    def __init__(self, state: DecodeState, kept: Sequence[int]) -> None:
        self.state, self.kept = state, kept
        self.vocabulary = state.vocabulary
        self.frontier: list[_Node] = []
        self.passes = 0
        self.budget = min(max(LEAST, len(kept)), PASSES)
        self._turn = 0
        self._ends = np.array(sorted(state.runtime.end_tokens()), np.int32)

    def look(self) -> None:
        """One forward pass: expand the best path, which is no whole name yet."""
        if self.state.cancellation.cancelled:
            raise CancelledError
        node = heapq.heappop(self.frontier)
        if self.passes >= self.budget:
            # Deeper only: whatever is reached from here is a whole name.
            self.frontier.clear()
        self.passes += 1
        path, rest = [*self.kept, *node.tokens], self._forced(node.automaton)
        if not rest:
            self.expand(node, self.state.logits_behind(path))
            return
        rows = self.state.rows_behind([*path, *rest], 1 + len(rest))
        for token, row in zip(rest, rows, strict=False):
            automaton = node.automaton.advance(self.vocabulary.tokens[token])
            assert automaton is not None, "what is left of a name leads to it"
            node = self._onward(node, token, float(row[token]) - log_total(row), automaton)
        self.expand(node, rows[-1])

    def _forced(self, automaton: Constraint) -> list[int]:
        """The canonical tokens of what is left of the name, where it is the only one."""
        rest = automaton.only()
        if not rest:
            return []
        tokens = self.state.runtime.tokenize(rest.decode("utf-8", "ignore"))
        return tokens if self.vocabulary.spelling(tokens) == rest else []

    def expand(self, node: _Node, logits: Logits) -> None:
        total = log_total(logits)
        if node.automaton.complete:
            self._end(node, logits, total)
        ids = node.automaton.onward(self.vocabulary)
        if len(ids) > _WIDTH:
            ids = ids[np.argpartition(logits[ids], len(ids) - _WIDTH)[-_WIDTH:]]
        for token in sorted(ids.tolist()):
            following = node.automaton.advance(self.vocabulary.tokens[token])
            if following is not None:
                logprob = float(logits[token]) - total
                heapq.heappush(self.frontier, self._onward(node, token, logprob, following))

    def _end(self, node: _Node, logits: Logits, total: float) -> None:
        """The name ends here: its weight is that of all tokens that would end it."""
        every = np.concatenate([node.automaton.ending(self.vocabulary), self._ends])
        if not len(every):
            return
        weight = log_total(logits[every]) - total
        best = int(every[np.argmax(logits[every])])
        self._turn += 1
        ends = best in self._ends
        mine = float(logits[best]) - total
        heapq.heappush(
            self.frontier,
            _Node(
                node.cost - weight,
                self._turn,
                node.tokens if ends else (*node.tokens, best),
                node.logprobs if ends else (*node.logprobs, mine),
                node.automaton,
                done=True,
                ends=ends,
            ),
        )

    def _onward(self, node: _Node, token: int, logprob: float, automaton: Constraint) -> _Node:
        self._turn += 1
        return _Node(
            node.cost - logprob,
            self._turn,
            (*node.tokens, token),
            (*node.logprobs, logprob),
            automaton,
            done=automaton.ended,
        )


class SearchReplacer:
    """A ``Replacer`` over one decode state. ``finished`` says that the model ends
    the text after the name that it wrote last."""

    def __init__(self, state: DecodeState) -> None:
        self._state = state
        self.finished = False

    def remember(self, active_holes: Iterable[ActiveHole], logits: Logits, before: int = 0) -> None:
        """``logits`` stand behind all tokens but the last ``before``: keep a copy for the
        active holes whose search would start there."""
        here = len(self._state.buffer.tokens) - before
        for active in active_holes:
            if active.base == here and active.root is None:
                active.root = logits.copy()

    def instead(self, active: ActiveHole, constraint: Constraint) -> Iterator[str]:
        """See ``Replacer``. Raises
        :class:`~decoding.errors.CancelledError`."""
        choice = best_name(self._state, constraint, kept=active.base, root=active.root)
        if choice is None:
            raise NoOtherNameError("the vocabulary cannot spell another")
        return self._write(active.base, choice)

    def _write(self, base: int, choice: FoundName) -> Iterator[str]:
        self._state.buffer.cut(base)
        self.finished = choice.ends
        try:
            for token, logprob in zip(choice.tokens, choice.logprobs, strict=True):
                yield self._state.append(token, logprob)
        except NotTextError:
            # The name is whole; only what the last token says behind it is no text.
            self.finished = True
