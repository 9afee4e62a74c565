"""``CompleteRequest``: what should be inserted at a position."""

from __future__ import annotations

from analysis.deadline import Cancellation, Deadline
from decoding.guidance.evidence import Evidence
from decoding.writer import InfillRequest, Writer
from engine.handlers.place import offset_of
from engine.messages import CompleteAnswer, CompleteRequest


def complete(
    request: CompleteRequest,
    writer: Writer,
    evidence: Evidence | None,
    cancellation: Cancellation,
) -> CompleteAnswer:
    """Let ``writer`` fill the hole; without ``request.guidance``, ``evidence`` is not asked.

    Raises :class:`~analysis.text.positions.TextError` for a position outside of the text and
    :class:`~decoding.errors.CancelledError` when cancelled.
    """
    snapshot = request.snapshot
    infill = InfillRequest(
        snapshot,
        offset_of(snapshot, request.line, request.character),
        max_tokens=request.max_tokens,
        multiline=request.multiline,
        query_ms=request.deadline_ms,
    )
    guided = evidence if request.guidance else None
    return CompleteAnswer(
        writer.complete(infill, guided, deadline=Deadline.never(), cancellation=cancellation)
    )
