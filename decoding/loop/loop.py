"""The decode loop: let a model write, and hold what it writes against evidence."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.deadline import Cancellation
from analysis.names import NameSet
from analysis.snapshot import Snapshot
from decoding.completion import StopRule, Timing, Written
from decoding.errors import CancelledError
from decoding.guidance.active_hole import ActiveHole, closed
from decoding.guidance.evidence import Evidence
from decoding.guidance.policy import Guidance
from decoding.loop.decode_state import DecodeState, NotTextError, Sampler, log_total
from decoding.loop.drafts import Price, PromptLookup
from decoding.loop.search import SearchReplacer
from decoding.monitors.monitor import Monitor, Passage, Verdict
from decoding.monitors.registry import monitors as all_monitors
from decoding.runtimes.runtime import Runtime
from decoding.vocabulary.constraint import Constraint
from decoding.vocabulary.tokens import IDENTIFIER_BYTES, Vocabulary

if TYPE_CHECKING:
    from decoding.runtimes.runtime import Logits

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
    drafts: Price | None = None,
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
