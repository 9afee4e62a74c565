"""``HoleRequest``, ``ErrorReportRequest`` and ``TutorialRequest``: help for whoever writes."""

from __future__ import annotations

import time
from pathlib import Path

from analysis.deadline import Cancellation, Deadline
from analysis.holes.error_report import error_report
from analysis.holes.query import HoleQuery
from analysis.holes.tutorial import TUTORIAL
from analysis.lint.checking import Asks
from engine.handlers.place import offset_of
from engine.knowledge import Knowledge
from engine.messages import (
    ErrorReportAnswer,
    ErrorReportRequest,
    HoleAnswer,
    HoleRequest,
    TutorialAnswer,
)
from engine.settings.read import project_settings


def hole(request: HoleRequest, knowledge: Knowledge) -> HoleAnswer:
    """Ask ``knowledge`` and wait for what is known, at most until the request's deadline.

    Raises :class:`~analysis.errors.AnalysisError` for a position outside of the text and for an
    interpreter that the user named and that does not work.
    """
    begun = time.monotonic()
    offset = offset_of(request.snapshot, request.line, request.character)
    query = HoleQuery(request.snapshot, offset, request.types, request.headers, request.budget)
    deadline = Deadline.after(request.deadline_ms / 1000)
    context = knowledge.context(query, deadline).result()
    return HoleAnswer(context, (time.monotonic() - begun) * 1000)


def report(
    request: ErrorReportRequest, pool: Asks, cancellation: Cancellation
) -> ErrorReportAnswer:
    """Check both texts and compare. Raises as :func:`~analysis.lint.checking.check_snapshot`."""
    settings, _ = project_settings(Path(request.snapshot.workspace.root))
    findings = error_report(
        request.snapshot,
        request.draft,
        pool,
        with_ruff=request.ruff,
        ignores=settings.per_file_ignores,
        cancelled=lambda: cancellation.cancelled,
    )
    return ErrorReportAnswer(findings)


def tutorial() -> TutorialAnswer:
    """The same for everyone."""
    return TutorialAnswer(TUTORIAL)
