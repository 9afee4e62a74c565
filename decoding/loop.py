"""The decode loop: propose, check, accept; on a violation roll back and search (design.md §3).

Knows the order of things: which token next, when evidence is looked at, when to stop. What a
violation is, monitors know; how a better name is found, ``search`` knows.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from analysis.deadline import Cancellation
from analysis.snapshot import Snapshot
from decoding.completion import Timing
from decoding.errors import CancelledError
from decoding.evidence import Evidence
from decoding.manuscript import Manuscript, NotTextError
from decoding.runtimes.runtime import Runtime
from decoding.sampling import Sampler, log_total
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
) -> Written:
    """Write behind ``prompt`` what goes at ``offset`` (code points) of ``snapshot.text``.

    ``vocabulary`` is the runtime's own. ``evidence`` ``None`` writes unguided. ``query_deadline``
    is in seconds for each hole. Raises :class:`~decoding.errors.CancelledError`; whatever goes
    wrong with evidence is an event, never an exception.
    """
    begun = time.monotonic()
    reused = _feed(runtime, prompt, cancellation)
    prefilled = time.monotonic()
    script = Manuscript()
    ends = runtime.end_tokens()
    stopped, kept = "length", None
    while len(script.tokens) < max_tokens:
        if cancellation.cancelled:
            raise CancelledError
        logits = runtime.logits()
        token = sampler.choose(logits)
        spelled = vocabulary.tokens[token]
        if token in ends or not spelled:
            stopped = "end"
            break
        try:
            script.append(token, spelled, float(logits[token]) - log_total(logits))
        except NotTextError:
            stopped = "end"
            break
        kept = stop.cut(script.text)
        if kept is not None:
            stopped = "rule"
            break
        runtime.evaluate([token], cancellation)
    text = script.text if kept is None else script.text[:kept]
    _, count = script.covering(0, len(text))
    finished = time.monotonic()
    return Written(
        text=text,
        tokens=tuple(script.tokens[:count]),
        logprobs=tuple(script.logprobs[:count]),
        timing=Timing(
            total=(finished - begun) * 1e3,
            prefill=(prefilled - begun) * 1e3,
            decode=(finished - prefilled) * 1e3,
        ),
        stopped=stopped,
        prompt_tokens=len(prompt),
        reused_tokens=reused,
    )


def _feed(runtime: Runtime, prompt: Sequence[int], cancellation: Cancellation) -> int:
    """Evaluate ``prompt``, reusing what the cache holds of it; how many tokens were reused."""
    held = runtime.evaluated()
    # The last token is evaluated in any case: its logits are wanted.
    reused = 0
    while reused < min(len(held), len(prompt) - 1) and held[reused] == prompt[reused]:
        reused += 1
    runtime.truncate(reused)
    runtime.evaluate(prompt[reused:], cancellation)
    return reused
