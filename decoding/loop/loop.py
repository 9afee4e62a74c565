"""The decode loop: let a model write, and replace the names that evidence rejects.

A rejected name is replaced by the best one that the constraint allows: best-first search over
tokens by summed log-probability. The byte that ends a name counts with it: without it, a short name
that begins a longer one wins too often, and a name whose end is not forced is overrun at once by
the same mistake. The search follows one path in each pass, the best one: side by side, paths would
cost a processor most of what they cost one by one, and the cache often holds all of a path that the
model has just written. Where only one name is left on a path, its rest is part of the pass.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from analysis.deadline import Cancellation
from analysis.names import NameSet
from analysis.snapshot import Snapshot
from decoding.errors import CancelledError
from decoding.guidance.active_hole import ActiveHole, closed
from decoding.guidance.evidence import Evidence
from decoding.guidance.policy import Guidance, NoOtherNameError
from decoding.loop.decode_state import DecodeState, NotTextError, Sampler, log_total
from decoding.loop.drafts import PromptLookup, SpeculationCost
from decoding.monitors.monitor import Monitor, Passage, Verdict
from decoding.monitors.registry import monitors as all_monitors
from decoding.runtimes.runtime import Runtime
from decoding.vocabulary.tokens import IDENTIFIER_BYTES, Constraint, Vocabulary
from decoding.writer import StopRule, Timing, Written

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


# --------------------------------------------------------------------------------------------------
# Names that need not be waited for: replaced before they are finished, or written in one batch.
#
# Where evidence has closed the names of a hole while one of them is still growing, what its next
# token makes of it is known: if no name begins so, the search for another starts at once; if only
# one does, the rest of it costs one pass (*fast-forward*, docs/monitors.md).
# --------------------------------------------------------------------------------------------------


#: A model that gives something else at least this probability is left to finish it.
_SURE = 0.9
#: Bytes that go on with a name, to be stripped.
IDENTIFIER = bytes(sorted(IDENTIFIER_BYTES))


class EarlyNames:
    """Looks at each proposed token before it is written."""

    def __init__(self, state: DecodeState, guidance: Guidance) -> None:
        self._state, self._guidance = state, guidance
        #: A text that ends with a name which was completed without a choice and has to end now.
        self._must_end: tuple[str, Constraint] | None = None

    def foresee(self, token: int) -> bool:
        """If no name begins with what ``token`` would make of one, replace the name at once instead
        of letting it finish; whether something else was written."""
        found = self._growing()
        spelled = self._state.vocabulary.tokens[token]
        if found is None or not spelled or spelled[0] not in IDENTIFIER_BYTES:
            return False
        active, names, state = found
        more = spelled[: len(spelled) - len(spelled.lstrip(IDENTIFIER))]
        if state.advance(more) is not None:
            return False
        passage = self._guidance.passage(active)
        name = passage.name + more.decode("utf-8", "ignore")
        if any(known.startswith(name) for known in names.spellings()):
            return False  # one that is not to be chosen, but that the model may write
        # As if it were read: what may still turn out to be something else is left to finish.
        called = Passage(passage.before, f"{name}(", passage.after)
        if active.judge(names, called)[0] is not Verdict.REJECTED:
            return False
        return self._guidance.reject(active, names, name)

    def forward(self, logits: Logits, token: int) -> bool:
        """If a name can only go on in one way, write all of it at once; whether that was so.

        ``token`` is what the sampler proposes. A model that is sure of something else is left to
        finish it, and judged then.
        """
        found = self._growing()
        if found is None or not self._guidance.passage(found[0]).name:
            return False
        allowed = found[2]
        rest = allowed.only()
        if not rest:
            return False
        state, spelled = self._state, self._state.vocabulary.tokens[token]
        total = log_total(logits)
        if allowed.advance(spelled or b"\n") is None and logits[token] - total > math.log(_SURE):
            return False
        text = rest.decode("utf-8", errors="ignore")
        tokens = state.runtime.tokenize(text)
        if state.vocabulary.spelling(tokens) != rest or tokens == [token]:
            return False
        logprobs = [float(logits[tokens[0]]) - total]
        rows = state.evaluate(tokens)
        for row, following in zip(rows, tokens[1:], strict=False):
            logprobs.append(float(row[following]) - log_total(row))
        for one, logprob in zip(tokens, logprobs, strict=True):
            self._guidance.observe(state.append(one, logprob))
        ended = allowed.advance(rest)
        self._must_end = (state.buffer.text, ended) if ended else None
        return True

    def amend(self, logits: Logits, token: int) -> int:
        """``token``, or the most probable one that ends a name which was written in advance."""
        forced, self._must_end = self._must_end, None
        spelled = self._state.vocabulary.tokens[token]
        if forced is None or forced[0] != self._state.buffer.text:
            return token
        if not spelled or spelled[0] not in IDENTIFIER_BYTES:
            return token
        allowed = forced[1]
        ends = np.array(sorted(self._state.runtime.end_tokens()), np.int32)
        every = np.concatenate([allowed.ending(self._state.vocabulary), ends])
        return int(every[np.argmax(logits[every])])

    def _growing(self) -> tuple[ActiveHole, NameSet, Constraint] | None:
        """The name that is or may now be in progress, where evidence has closed it: the hole, the
        names, and how far their constraint has come."""
        if self._must_end is not None or not self._guidance.active_holes:
            return None
        active = self._guidance.active_holes[-1]
        may_be_new = "may_store" in active.hole.guards and active.hole.receiver_text in (
            "self",
            "cls",
        )
        if not active.certain or may_be_new:
            return None
        names = active.query.poll()
        if names is None or not closed(names):
            return None
        passage = self._guidance.passage(active)
        if not passage.growing:
            return None
        constraint = active.constraint(names)
        allowed = constraint and constraint.advance(self._state.buffer.spelled(active.base))
        return (active, names, allowed) if allowed else None


# --------------------------------------------------------------------------------------------------
# The decode loop: propose, check, accept; on a violation roll back and search (docs/monitors.md).
#
# Knows the order of things: which token next, when to look at what was written, when to stop. What
# is looked at ``guidance`` knows, how a wrong name is replaced ``replacing``.
# --------------------------------------------------------------------------------------------------


#: Seconds that evidence has for one hole before the monitor abstains (docs/monitors.md).
QUERY_DEADLINE = 0.3


def write(
    runtime: Runtime,
    prompt: Sequence[int],
    *,
    vocabulary: Vocabulary,
    snapshot: Snapshot,
    offset: int,
    evidence: Evidence | None,
    sampler: Sampler,
    stop: StopRule,
    max_tokens: int,
    cancellation: Cancellation,
    query_deadline: float = QUERY_DEADLINE,
    monitors: Sequence[Monitor] | None = None,
    drafts: SpeculationCost | None = None,
) -> Written:
    """Write behind ``prompt`` what goes at ``offset`` (code points) of ``snapshot.text``.

    ``vocabulary`` is the runtime's own. ``evidence`` ``None`` writes unguided; ``monitors``
    ``None`` are all that are installed. ``query_deadline`` is in seconds for each hole. ``drafts``
    guesses ahead where that is worth its price, which changes the time alone. A name that is chosen
    anew may run a few tokens past ``max_tokens``. Raises
    :class:`~decoding.errors.CancelledError`; whatever goes wrong with evidence is an event, never
    an exception.
    """
    begun = time.monotonic()
    lookup = PromptLookup(prompt, drafts) if drafts is not None else None
    state = DecodeState(runtime, vocabulary, prompt, cancellation, sampler, lookup)
    watching = all_monitors() if monitors is None else tuple(monitors)
    replacer = SearchReplacer(state)
    guidance = Guidance(
        state.buffer, replacer, snapshot, offset, evidence, watching, query_deadline
    )
    try:
        # The hole at the cursor is asked about first: analysis works while the prompt is computed.
        guidance.begin()
        reused = state.feed()
        prefilled = time.monotonic()
        stopped, kept = _DecodeLoop(
            state, guidance, replacer, EarlyNames(state, guidance), sampler, stop, max_tokens
        ).run()
    finally:
        guidance.close()
    _, count = state.buffer.covering(0, kept)
    finished = time.monotonic()
    return Written(
        text=state.buffer.text[:kept],
        tokens=tuple(state.buffer.tokens[:count]),
        spans=tuple(state.buffer.spans(count)),
        events=guidance.events(kept),
        timing=Timing(
            total=(finished - begun) * 1e3,
            prefill=(prefilled - begun) * 1e3,
            decode=(finished - prefilled) * 1e3,
            analysis=guidance.waited * 1e3,
        ),
        stopped=stopped,
        prompt_tokens=len(prompt),
        reused_tokens=reused,
    )


@dataclass(frozen=True, slots=True)
class _DecodeLoop:
    state: DecodeState
    guidance: Guidance
    replacer: SearchReplacer
    early: EarlyNames
    sampler: Sampler
    stop: StopRule
    max_tokens: int

    def run(self) -> tuple[str, int]:
        """Write until something stops it; what did, and how many code points are kept."""
        while True:
            if self.state.cancellation.cancelled:
                raise CancelledError
            stopped = self.over() or self.step()
            # Nothing is given away before all of it was judged; where a name is rejected even
            # then, the text has changed and writing goes on.
            if stopped and self.guidance.settle(*stopped, self.state.cancellation):
                return stopped

    def over(self) -> tuple[str, int] | None:
        """Why no further token is wanted, and what is kept of the text."""
        text = self.state.buffer.text
        if self.guidance.ended is not None:
            return self.guidance.ended
        if self.state.buffer.tokens and (cut := self.stop.cut(text)) is not None:
            return "rule", cut
        if self.replacer.finished:
            return "end", len(text)
        if len(self.state.buffer.tokens) >= self.max_tokens:
            return "length", len(text)
        return None

    def step(self) -> tuple[str, int] | None:
        """Write one token, or several where there is no choice; why that cannot be."""
        state = self.state
        logits = state.logits()
        self.replacer.remember(self.guidance.active_holes, logits)
        token = self.sampler.choose(logits)
        if self.early.foresee(token) or self.early.forward(logits, token):
            return None
        token = self.early.amend(logits, token)
        if state.is_end(token):
            return "end", len(state.buffer.text)
        try:
            text = state.append(token, float(logits[token]) - log_total(logits))
        except NotTextError:
            return "end", len(state.buffer.text)
        self.guidance.observe(text)
        self.replacer.remember(self.guidance.active_holes, logits, before=1)
        self.guidance.check()
        return None
