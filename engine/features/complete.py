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


#: A block is written where the model writes at least ``_BLOCK_LEAST`` tokens in so many seconds: a
#: line takes two slow cores as long. By judgement.
_BLOCK_S, _BLOCK_LEAST, _BLOCK_MOST = 1.2, 96, 256
#: Between what is always the same and what makes no sense; not tuned.
_HEAT = 0.8


@dataclass(frozen=True, slots=True)
class CompleteAnswer:
    """The completion, ``text`` empty for silence, and what could stand there instead: other texts,
    whose names were all looked up in time."""

    completion: Completion
    alternatives: tuple[Completion, ...] = ()


@dataclass(frozen=True, slots=True)
class CompleteRequest(Request[CompleteAnswer]):
    """What should be inserted at a position? ``deadline_ms`` bounds each wait for evidence.

    ``multiline`` is whether it may go on to the end of a block; ``None``: where nothing stands
    behind the cursor on its line and the model is fast enough. Then ``max_tokens`` bounds single
    lines. As many as ``alternatives`` samples are written besides; fewer where they are the same.
    """

    snapshot: Snapshot
    line: int
    character: int
    guidance: bool = True
    max_tokens: int = 48
    multiline: bool | None = False
    deadline_ms: int = 300
    alternatives: int = 0


def complete(
    request: CompleteRequest,
    writer: Writer,
    evidence: Evidence | None,
    cancellation: Cancellation,
) -> CompleteAnswer:
    """Let ``writer`` fill the hole; without ``request.guidance``, ``evidence`` is not asked.

    Raises :class:`~analysis.text.document.TextError` for a position outside of the text and
    :class:`~decoding.errors.CancelledError` when cancelled.
    """
    from analysis.deadline import Deadline
    from decoding.writer import InfillRequest

    offset = request.snapshot.offset(request.line, request.character)
    max_tokens, multiline = request.max_tokens, bool(request.multiline)
    if request.multiline is None and ends_its_line(request.snapshot.text, offset):
        fitting = writer.tokens_within(_BLOCK_S)
        if fitting >= _BLOCK_LEAST:
            max_tokens, multiline = max(max_tokens, min(fitting, _BLOCK_MOST)), True
    infill = InfillRequest(
        request.snapshot,
        offset,
        max_tokens=max_tokens,
        multiline=multiline,
        query_ms=request.deadline_ms,
    )
    guided, never = evidence if request.guidance else None, Deadline.never()
    best = writer.complete(infill, guided, deadline=never, cancellation=cancellation)
    others: dict[str, Completion] = {}
    if request.alternatives:
        warm = replace(infill, temperature=_HEAT)
        for sample in writer.samples(
            warm, request.alternatives, guided, deadline=never, cancellation=cancellation
        ):
            if sample.text and sample.text != best.text and not sample.unchecked:
                others.setdefault(sample.text, sample)
    return CompleteAnswer(best, tuple(others.values()))


def ends_its_line(text: str, offset: int) -> bool:
    """Whether only blanks stand between ``offset`` (code points) and the end of its line."""
    end = text.find("\n", offset)
    return not text[offset : end if end >= 0 else len(text)].strip()


def _run(request: CompleteRequest, context: Context, caller: Caller) -> CompleteAnswer:
    evidence = context.knowledge() if request.guidance else None
    with context.writers.completing(caller.cancellation) as writer:
        answer = complete(request, writer, evidence, caller.cancellation)
    completion, least = answer.completion, context.machine.confidence_threshold
    if completion.text and completion.confidence < least:
        # The user wants silence instead of what is less sure.
        completion = replace(completion, text="", stopped="unsure")
    others = tuple(other for other in answer.alternatives if other.confidence >= least)
    return CompleteAnswer(completion, others)


def _document(request: CompleteRequest) -> object:
    snapshot = request.snapshot
    return (snapshot.workspace.root, snapshot.path or snapshot.buffer)


ROUTE = Route(CompleteRequest, CompleteAnswer, _run, Lane.MODEL, document=_document)
