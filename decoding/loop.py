"""The decode loop: propose, check, accept; on a violation roll back and search (design.md §3).

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
from decoding.drafts import Price, PromptLookup
from decoding.errors import CancelledError
from decoding.evidence import Evidence
from decoding.guidance import Guidance
from decoding.hurry import Hurry
from decoding.manuscript import NotTextError
from decoding.monitors.monitor import Monitor
from decoding.monitors.registry import monitors as all_monitors
from decoding.page import Page
from decoding.runtimes.runtime import Runtime
from decoding.sampling import Sampler, log_total
from decoding.search_replacer import SearchReplacer
from decoding.vocabulary import Vocabulary
from decoding.written import StopRule, Written

#: Seconds that evidence has for one hole before the monitor abstains (design.md §3, *Time*).
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
    page = Page(runtime, vocabulary, prompt, cancellation, sampler, lookup)
    watching = all_monitors() if monitors is None else tuple(monitors)
    replacer = SearchReplacer(page)
    guidance = Guidance(page.script, replacer, snapshot, offset, evidence, watching, query_deadline)
    try:
        # The hole at the cursor is asked about first: analysis works while the prompt is computed.
        guidance.begin()
        reused = page.feed()
        prefilled = time.monotonic()
        stopped, kept = _Loop(
            page, guidance, replacer, Hurry(page, guidance), sampler, stop, max_tokens
        ).run()
    finally:
        guidance.close()
    _, count = page.script.covering(0, kept)
    finished = time.monotonic()
    return Written(
        text=page.script.text[:kept],
        tokens=tuple(page.script.tokens[:count]),
        spans=tuple(page.script.spans(count)),
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
    page: Page
    guidance: Guidance
    replacer: SearchReplacer
    hurry: Hurry
    sampler: Sampler
    stop: StopRule
    max_tokens: int

    def run(self) -> tuple[str, int]:
        """Write until something stops it; what did, and how many code points are kept."""
        while True:
            if self.page.cancellation.cancelled:
                raise CancelledError
            stopped = self.over() or self.step()
            # Nothing is given away before all of it was judged; where a name is rejected even
            # then, the text has changed and writing goes on.
            if stopped and self.guidance.settle(*stopped, self.page.cancellation):
                return stopped

    def over(self) -> tuple[str, int] | None:
        """Why no further token is wanted, and what is kept of the text."""
        text = self.page.script.text
        if self.guidance.ended is not None:
            return self.guidance.ended
        if self.page.script.tokens and (cut := self.stop.cut(text)) is not None:
            return "rule", cut
        if self.replacer.finished:
            return "end", len(text)
        if len(self.page.script.tokens) >= self.max_tokens:
            return "length", len(text)
        return None

    def step(self) -> tuple[str, int] | None:
        """Write one token, or several where there is no choice; why that cannot be."""
        page = self.page
        logits = page.logits()
        self.replacer.remember(self.guidance.watches, logits)
        token = self.sampler.choose(logits)
        if self.hurry.foresee(token) or self.hurry.forward(logits, token):
            return None
        token = self.hurry.amend(logits, token)
        if page.is_end(token):
            return "end", len(page.script.text)
        try:
            text = page.append(token, float(logits[token]) - log_total(logits))
        except NotTextError:
            return "end", len(page.script.text)
        self.guidance.observe(text)
        self.replacer.remember(self.guidance.watches, logits, before=1)
        self.guidance.check()
        return None
