"""The decode loop: propose, check, accept; on a violation roll back and search (docs/monitors.md).

Knows the order of things: which token next, when to look at what was written, when to stop. What
is looked at ``guidance`` knows, how a wrong name is replaced ``replacing``.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.deadline import Cancellation
from analysis.snapshot import Snapshot
from decoding.completion import Timing
from decoding.errors import CancelledError
from decoding.guidance.evidence import Evidence
from decoding.guidance.policy import Guidance
from decoding.loop.decode_state import DecodeState
from decoding.loop.drafts import Price, PromptLookup
from decoding.loop.early_names import EarlyNames
from decoding.loop.sampling import Sampler, log_total
from decoding.loop.search import SearchReplacer
from decoding.loop.token_buffer import NotTextError
from decoding.loop.written import StopRule, Written
from decoding.monitors.monitor import Monitor
from decoding.monitors.registry import monitors as all_monitors
from decoding.runtimes.runtime import Runtime
from decoding.vocabulary.tokens import Vocabulary

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
        stopped, kept = _Loop(
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
class _Loop:
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
