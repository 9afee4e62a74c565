"""``InspectRequest``: which names may stand at a position."""

from __future__ import annotations

import concurrent.futures
import time

from analysis.deadline import Cancellation, Deadline
from analysis.names import Tier
from analysis.worker.pool import UNANSWERED, AnalysisPool
from decoding.errors import CancelledError
from engine.messages import InspectAnswer, InspectRequest


def inspect(
    request: InspectRequest, pool: AnalysisPool, cancellation: Cancellation
) -> InspectAnswer:
    """Ask ``pool`` and wait for the names, at most until the request's deadline.

    Raises :class:`~decoding.errors.CancelledError` when cancelled, and
    :class:`~analysis.errors.AnalysisError` for a position outside of the text and for an
    interpreter that the user named and that does not work.
    """
    begun = time.monotonic()
    deadline = Deadline.after(request.deadline_ms / 1000)
    asked = pool.inspect(request.snapshot, request.line, request.character, deadline)

    def stop() -> None:
        asked.cancel()

    # One that a newer request has overtaken must not hold a thread that the newer one needs.
    forget = cancellation.on_cancel(stop)
    try:
        names = asked.result()
    except concurrent.futures.CancelledError:
        raise CancelledError from None
    finally:
        forget()
    late = names.tier is Tier.ABSTAIN and names.reason in UNANSWERED
    return InspectAnswer(names, (time.monotonic() - begun) * 1000, late)
