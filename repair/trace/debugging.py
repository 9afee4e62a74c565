"""From a test command to a report: which tests fail, what they did block by block, what is suspect.

The stages are those of a repair (``repair.failure``), followed by a second run of the failing
tests and of a few passing ones under the block trace.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from analysis.deadline import Cancellation, Deadline
from analysis.views.plan import BlockPlan, block_plan
from decoding.errors import CancelledError
from repair.errors import RepairError, SandboxDiedError
from repair.failure.command import TestCommand
from repair.failure.diagnosing import AlreadyPassingError, diagnose
from repair.failure.diagnosis import Diagnosis
from repair.failure.elsewhere import elsewhere
from repair.localization import (
    BlockSuspicion,
    ExpressionSuspicion,
    Suspicion,
    block_suspicion,
    expression_suspicion,
    localize,
)
from repair.sandbox.policy import Policy
from repair.sandbox.run import Outcome, Terms, TestResult
from repair.sandbox.workbench import Workbench
from repair.source.file import Source
from repair.trace.record import TestTrace
from repair.trace.recording import record, record_places

#: Failing tests that are traced, and passing ones for contrast.
_FAILING, _PASSING = 3, 2
#: Share of the time for learning which tests fail and what they ran.
_SHARE = 0.8
#: Failing, and passing, tests of which the expressions are noted.
_PLACED = 30

Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class Subject:
    """What to debug: a file, and the command that fails. ``base`` are unsaved texts of files.

    ``goes_on``: of a file of tests nothing is followed where what they test stands elsewhere.
    """

    source: Source
    command: TestCommand
    policy: Policy
    time_limit: float
    base: Mapping[str, bytes] = field(default_factory=dict)
    goes_on: bool = False


@dataclass(frozen=True)
class Report:
    """What was seen. ``status``: ``failing``, ``passing`` or ``error`` (then ``reason`` says why).

    ``results`` are the tests of the command and passing neighbours, ``traces`` those that were
    followed block by block, failing ones first. ``reason`` also says why nothing was followed.
    ``test_files`` hold the tests; where the file is one of them and nothing was followed in it,
    ``elsewhere`` is the file in which it probably went wrong.
    """

    status: str
    reason: str
    plan: BlockPlan
    results: tuple[TestResult, ...] = ()
    flaky: tuple[str, ...] = ()
    traces: tuple[TestTrace, ...] = ()
    lines: Suspicion = field(default=Suspicion({}))
    blocks: tuple[BlockSuspicion, ...] = ()
    expressions: tuple[ExpressionSuspicion, ...] = ()
    seconds: float = 0.0
    test_files: tuple[str, ...] = ()
    elsewhere: str = ""


def debug(subject: Subject, tell: Tell, cancellation: Cancellation) -> Report:
    """Run, trace and localize. ``tell`` is told progress: a message and a fraction.

    A cancelled one answers with what it has. Raises ``SyntaxError`` where the file is no Python,
    and :class:`~repair.errors.SandboxUnavailableError` when code cannot be run safely.
    """
    began = time.monotonic()
    deadline = Deadline.after(subject.time_limit)
    source = subject.source
    plan = block_plan(source.text)
    report = Report("error", "", plan)
    lines = len(source.line_starts)
    with (
        Workbench(subject.policy, source.path, lines, subject.base, cancellation) as bench,
        Workbench(subject.policy, source.path, lines, subject.base, cancellation) as wide,
    ):
        try:
            tell("running the tests", 0.1)
            report = _looked_at(subject, bench, deadline, plan)
            if report.elsewhere:
                return report
            tell("following the failing tests block by block", 0.5)
            chosen = _holding_all(report, subject.command, bench, wide, deadline)
            report = _followed(report, subject.command, chosen, deadline)
            report = _told_apart(report, subject, chosen, deadline)
        except (CancelledError, SandboxDiedError) as error:
            why = "stopped" if isinstance(error, CancelledError) else error.what
            report = replace(report, reason=why)
        except RepairError as error:
            help = f" ({error.help})" if error.help else ""
            report = replace(report, reason=f"{error.where}: {error.what}{help}")
    return replace(report, seconds=round(time.monotonic() - began, 3))


def _looked_at(subject: Subject, bench: Workbench, deadline: Deadline, plan: BlockPlan) -> Report:
    """Which tests fail, and the suspicion of lines and blocks."""
    source = subject.source
    try:
        diagnosis = diagnose(source, subject.command, bench, deadline, share=_SHARE)
    except AlreadyPassingError:
        server = bench.cold()
        wall = max(1.0, deadline.remaining())
        run = server.run(subject.command.plan, bench.base, Terms(wall=wall, trace=True))
        suspicion = localize(source, run.tests)
        blocks = block_suspicion(plan, run.tests, suspicion)
        return Report("passing", "", plan, run.tests, lines=suspicion, blocks=blocks)
    report = _failing(diagnosis, plan)
    if subject.goes_on and source.path in diagnosis.test_files and not _is_own(source, report):
        return replace(report, elsewhere=next(iter(elsewhere(source, diagnosis)), ""))
    return report


def _is_own(source: Source, report: Report) -> bool:
    """Whether a failing test ended in a function of its file that is no test."""
    ends = (r.failure.frames[-1] for r in report.results if r.failure and r.failure.frames)
    return any(path == source.path and not name.startswith("test") for path, _, name in ends)


def _holding_all(
    report: Report, command: TestCommand, bench: Workbench, wide: Workbench, deadline: Deadline
) -> Workbench:
    """A workbench that holds passing neighbours collected too, where there are some.

    They run twice more: collecting them once is quicker than starting them twice.
    """
    ids = {result.id for result in report.results}
    if bench.warm is None or command.neighbours is None or ids <= set(bench.held):
        return bench
    try:
        held = wide.hold(command.neighbours, wall=max(1.0, deadline.remaining()))
    except SandboxDiedError:
        return bench
    return bench if held is None or not ids <= set(wide.held) else wide


def _failing(diagnosis: Diagnosis, plan: BlockPlan) -> Report:
    return Report(
        "failing",
        "",
        plan,
        diagnosis.contrast,
        diagnosis.flaky,
        lines=diagnosis.suspicion,
        blocks=block_suspicion(plan, diagnosis.contrast, diagnosis.suspicion),
        test_files=diagnosis.test_files,
    )


def _followed(report: Report, command: TestCommand, bench: Workbench, deadline: Deadline) -> Report:
    """``report`` with the traces of its failing tests and of passing ones near them."""
    if not command.recognized:
        why = "a shell command cannot be followed: name pytest, unittest, doctest or a script"
        return replace(report, reason=why)
    failing = [result for result in report.results if result.outcome.bad][:_FAILING]
    chosen = [*failing, *_contrast(report.results, failing)]
    found = record(bench, command.plan, command.neighbours, report.plan, chosen, deadline)
    traces = tuple(found[result.id] for result in chosen if result.id in found)
    return replace(report, traces=traces)


def _told_apart(report: Report, subject: Subject, bench: Workbench, deadline: Deadline) -> Report:
    """``report`` with the expressions that failing and passing tests ran unlike."""
    if report.status != "failing" or deadline.expired():
        return report
    command = subject.command
    bad = [result for result in report.results if result.outcome.bad][:_PLACED]
    chosen = [*bad, *[r for r in report.results if r.outcome is Outcome.PASSED][:_PLACED]]
    placed = record_places(bench, command.plan, command.neighbours, chosen, deadline)
    return replace(report, expressions=expression_suspicion(subject.source, placed))


def _contrast(results: Sequence[TestResult], failing: Sequence[TestResult]) -> list[TestResult]:
    """The passing tests whose lines are most like those of the failing ones."""
    wanted = frozenset[int]().union(*(result.lines for result in failing))

    def likeness(result: TestResult) -> float:
        either = wanted | result.lines
        return len(wanted & result.lines) / len(either) if either else 0.0

    passing = [result for result in results if result.outcome is Outcome.PASSED]
    return sorted(passing, key=likeness, reverse=True)[:_PASSING]
