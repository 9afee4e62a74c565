"""What a prompt begins with: the caller's words, else the hint of the place the cursor rests at.

Knows when a hint is asked for, for every way of writing alike; what one says ``hint`` knows.
"""

from __future__ import annotations

from collections.abc import Callable

from analysis.deadline import Cancellation, Deadline
from decoding.evidence import Evidence
from decoding.hint import HintRules, hint_for
from decoding.prompts.anchor import Prompter
from decoding.prompts.window import Tokenize
from decoding.writer import InfillRequest


def preamble(
    request: InfillRequest,
    evidence: Evidence | None,
    rules: HintRules,
    prompter: Prompter,
    tokenize: Tokenize,
    *,
    deadline: Deadline,
    cancellation: Cancellation,
    cheap: Callable[[], bool] = lambda: True,
) -> str:
    """The preamble of the prompt for ``request``.

    A hint is formed where the cursor comes to rest and stays while somebody types there. ``cheap``
    says whether a prompt that begins with another one may be read anew; where not, the last one
    stays. Waits for evidence as long as the request allows, but not past ``deadline``. Raises
    :class:`~decoding.errors.CancelledError`.
    """
    snapshot = request.snapshot
    if request.preamble or evidence is None or not (rules.kinds or rules.parts):
        return request.preamble
    offset = min(max(request.offset, 0), len(snapshot.text))
    held = prompter.held(snapshot.path, snapshot.text, offset)
    if held is not None:
        return held
    if not cheap():
        return prompter.last(snapshot.path)
    waiting = Deadline.after(min(request.query_ms / 1000, deadline.remaining()))
    hint = hint_for(snapshot, offset, evidence, rules, tokenize, waiting, cancellation)
    return prompter.last(snapshot.path) if hint is None else hint
