"""From what a loop wrote to what is inserted: corrected, with the tokens it came of."""

from __future__ import annotations

import math
import time
from dataclasses import replace

from decoding.completion import Completion, Piece
from decoding.loop.written import Written
from decoding.postprocess.finish import finish
from decoding.postprocess.site import Site
from decoding.writer import InfillRequest


def filled(
    model: str,
    site: Site,
    request: InfillRequest,
    written: Written,
    begun: float,
    preamble: str = "",
) -> Completion:
    """What ``model`` would have inserted at ``site``, asked at ``begun`` (``time.monotonic``): what
    forming the prompt took, and waiting for its hint, somebody waits for as well. The prompt began
    with ``preamble``."""
    done = finish(site, written.text, multiline=request.multiline, stopped=written.stopped)
    spans = written.within(done.start, done.end) if done.text else []
    mean = sum(span.logprob for span in spans) / len(spans) if spans else -math.inf
    # Line ends may be wider in the file than the one character that models write.
    wider = len(site.newline) - 1

    def shown(at: int) -> int:
        return at - done.start + written.text.count("\n", done.start, at) * wider

    return Completion(
        text=done.text,
        tokens=len(spans),
        confidence=math.exp(mean),
        events=written.events,
        ms=replace(written.timing, total=(time.monotonic() - begun) * 1e3).rounded(),
        model=model,
        prompt_tokens=written.prompt_tokens,
        reused_tokens=written.reused_tokens,
        stopped=written.stopped,
        pieces=tuple(
            Piece(shown(span.start), shown(span.end), round(math.exp(span.logprob), 4))
            for span in spans
        ),
        preamble=preamble,
    )
