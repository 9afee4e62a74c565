"""The errors that a draft would add to a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.findings import Finding
from analysis.snapshot import Snapshot
from engine.request import Caller, Lane, Request, Route

if TYPE_CHECKING:
    from engine.context import Context


@dataclass(frozen=True, slots=True)
class ErrorReportAnswer:
    """The findings, at positions of the draft, in order."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ErrorReportRequest(Request[ErrorReportAnswer]):
    """What is wrong with ``draft``, the whole text that is to replace that of ``snapshot``, and was
    not wrong before?"""

    snapshot: Snapshot
    draft: str
    ruff: bool = True


def _run(request: ErrorReportRequest, context: Context, caller: Caller) -> ErrorReportAnswer:
    """Check both texts and compare. Raises as :func:`~analysis.lint.checking.check_snapshot`."""
    from analysis.holes.error_report import error_report
    from engine.settings.read import project_settings

    settings, _ = project_settings(Path(request.snapshot.workspace.root))
    findings = error_report(
        request.snapshot,
        request.draft,
        context.pool(),
        with_ruff=request.ruff,
        ignores=settings.per_file_ignores,
        cancelled=lambda: caller.cancellation.cancelled,
        on_found=caller.found,
    )
    return ErrorReportAnswer(findings)


ROUTE = Route(ErrorReportRequest, ErrorReportAnswer, _run, Lane.BACKGROUND)
