"""The diagnostics of one open document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.findings import Finding
from analysis.snapshot import Snapshot
from analysis.text.overlay import Reads, digest
from engine.request import Caller, Lane, Request, Route

if TYPE_CHECKING:
    from analysis.deadline import Cancellation
    from analysis.lint.checking import Asks
    from engine.context import Context

_RUFF = ("pyproject.toml", "ruff.toml", ".ruff.toml")


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """The findings, in order of position, and what they were read from: they hold as long as it
    does."""

    findings: tuple[Finding, ...]
    reads: Reads = field(default_factory=Reads)


@dataclass(frozen=True, slots=True)
class CheckRequest(Request[CheckAnswer]):
    """Diagnostics of one snapshot (an open document)."""

    snapshot: Snapshot
    ruff: bool = True


def check(
    request: CheckRequest,
    pool: Asks,
    cancellation: Cancellation,
    on_found: Callable[[tuple[Finding, ...]], None] = lambda findings: None,
) -> CheckAnswer:
    """Ask ``pool`` in short parts, between which others get their turn, and ruff; ``on_found`` is
    told what there is so far.

    Stops between two parts when cancelled. Raises :class:`~analysis.errors.AnalysisError` for an
    interpreter that the user named and that does not work.
    """
    from analysis.lint.checking import check_snapshot
    from engine.settings.read import project_settings

    settings, _ = project_settings(Path(request.snapshot.workspace.root))
    reads = Reads(files=_configuration(request))
    findings = check_snapshot(
        request.snapshot,
        pool,
        with_ruff=request.ruff,
        ignores=settings.per_file_ignores,
        cancelled=lambda: cancellation.cancelled,
        on_found=on_found,
        reads=reads,
    )
    # Who asks knows which text this was about.
    reads.files.pop(request.snapshot.path, None)
    return CheckAnswer(findings, reads)


def _configuration(request: CheckRequest) -> dict[str, str]:
    """The files that may decide about findings besides the code, by their hashes: the project's
    settings, and what may configure ruff."""
    snapshot = request.snapshot
    places = [str(Path(snapshot.workspace.root) / "pyproject.toml")]
    if request.ruff and snapshot.path:
        places += (str(folder / name) for folder in Path(snapshot.path).parents for name in _RUFF)
    return {place: digest(place) for place in places}


def _run(request: CheckRequest, context: Context, caller: Caller) -> CheckAnswer:
    return check(request, context.pool(), caller.cancellation, caller.found)


ROUTE = Route(CheckRequest, CheckAnswer, _run, Lane.BACKGROUND)
