"""``TraceRequest``: run a failing test and tell, block by block, what the file did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from analysis.deadline import Cancellation, Deadline
from decoding.errors import CancelledError, DecodingError
from decoding.writer import Writer
from engine.handlers.tested import none_found, subject_of
from engine.messages import TraceAnswer, TraceRequest
from repair.errors import RepairError
from repair.trace.debugging import Subject, debug
from repair.trace.document import document
from repair.trace.opinion import Opinion, opinion, with_opinion

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
    snapshot = request.snapshot
    about = subject_of(snapshot, request.test, sandbox=request.sandbox, allow=request.allow)
    if about is None:
        raise RepairError(none_found(snapshot), where=snapshot.path)
    if about.found:
        progress(f"no --test was given: using {about.test}", 0.0)
    subject = Subject(about.source, about.command, about.policy, request.time_limit, about.base)
    try:
        report = debug(subject, progress, cancellation)
    except SyntaxError as error:
        raise RepairError(
            f"not valid Python: {error.msg}", where=f"{snapshot.path}:{error.lineno}"
        ) from None
    found = Opinion()
    if writer is not None and report.status == "failing" and not cancellation.cancelled:
        progress(f"asking {writer.name}", 0.8)
        until = Deadline.after(request.time_limit)
        try:
            found = opinion(report, about.source, writer, until, cancellation)
            report = with_opinion(report, found)
        except CancelledError:
            report = replace(report, reason="stopped before the model had answered")
        except DecodingError as error:
            report = replace(report, reason=f"without the model: {error}")
    return TraceAnswer(document(report, about.source.path, about.test, found))
