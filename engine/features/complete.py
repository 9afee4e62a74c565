"""The text to insert at a position."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analysis.snapshot import Snapshot
from decoding.writer import Completion
from engine.request import Caller, Lane, Request, Route

if TYPE_CHECKING:
    from analysis.deadline import Cancellation
    from decoding.guidance.evidence import Evidence
    from decoding.writer import Writer
    from engine.context import Context


@dataclass(frozen=True, slots=True)
class CompleteAnswer:
    """The completion, ``text`` empty for silence."""

    completion: Completion


@dataclass(frozen=True, slots=True)
class CompleteRequest(Request[CompleteAnswer]):
    """What should be inserted at a position? ``deadline_ms`` bounds each wait for evidence."""

    snapshot: Snapshot
    line: int
    character: int
    guidance: bool = True
    max_tokens: int = 48
    multiline: bool = False
    deadline_ms: int = 300


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
    from analysis.deadline import Deadline
    from decoding.writer import InfillRequest

    infill = InfillRequest(
        request.snapshot,
        request.snapshot.offset(request.line, request.character),
        max_tokens=request.max_tokens,
        multiline=request.multiline,
        query_ms=request.deadline_ms,
    )
    guided = evidence if request.guidance else None
    return CompleteAnswer(
        writer.complete(infill, guided, deadline=Deadline.never(), cancellation=cancellation)
    )


def _run(request: CompleteRequest, context: Context, caller: Caller) -> CompleteAnswer:
    evidence = context.knowledge() if request.guidance else None
    with context.writers.completing(caller.cancellation) as writer:
        completion = complete(request, writer, evidence, caller.cancellation).completion
    if completion.text and completion.confidence < context.machine.confidence_threshold:
        # The user wants silence instead of what is less sure.
        completion = replace(completion, text="", stopped="unsure")
    return CompleteAnswer(completion)


def _document(request: CompleteRequest) -> object:
    snapshot = request.snapshot
    return (snapshot.workspace.root, snapshot.path or snapshot.buffer)


ROUTE = Route(CompleteRequest, CompleteAnswer, _run, Lane.MODEL, document=_document)
