"""What is wrong before anything is changed: which tests fail and why, how long tests take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analysis.deadline import Deadline
from repair.command import TestCommand
from repair.errors import RepairError
from repair.localization import Suspicion, localize
from repair.sandbox.forkserver import SandboxDiedError
from repair.sandbox.run import Outcome, Plan, Run, TestResult
from repair.sandbox.workbench import Workbench
from repair.source import Source

#: A test that says nothing for so long is taken to hang, at first.
_IDLE_S = 2.0
#: Hanging tests that are left behind one after the other; each costs ``_IDLE_S``.
_MAX_HANGS = 3
#: Share of the time left that learning about the failure may take.
_SHARE = 0.4
#: pytest's exit codes that mean no test was run (its reference, "Exit codes").
_PYTEST_NOT_RUN = {
    2: "pytest was interrupted",
    3: "pytest failed internally",
    4: "pytest was used wrongly",
    5: "the command selects no test",
}
#: Runners whose tests can be collected once and run in forks of that state.
_HOLDABLE = ("pytest", "unittest")


@dataclass(frozen=True)
class Diagnosis:
    """The failure of the file ``target`` as it is. Times are wall seconds of all tests that end.

    ``failing`` and ``passing`` are test ids in order; ``flaky`` failed once and passed once and
    count as neither. ``imported`` are the lines that run at import. ``writes`` tells whether
    tests write files. ``test_files`` are the files that hold the tests.
    """

    target: str
    plan: Plan
    results: tuple[TestResult, ...]
    failing: tuple[str, ...]
    passing: tuple[str, ...]
    flaky: tuple[str, ...]
    suspicion: Suspicion
    imported: frozenset[int]
    warm_seconds: float
    cold_seconds: float
    writes: bool
    hung: bool
    test_files: tuple[str, ...]
    output: str

    @property
    def tells_tests_apart(self) -> bool:
        """Whether single tests can be chosen by id."""
        return self.plan.runner in ("pytest", "unittest", "doctest") and not self._whole_files

    @property
    def _whole_files(self) -> bool:
        # A test file that cannot be imported fails as a whole, under the file's name.
        return any(result.outcome.bad and not result.seconds for result in self.results)

    def order(self) -> tuple[str, ...]:
        """The tests in the order in which a candidate meets them."""
        return (*self.failing, *self.passing)

    def failure(self) -> TestResult | None:
        """The first failing test."""
        return next((r for r in self.results if r.id in self.failing), None)


class AlreadyPassingError(RepairError):
    """The command passes as it is: there is nothing to repair."""


def diagnose(
    source: Source, command: TestCommand, bench: Workbench, deadline: Deadline
) -> Diagnosis:
    """Run the tests of ``command`` on the file as it is, untraced and traced.

    Raises :class:`AlreadyPassingError`, and :class:`~repair.errors.RepairError` when the command
    runs no test.
    """
    plan = command.plan
    budget = Deadline.after(deadline.remaining() * _SHARE)
    imported = None
    if plan.runner in _HOLDABLE:
        try:
            imported = bench.hold(plan, wall=budget.remaining())
        except SandboxDiedError:
            bench.close()
    first = _run(bench, plan, budget, traced=False)
    if first.passed() and bench.warm is None:
        raise AlreadyPassingError("the test command passes", where=plan.command)
    if bench.warm is not None and not first.bad():
        # Held tests pass; whether the command does is for the command itself to say.
        bench.warm.close()
        bench.warm = None
        first = _run(bench, plan, budget, traced=False)
        if first.passed():
            raise AlreadyPassingError("the test command passes", where=plan.command)
    _refuse_nothing_run(plan, first)
    if bench.warm is None:
        _preload(bench, plan, first)
    again = _run(bench, plan, budget, traced=True)
    results, flaky = _merge(first.tests, again.tests)
    if not any(result.outcome.bad for result in results):
        raise RepairError(
            "the test fails now and then: it failed once and passed when it was run again",
            where=plan.command,
            mend="make the test deterministic first",
        )
    failing = tuple(result.id for result in results if result.outcome.bad)
    passing = tuple(result.id for result in results if result.outcome is Outcome.PASSED)
    hung = any(result.outcome is Outcome.TIMEOUT for result in results)
    contrast = results
    if not passing and command.neighbours is not None:
        contrast = (*results, *_neighbours(bench, command.neighbours, results, budget))
    ended = sum(r.seconds for r in first.tests if r.outcome is not Outcome.TIMEOUT)
    return Diagnosis(
        target=source.path,
        plan=plan,
        results=results,
        failing=failing,
        passing=passing,
        flaky=flaky,
        suspicion=localize(source, contrast, imported or frozenset(), again.last if hung else 0),
        imported=imported or frozenset(),
        warm_seconds=ended,
        cold_seconds=ended if hung else max(ended, first.seconds),
        writes=again.wrote or _may_write(source),
        hung=hung,
        test_files=_test_files(plan, first),
        output=first.output,
    )


def _run(bench: Workbench, plan: Plan, budget: Deadline, *, traced: bool) -> Run:
    """One run of all tests; a test that hangs is left behind and the rest run after it."""
    run = _once(bench, plan, budget, traced=traced)
    tests = list(run.tests)
    for _ in range(_MAX_HANGS):
        left = [test for test in run.collected or bench.held if test not in {t.id for t in tests}]
        if run.ended == "done" or not left or budget.expired() or plan.runner not in _HOLDABLE:
            break
        run = _once(bench, replace(plan, select=tuple(left)), budget, traced=traced)
        tests += run.tests
    return replace(run, tests=tuple(tests))


def _once(bench: Workbench, plan: Plan, budget: Deadline, *, traced: bool) -> Run:
    server = bench.warm or bench.cold()
    wall = max(_IDLE_S, budget.remaining())
    idle = min(wall, _IDLE_S * (3 if traced else 1))
    if server.held:
        return server.patch(plan, (), wall=wall, idle=idle, trace=traced, modules=True)
    if plan.runner not in ("pytest", "unittest", "doctest"):
        # One test: silence is all one hears of it until it ends.
        wall = min(wall, max(idle, 5.0))
        idle = 0.0
    return server.run(plan, bench.base, wall=wall, idle=idle, trace=traced, modules=True)


def _refuse_nothing_run(plan: Plan, run: Run) -> None:
    said = run.output.strip().splitlines()
    tail = said[-1].strip() if said else ""
    if plan.runner == "command" and run.code in (126, 127):
        raise RepairError(
            "there is no such command" if run.code == 127 else "it is no program",
            where=plan.command,
            mend=f"the shell said: {tail}" if tail else "check the test command",
        )
    if plan.runner == "pytest" and not run.tests and run.code in _PYTEST_NOT_RUN:
        errors = [line for line in said if line.startswith("ERROR")]
        raise RepairError(
            _PYTEST_NOT_RUN[run.code],
            where=plan.command,
            mend=f"pytest said: {errors[0] if errors else tail}" if said else "",
        )
    if not run.bad():
        missing = "No module named" in run.output
        raise RepairError(
            "the tests could not be run" if said else "the command runs no test",
            where=plan.command,
            mend=(f"it said: {tail}" + ("; see --python" if missing else "")) if said else "",
        )


def _merge(
    first: Sequence[TestResult], again: Sequence[TestResult]
) -> tuple[tuple[TestResult, ...], tuple[str, ...]]:
    """Outcomes of the first run with the lines of the traced one; and which tests are flaky."""
    traced = {result.id: result for result in again}
    results, flaky = [], []
    for result in first:
        second = traced.get(result.id)
        if second is None:
            results.append(result)
        elif result.outcome.bad and second.outcome is Outcome.PASSED:
            flaky.append(result.id)
        else:
            results.append(replace(result, lines=second.lines))
    return tuple(results), tuple(flaky)


def _neighbours(
    bench: Workbench, plan: Plan, known: Sequence[TestResult], budget: Deadline
) -> tuple[TestResult, ...]:
    """Traced passing tests of the same files, where the command names only failing ones."""
    ids = {result.id for result in known}
    try:
        run = bench.cold().run(
            plan, bench.base, wall=max(1.0, budget.remaining() / 2), idle=_IDLE_S, trace=True
        )
    except SandboxDiedError:
        bench.close()
        return ()
    return tuple(t for t in run.tests if t.outcome is Outcome.PASSED and t.id not in ids)


def _preload(bench: Workbench, plan: Plan, run: Run) -> None:
    """Import early what every cold run imports and what is not the workspace's."""
    own = bench.policy.workspace.rstrip("/") + "/"
    shared = [f"{folder}/" for folder in bench.policy.interpreter.folders]
    names = [
        name
        for name, path in run.modules
        if not name.startswith(("_pilotfish_probe", "__main"))
        and (not path.startswith(own) or path.startswith(tuple(shared)))
    ]
    if names:
        bench.preload(names, pytest=plan.runner == "pytest")


def _may_write(source: Source) -> bool:
    """Whether the file's own code looks as if a mended version could write files."""
    signs = ("open(", "write", "mkdir", "tempfile", "sqlite3", "shelve", "unlink", "touch(")
    return any(sign in source.text for sign in signs)


def _test_files(plan: Plan, run: Run) -> tuple[str, ...]:
    if run.files:
        return run.files
    if plan.runner == "script":
        return (f"{plan.cwd}/{plan.args[0]}",)
    frames = [frame for test in run.tests if test.failure for frame in test.failure.frames[:1]]
    return tuple(dict.fromkeys(path for path, _, _ in frames if not path.startswith("<")))
