"""What a file does, block by block, while a test fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from analysis.snapshot import Snapshot
from engine.request import Caller, Lane, Request, Route

if TYPE_CHECKING:
    from analysis.deadline import Cancellation
    from decoding.writer import Writer
    from engine.context import Context
    from engine.tested import Tested
    from repair.trace.debugging import Report


@dataclass(frozen=True, slots=True)
class TraceAnswer:
    """The report as JSON, as docs/debug.md describes it, and the text of the file it is about."""

    document: dict[str, Any]
    text: str = ""


@dataclass(frozen=True, slots=True)
class TraceRequest(Request[TraceAnswer]):
    """What does the file of ``snapshot`` do, block by block, while ``test`` fails? Of a file of
    tests: what does the file do in which it went wrong?

    With ``verdicts`` a model is asked what it thinks of the lines and blocks that ran.
    """

    repeatable: ClassVar[bool] = False

    snapshot: Snapshot
    test: str = ""
    time_limit: float = 30.0
    sandbox: bool = True
    allow: tuple[str, ...] = ()
    verdicts: bool = False


ReportProgress = Callable[[str, float], None]


def trace(
    request: TraceRequest,
    writer: Writer | None,
    progress: ReportProgress,
    cancellation: Cancellation,
) -> TraceAnswer:
    """Debug the file of ``request.snapshot``; ``progress`` is told a message and a fraction.

    ``writer`` is asked for its opinion, if there is one, for as long again. A cancelled request
    answers with what it has. Raises :class:`~analysis.errors.ExplainedError` when nothing could be
    tried: no sandbox, no interpreter, no test, a file that is no Python.
    """
    from analysis.deadline import Deadline
    from decoding.errors import CancelledError, DecodingError
    from engine.tested import moved
    from repair.trace.document import document
    from repair.trace.model_feedback import ModelFeedback, feedback, with_feedback

    about, report = _followed(request, progress, cancellation)
    if report.elsewhere and not cancellation.cancelled:
        progress(f"looking in {Path(report.elsewhere).name}", 0.4)
        request = replace(request, snapshot=moved(request.snapshot, report.elsewhere))
        about, report = _followed(request, progress, cancellation, again=True)
    found = ModelFeedback()
    if writer is not None and report.status == "failing" and not cancellation.cancelled:
        progress(f"asking {writer.name}", 0.8)
        until = Deadline.after(request.time_limit)
        try:
            found = feedback(report, about.source, writer, until, cancellation)
            report = with_feedback(report, found)
        except CancelledError:
            report = replace(report, reason="stopped before the model had answered")
        except DecodingError as error:
            report = replace(report, reason=f"without the model: {error}")
    described = document(report, about.source.path, about.test, found)
    return TraceAnswer(described, about.source.text)


def _followed(
    request: TraceRequest,
    progress: ReportProgress,
    cancellation: Cancellation,
    *,
    again: bool = False,
) -> tuple[Tested, Report]:
    from engine.tested import none_found, subject_of
    from repair.errors import RepairError
    from repair.trace.debugging import Subject, debug

    snapshot = request.snapshot
    about = subject_of(snapshot, request.test, sandbox=request.sandbox, allow=request.allow)
    if about is None:
        raise RepairError(none_found(snapshot), where=snapshot.path)
    if about.found and not again:
        progress(f"no --test was given: using {about.test}", 0.0)
    limit = request.time_limit
    subject = Subject(about.source, about.command, about.policy, limit, about.base, goes_on=True)
    try:
        return about, debug(subject, progress, cancellation)
    except SyntaxError as error:
        raise RepairError(
            f"not valid Python: {error.msg}", where=f"{snapshot.path}:{error.lineno}"
        ) from None


def _run(request: TraceRequest, context: Context, caller: Caller) -> TraceAnswer:
    request = replace(request, test=request.test or context.machine.test_command)
    writer = context.writers.repairing() if request.verdicts else None
    return trace(request, writer, caller.progress, caller.cancellation)


ROUTE = Route(TraceRequest, TraceAnswer, _run, Lane.REPAIR, partial_result=True)
