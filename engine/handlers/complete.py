"""``CompleteRequest``: what should be inserted at a position."""

from __future__ import annotations

from analysis.deadline import Cancellation, Deadline
from analysis.text.lines import LineIndex
from analysis.text.positions import TextError
from decoding.evidence import Evidence
from decoding.writer import InfillRequest, Writer
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
        _offset(request),
        max_tokens=request.max_tokens,
        multiline=request.multiline,
        query_ms=request.deadline_ms,
    )
    guided = evidence if request.guidance else None
    return CompleteAnswer(
        writer.complete(infill, guided, deadline=Deadline.never(), cancellation=cancellation)
    )


def _offset(request: CompleteRequest) -> int:
    """The offset of the request's position."""
    lines = LineIndex(request.snapshot.text)
    if not 0 <= request.line < len(lines):
        raise TextError(
            f"line {request.line} is outside of the text, whose last line is {len(lines) - 1}",
            where=request.snapshot.path,
        )
    width = lines.end(request.line) - lines.start(request.line)
    if not 0 <= request.character <= width:
        raise TextError(
            f"character {request.character} is outside of line {request.line}, which has {width}",
            where=request.snapshot.path,
        )
    return lines.start(request.line) + request.character
