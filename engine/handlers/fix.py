"""``FixRequest``: repair a file until its failing test passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from analysis.deadline import Cancellation
from decoding.evidence import Evidence
from decoding.writer import Writer
from engine.handlers.tested import none_found, subject_of
from engine.messages import FixAnswer, FixRequest, RankedPatch
from repair.command import parse
from repair.healing import Healing, Job, Patch, heal

ReportProgress = Callable[[str, float], None]


def fix(
    request: FixRequest,
    writer: Writer | None,
    evidence: Evidence | None,
    progress: ReportProgress,
    cancellation: Cancellation,
) -> FixAnswer:
    """Repair the file of ``request.snapshot``; ``progress`` is told a message and a fraction.

    A cancelled request answers with what it has. Raises
    :class:`~analysis.errors.ExplainedError` when nothing could be tried: no sandbox, no
    interpreter, no such path to allow.
    """
    snapshot = request.snapshot
    about = subject_of(snapshot, request.test, sandbox=request.sandbox, allow=request.allow)
    if about is None:
        return FixAnswer("error", reason=none_found(snapshot))
    if about.found:
        progress(f"no --test was given: using {about.test}", 0.0)
    job = Job(
        source=about.source,
        snapshot=snapshot,
        original=about.original,
        command=about.command,
        suite=parse(request.suite, about.policy.workspace) if request.suite else None,
        policy=about.policy,
        time_limit=request.time_limit,
        base=about.base,
    )
    healing = heal(job, writer if request.use_model else None, evidence, progress, cancellation)
    answer = answer_of(healing, writer if request.use_model else None)
    if not about.found:
        return answer
    return replace(answer, reason=f"{answer.reason}; test: {about.test}")


def answer_of(healing: Healing, writer: Writer | None) -> FixAnswer:
    """The outcome of a repair as a message."""
    return FixAnswer(
        status=healing.status,
        patch=healing.patch.diff if healing.patch else "",
        alternatives=tuple(map(_ranked, healing.alternatives)),
        strategy=healing.patch.strategy if healing.patch else "",
        blocks=healing.blocks,
        candidates_run=healing.candidates_run,
        not_run=healing.not_run,
        seconds=round(healing.seconds, 3),
        model_tokens=healing.model_tokens,
        model=writer.name if writer else "",
        reason=healing.reason,
        rejected=healing.rejected,
        notes=healing.notes,
    )


def _ranked(patch: Patch) -> RankedPatch:
    return RankedPatch(patch.diff, patch.strategy, round(patch.score, 3))
