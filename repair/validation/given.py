"""Whether a text that needs no search is a repair: what a linter fixes by itself.

The command fails without it and passes with it, and so does every other test that passed before:
judged as any other patch is (``validation``), of a failure that no test shows.
"""

from __future__ import annotations

import contextlib

from analysis.deadline import Cancellation, Deadline
from repair.failure.baseline_run import BaselineRun
from repair.failure.diagnosis import Diagnosis
from repair.job import Job
from repair.localization import Suspicion
from repair.sandbox.workbench import Workbench
from repair.validation.ahead import Ahead
from repair.validation.validator import ValidationVerdict, Validator


def judge_given(job: Job, seconds: float, cancellation: Cancellation) -> ValidationVerdict:
    """Judge the text of ``job``'s source, in place of its original bytes, within ``seconds``.

    Raises :class:`~decoding.errors.CancelledError`,
    :class:`~repair.errors.SandboxUnavailableError` and
    :class:`~analysis.errors.ExplainedError` for a policy that cannot be.
    """
    source, command, policy = job.source, job.command, job.policy
    base = {**job.base, source.path: job.original}
    with contextlib.ExitStack() as stack:
        baseline = BaselineRun(policy, command.plan.command, source.path, base)
        stack.callback(baseline.close)
        lines = len(source.line_starts)
        bench = stack.enter_context(Workbench(policy, source.path, lines, base, cancellation))
        ahead = Ahead(job.snapshot.workspace)
        stack.callback(ahead.close)
        diagnosis = _of_no_test(job)
        validator = Validator(command, job.suite, diagnosis, bench, base, baseline, ahead)
        return validator.validate(source.path, source.encode(source.text), Deadline.after(seconds))


def _of_no_test(job: Job) -> Diagnosis:
    """A failure that is the linter's: no test fails, and nothing was traced."""
    return Diagnosis(
        target=job.source.path,
        plan=job.command.plan,
        results=(),
        failing=(),
        passing=(),
        flaky=(),
        unknown=(),
        suspicion=Suspicion({}),
        imported=frozenset(),
        warm_seconds=0.0,
        cold_seconds=0.0,
        hold_seconds=0.0,
        writes=False,
        hung=False,
        test_files=(),
        output="",
    )
