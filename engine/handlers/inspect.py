"""``InspectRequest``: which names may stand at a position."""

from __future__ import annotations

import time

from analysis.deadline import Deadline
from analysis.worker.pool import AnalysisPool
from engine.messages import InspectAnswer, InspectRequest


def inspect(request: InspectRequest, pool: AnalysisPool) -> InspectAnswer:
    """Ask ``pool`` and wait for the names, at most until the request's deadline.

    Raises :class:`~analysis.errors.AnalysisError` for a position outside of the text and for an
    interpreter that the user named and that does not work.
    """
    begun = time.monotonic()
    deadline = Deadline.after(request.deadline_ms / 1000)
    names = pool.inspect(request.snapshot, request.line, request.character, deadline).result()
    return InspectAnswer(names, (time.monotonic() - begun) * 1000)
