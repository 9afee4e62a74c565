"""``FixRequest``: repair a file until its failing test passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from analysis.deadline import Cancellation, Deadline
from analysis.lint.ruff import fixed_text
from analysis.snapshot import Snapshot
from analysis.text.files import read_bytes
from decoding.errors import CancelledError
from decoding.guidance.evidence import Evidence
from decoding.writer import Writer
from engine.handlers.tested import Tested, none_found, subject_of
from engine.messages import (
    FixAnswer,
    FixRequest,
    PatchOption,
    PatchQuestion,
    PatchReply,
    RankedPatch,
)
from repair.choice.questions import as_test
from repair.failure.discovery import module_name
from repair.healing import heal
from repair.job import Ask, Healing, Job, Parting, Patch, Reply
from repair.source.file import read_source
from repair.source.patch import unified_diff
from repair.validation.given import judge_given

ReportProgress = Callable[[str, float], None]

#: With less time left no other file is looked at, in seconds.
_LEAST_S = 4.0


def fix(
    request: FixRequest,
    writer: Writer | None,
    evidence: Evidence | None,
    progress: ReportProgress,
    cancellation: Cancellation,
    ask: Ask | None = None,
) -> FixAnswer:
    """Repair the file of ``request.snapshot``; ``progress`` is told a message and a fraction.
    ``ask`` asks a person where patches that pass differ.

    Where nothing is found there, other files of the workspace are tried that the failing test runs
    through; the answer's reason says so.

    A cancelled request answers with what it has. Raises
    :class:`~analysis.errors.ExplainedError` when nothing could be tried: no sandbox, no
    interpreter, no such path to allow.
    """
    about = _subject(request, request.snapshot)
    if about is None:
        return FixAnswer("error", reason=none_found(request.snapshot))
    if about.found:
        progress(f"no --test was given: using {about.test}", 0.0)
    deadline = Deadline.after(request.time_limit)
    writer = writer if request.use_model else None
    job = _job(request, request.snapshot, about, request.time_limit)
    job = replace(job, ask=ask, questions=request.questions)
    healing = heal(
        replace(job, gives_way=True, answers=request.answers),
        writer,
        evidence,
        progress,
        cancellation,
    )
    healing = _lint_alone(healing, job, deadline, cancellation)
    for path in healing.elsewhere if healing.status == "none" else ():
        if cancellation.cancelled or deadline.remaining() < _LEAST_S:
            break
        progress(f"looking in {Path(path).name}", 0.5)
        snapshot = replace(request.snapshot, path=path, text=_text(request.snapshot, path))
        other = _subject(request, snapshot)
        if other is not None:
            job = _job(request, snapshot, other, deadline.remaining())
            job = replace(job, ask=ask, questions=request.questions)
            healing = _both(healing, heal(job, writer, evidence, progress, cancellation), path)
        if healing.status != "none":
            break
    answer = answer_of(healing, writer)
    if not about.found:
        return answer
    return replace(answer, reason=f"{answer.reason}; test: {about.test}")


def _subject(request: FixRequest, snapshot: Snapshot) -> Tested | None:
    return subject_of(snapshot, request.test, sandbox=request.sandbox, allow=request.allow)


def _job(request: FixRequest, snapshot: Snapshot, about: Tested, seconds: float) -> Job:
    about = _linted(about)
    snapshot = snapshot.with_text(about.source.text)
    return about.job(snapshot, seconds, request.suite)


def _linted(about: Tested) -> Tested:
    """The subject with ruff's safe fixes, where the command asks ruff before it runs tests."""
    text, path = about.source.text, about.source.path
    for options in about.command.lint:
        text = fixed_text(text, path, about.policy.workspace, options)
    if text == about.source.text:
        return about
    source = replace(about.source, text=text)
    return replace(about, source=source, base={**about.base, path: source.encode(text)})


def _lint_alone(
    healing: Healing, job: Job, deadline: Deadline, cancellation: Cancellation
) -> Healing:
    """What was found where the tests pass and the linter alone had something to say."""
    source = job.source
    data = source.encode(source.text)
    if healing.status != "passing" or data == job.original:
        return healing
    diff = unified_diff(job.policy.workspace, source.path, job.original, data)
    patch = Patch(diff, data, "ruff", 0.0, source.path)
    found = replace(healing, status="unverified", patch=patch)
    try:
        verdict = judge_given(job, deadline.remaining(), cancellation)
    except CancelledError:
        return replace(found, reason="stopped before the command was run with ruff's fixes")
    found = replace(found, not_run=verdict.not_run)
    if not verdict.good or not verdict.complete:
        return replace(found, reason=f"ruff's fixes are not enough: {verdict.reason}")
    others = f", {verdict.ran} tests still pass" if verdict.ran else ""
    why = f"the tests passed already; with ruff's fixes the command passes{others}"
    if not job.policy.confined:
        return replace(found, reason=f"{why}; it ran without a sandbox")
    return replace(found, status="verified", reason=why)


def _text(snapshot: Snapshot, path: str) -> str:
    """The text of the file ``path``, as the editor has it or as it stands on the disk."""
    open_now = {buffer.path: buffer.content.text for buffer in snapshot.buffers}
    return open_now[path] if path in open_now else read_source(path, read_bytes(path)).text


def _both(before: Healing, after: Healing, path: str) -> Healing:
    """The outcome in the file ``path``, after nothing was found ``before``."""
    spent = replace(
        before,
        candidates_run=before.candidates_run + after.candidates_run,
        model_tokens=before.model_tokens + after.model_tokens,
        seconds=before.seconds + after.seconds,
    )
    if after.patch is None:
        return spent
    return replace(
        after,
        timings=spent.timings,
        reason=f"{after.reason}; the change is in {Path(path).name}, which the test runs through",
        candidates_run=spent.candidates_run,
        model_tokens=spent.model_tokens,
        seconds=spent.seconds,
    )


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
        file=healing.patch.path if healing.patch else "",
        confidence=round(healing.confidence, 3),
        timings=tuple((name, round(at, 3)) for name, at in healing.timings.items()),
        changes=healing.changes,
        attempt=healing.attempt,
        question=_question(healing.parting),
        replies=tuple(_reply(reply, healing, n) for n, reply in enumerate(healing.replies, 1)),
        rivals=round(healing.rivals, 3),
    )


def _question(parting: Parting | None) -> PatchQuestion | None:
    if parting is None:
        return None
    asked = parting.question
    options = zip(asked.answers, parting.patches, strict=True)
    return PatchQuestion(
        asked.call,
        asked.before,
        tuple(PatchOption(answer, patch.diff, patch.path) for answer, patch in options),
    )


def _reply(reply: Reply, healing: Healing, number: int) -> PatchReply:
    path = healing.patch.path if healing.patch else ""
    test = as_test(reply, module_name(Path(path)), number) if path else ""
    return PatchReply(reply.call, reply.answer or "", test)


def _ranked(patch: Patch) -> RankedPatch:
    return RankedPatch(patch.diff, patch.strategy, round(patch.score, 3))
