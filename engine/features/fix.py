"""The repair of a file until its failing test passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from analysis.errors import ExplainedError
from analysis.snapshot import Snapshot
from engine.request import Caller, Lane, Request, Route

if TYPE_CHECKING:
    from analysis.deadline import Cancellation, Deadline
    from decoding.guidance.evidence import Evidence
    from decoding.writer import Writer
    from engine.context import Context
    from engine.tested import Tested
    from repair.job import Ask, Healing, Job, Parting, Patch, Reply

ReportProgress = Callable[[str, float], None]

#: With less time left no other file is looked at, in seconds.
_LEAST_S = 4.0


#: Strategies that need no model begin with one of these.
_WITHOUT_MODEL = ("template: ", "misnamed", "import")


def by_model(strategy: str, model_tokens: int) -> bool:
    """Whether a model wrote a part of the patch of ``strategy``, in work that cost so many tokens;
    of two changes at once only the first is known by its strategy."""
    return model_tokens > 0 and (" + " in strategy or not strategy.startswith(_WITHOUT_MODEL))


@dataclass(frozen=True, slots=True)
class RankedPatch:
    """One plausible patch as a unified diff that ``git apply`` takes from the workspace root."""

    patch: str
    strategy: str
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class PatchOption:
    """What ``answer`` to a question means: ``patch``, a diff as in :class:`RankedPatch`, and the
    absolute path of the ``file`` that it changes."""

    answer: str
    patch: str
    file: str


@dataclass(frozen=True, slots=True)
class PatchQuestion:
    """A ``call`` on which patches that pass part; ``before`` is what the program answers as it is.

    The first of the ``options`` is the answer's own patch.
    """

    call: str
    before: str
    options: tuple[PatchOption, ...]


@dataclass(frozen=True, slots=True)
class PatchReply:
    """What was said of a ``call``, ``""`` for none of what patches answer; ``test`` asks for it as
    a test of pytest, ``""`` where none can be written down."""

    call: str
    answer: str
    test: str = ""


@dataclass(frozen=True, slots=True)
class FixAnswer:
    """The outcome of a repair.

    ``status``: ``verified``, ``ambiguous``, ``unverified``, ``none``, ``passing`` or ``error``
    (invariant 9). ``blocks`` are suspicious spans
    ``(first_line, last_line, suspicion)``, 0-based. ``not_run`` lists tests that the time limit
    left out. ``reason`` explains the status, ``notes`` are what a person should know of the patch:
    weak tests, what else it changes. ``file`` is the absolute path of the file that the patch
    changes. ``confidence`` is how likely it is right, by all that speaks for it. ``timings`` are
    seconds until the tests had run for the first (``first_run``) and the second time
    (``second_run``), and until the ``first_candidate`` was tried. ``question`` is what an
    ``ambiguous`` patch leaves open, ``replies`` what was asked and answered, ``rivals`` how likely
    one of the patches that pass and behave differently is right. ``changes`` are calls that the
    patch answers differently: the call, the answer before and after. ``attempt`` is the diff of
    the nearest attempt where none passes (``implement``).
    """

    status: str
    patch: str = ""
    alternatives: tuple[RankedPatch, ...] = ()
    strategy: str = ""
    blocks: tuple[tuple[int, int, float], ...] = ()
    candidates_run: int = 0
    not_run: tuple[str, ...] = ()
    seconds: float = 0.0
    model_tokens: int = 0
    model: str = ""
    reason: str = ""
    rejected: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    file: str = ""
    confidence: float = 0.0
    timings: tuple[tuple[str, float], ...] = ()
    changes: tuple[tuple[str, str, str], ...] = ()
    attempt: str = ""
    question: PatchQuestion | None = None
    replies: tuple[PatchReply, ...] = ()
    rivals: float = 0.0

    @classmethod
    def failed(cls, reason: str) -> FixAnswer:
        """What could not be tried, and why."""
        return cls("error", reason=reason)


@dataclass(frozen=True, slots=True)
class FixRequest(Request[FixAnswer]):
    """Repair the file of ``snapshot`` until ``test`` passes. ``test`` is a shell command line.

    Where patches that pass differ, at most so many ``questions`` are asked: of a person, where the
    handler has one, or of ``answers``, the text of the file as it is meant.
    """

    repeatable: ClassVar[bool] = False

    snapshot: Snapshot
    test: str = ""
    suite: str = ""
    time_limit: float = 120.0
    sandbox: bool = True
    allow: tuple[str, ...] = ()
    use_model: bool = True
    questions: int = 3
    answers: str = ""


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
    from analysis.deadline import Deadline
    from engine.tested import moved, none_found
    from repair.healing import heal

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
        snapshot = moved(request.snapshot, path)
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


def at_fault(
    request: FixRequest, progress: ReportProgress, cancellation: Cancellation
) -> tuple[str, str]:
    """The file to repair where nobody named one, and why that one; the request's snapshot is of a
    test file.

    Raises :class:`~analysis.errors.ExplainedError` where nothing fails, or nothing can be chosen.
    """
    from repair.failure.elsewhere import at_fault as choose

    about = _subject(request, request.snapshot)
    assert about is not None, "a test is named"
    progress("looking for the file at fault", 0.0)
    return choose(about.source, about.command, about.policy, request.time_limit, cancellation)


def _subject(request: FixRequest, snapshot: Snapshot) -> Tested | None:
    from engine.tested import subject_of

    return subject_of(snapshot, request.test, sandbox=request.sandbox, allow=request.allow)


def _job(request: FixRequest, snapshot: Snapshot, about: Tested, seconds: float) -> Job:
    about = _linted(about)
    snapshot = snapshot.with_text(about.source.text)
    return about.job(snapshot, seconds, request.suite)


def _linted(about: Tested) -> Tested:
    """The subject with ruff's safe fixes, where the command asks ruff before it runs tests."""
    from analysis.lint.ruff import fixed_text

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
    from decoding.errors import CancelledError
    from repair.job import Patch
    from repair.source.patch import unified_diff
    from repair.validation.given import judge_given

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
    number = "1 test still passes" if verdict.ran == 1 else f"{verdict.ran} tests still pass"
    others = f", {number}" if verdict.ran else ""
    why = f"the tests passed already; with ruff's fixes the command passes{others}"
    if not job.policy.confined:
        return replace(found, reason=f"{why}; it ran without a sandbox")
    return replace(found, status="verified", reason=why)


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
    from repair.choice.questions import as_test
    from repair.failure.discovery import module_name

    path = healing.patch.path if healing.patch else ""
    test = as_test(reply, module_name(Path(path)), number) if path else ""
    return PatchReply(reply.call, reply.answer or "", test)


def _ranked(patch: Patch) -> RankedPatch:
    return RankedPatch(patch.diff, patch.strategy, round(patch.score, 3))


def _run(request: FixRequest, context: Context, caller: Caller) -> FixAnswer:
    request = replace(request, test=request.test or context.machine.test_command)
    writer = None
    if request.use_model:
        try:
            writer = context.writers.repairing()
        except ExplainedError as error:
            caller.progress(f"repairing without a model: {error}")
    evidence = context.pool().background() if writer is not None else None
    return fix(request, writer, evidence, caller.progress, caller.cancellation)


ROUTE = Route(FixRequest, FixAnswer, _run, Lane.REPAIR, partial_result=True)
