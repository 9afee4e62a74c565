"""Learning what is wrong: the tests are run on the file as it is, untraced and traced.

Patient with tests that hang: each is left behind, and the rest are run after it.
"""

from __future__ import annotations

import contextlib
import difflib
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from analysis.deadline import Deadline
from analysis.text import inside
from analysis.text.files import read_bytes, real_path
from repair.errors import RepairError, SandboxDiedError
from repair.failure import late
from repair.failure.beside import look_beside
from repair.failure.command import TestCommand
from repair.failure.conftest import conftest_failure
from repair.failure.diagnosis import Diagnosis
from repair.failure.discovery import module_name
from repair.failure.sampling import sample
from repair.localization import localize
from repair.localization.purifying import functions
from repair.sandbox.interpreter import is_environment
from repair.sandbox.run import FailedTest, Outcome, Plan, Preload, Run, Terms, TestResult
from repair.sandbox.workbench import Workbench
from repair.source.file import Source, read_source

#: A test that says nothing for so long is taken to hang. At first for less, while the command
#: itself is watched beside the search: a test that is slow and no more is then met again.
HASTY_S = 1.5
PATIENT_S = 5.0
#: The same for a test that is known to hang, when lines are traced.
_HANG_TRACED_S = 0.5
#: And for one that is slow: what it ran until then says where to look.
_TRACED_SLOWER = 3.0
#: A whole command that tells no tests apart may be silent for so long.
_SILENT_S = 8.0
#: What importing the tests may take besides.
_IMPORT_S = 15.0
#: Hanging tests that are left behind one after the other.
_MAX_HANGS = 3
#: Share of the time left that learning about the failure may take.
SHARE = 0.4
#: pytest's exit codes that mean no test was run (its reference, "Exit codes").
_PYTEST_NOT_RUN = {
    2: "pytest was interrupted",
    3: "pytest failed internally",
    4: "pytest rejected the command line",
    5: "the command selects no tests",
}
#: How pytest says that it has no test of a name, and that a file does not parse.
_NOT_FOUND = re.compile(r"ERROR: (?:not found: |file or directory not found: )(?P<id>.+)$")
_SYNTAX_ERROR = re.compile(
    r"File \"(?P<path>[^\"]+)\", line (?P<line>\d+)\n(?:.*\n){0,4}?E?\s*"
    r"(?:SyntaxError|IndentationError|TabError): (?P<what>.+)"
)
#: Runners whose tests can be collected once and run in forks of that state.
_HOLDABLE = ("pytest", "unittest", "script", "code")


class AlreadyPassingError(RepairError):
    """The command passes as it is: there is nothing to repair."""


def diagnose(
    source: Source,
    command: TestCommand,
    bench: Workbench,
    deadline: Deadline,
    idle: float = PATIENT_S,
    share: float = SHARE,
) -> Diagnosis:
    """Run the tests of ``command`` on the file as it is, untraced and traced.

    A test that says nothing for ``idle`` seconds is taken to hang. ``share`` of the time left may
    be spent.

    Raises :class:`AlreadyPassingError`, and :class:`~repair.errors.RepairError` when the command
    runs no test.
    """
    plan = command.plan
    budget = Deadline.after(deadline.remaining() * share)
    imported = None
    listed: tuple[str, ...] = ()
    began = time.monotonic()
    if plan.runner in _HOLDABLE:
        try:
            plan, imported, listed = _hold(bench, command, budget)
        except SandboxDiedError:
            bench.close()
    hold_seconds = max(time.monotonic() - began, bench.held_in if bench.warm is not None else 0.0)
    first = _run(bench, plan, budget, idle)
    if first.passed() and bench.warm is None:
        raise _already_passing(source, plan, first)
    if bench.warm is not None and not first.bad():
        # Held tests pass; whether the command does is for the command itself to say.
        bench.warm.close()
        bench.warm = None
        first = _run(bench, plan, budget, idle)
        if first.passed():
            raise _already_passing(source, plan, first)
    first_run = time.monotonic()
    first = replace(first, tests=first.tests or conftest_failure(source.path, plan, first.output))
    _refuse_nothing_run(source, plan, first, listed)
    # Without a sandbox a copy of the workspace is run, and its paths are those of the copy.
    if bench.policy.confined and (copy := _other_copy(source, first)):
        raise RepairError(
            f"the tests import {copy}, not {source.path}",
            where=plan.command,
            help="run the tests so that they import this file (check the working directory, "
            "PYTHONPATH and installed copies), or repair the file that they import",
        )
    _preload(bench, plan, first)
    imported, again, last = late.trace(
        *(bench, source.path, first, imported, budget),
        lambda: _traced(bench, plan, first, budget),
    )
    second_run = time.monotonic()
    results, flaky = _merge(first.tests, again.tests)
    if not any(result.outcome.bad for result in results):
        raise RepairError(
            "the test fails now and then: it failed once and passed when it was run again",
            where=plan.command,
            help="make the test deterministic first",
        )
    bad = [result for result in results if result.outcome.bad]
    _refuse_not_imported(plan, bad)
    _refuse_broken_tests(source, plan, bad)
    # Quick ones first: most candidates fail them, and need not wait for the slow ones.
    bad.sort(key=lambda r: (r.outcome is Outcome.TIMEOUT, round(r.seconds, 2)))
    failing = tuple(result.id for result in bad)
    known = {result.id for result in results} | set(flaky)
    wanted = plan.select or first.collected or bench.held
    unknown = tuple(t for t in wanted if t not in known)
    passing = tuple(result.id for result in results if result.outcome is Outcome.PASSED)
    hung = any(result.outcome is Outcome.TIMEOUT for result in results)
    contrast = results
    also: tuple[str, ...] = ()
    ending: tuple[TestResult, ...] = ()
    near = command.neighbours
    if not passing and not unknown and near is not None and near.args != command.plan.args:
        held = imported if plan.select is not None else None
        beside = look_beside(bench, near, results, bad, budget, held)
        contrast, ending = (*results, *beside.passing), beside.ending
        if beside.imported is not None:
            plan, imported, passing = near, beside.imported, beside.measures
            also = beside.failing
    ended = sum(r.seconds for r in first.tests if r.outcome is not Outcome.TIMEOUT)
    ended += sum(r.seconds for r in contrast if r.id in passing and r not in results)
    return Diagnosis(
        target=source.path,
        plan=plan,
        results=results,
        failing=failing,
        passing=passing,
        flaky=flaky,
        unknown=unknown,
        suspicion=localize(
            source, _seen(contrast), imported or frozenset(), last, tests=_tests(bench, results)
        ),
        imported=imported or frozenset(),
        warm_seconds=ended,
        cold_seconds=(ended if hung else max(ended, first.seconds)) + hold_seconds,
        hold_seconds=hold_seconds,
        writes=first.wrote or again.wrote or _may_write(source),
        hung=hung,
        test_files=tuple(p for p in _test_files(plan, first) if _may_read(bench, p)),
        output=first.output,
        contrast=tuple(contrast),
        own=_own(bench, first),
        entered=frozenset(again.entered),
        beside=also,
        ending=ending,
        first_run=first_run,
        second_run=second_run,
    )


def _already_passing(source: Source, plan: Plan, run: Run) -> AlreadyPassingError:
    """That nothing fails; and, where the tests import another copy of the file, which."""
    said = "the test command passes"
    if copy := _other_copy(source, run):
        said += f", but it imports {copy} and not this file"
    return AlreadyPassingError(said, where=plan.command)


def _other_copy(source: Source, run: Run) -> str:
    """The file that ``run`` imported under the name of ``source``'s, where it is another one."""
    target, name = real_path(source.path), module_name(Path(source.path))
    if any(real_path(path) == target for _, path in run.modules):
        return ""
    return next((path for module, path in run.modules if module == name), "")


def _hold(
    bench: Workbench, command: TestCommand, budget: Deadline
) -> tuple[Plan, frozenset[int] | None, tuple[str, ...]]:
    """Hold the command's tests: what is to be run of them, the lines that ran at import, and the
    tests of the files that were named where none of them is the one that was asked for.

    Where the command names tests by id, all of their files are held at once: those beside them
    are looked at later, and importing everything a second time takes longer than anything else.
    """
    plan, near = command.plan, command.neighbours
    if near is not None and plan.runner == "pytest":
        named = [word for word in plan.args if "::" in word and word not in near.args]
        files = {word.partition("::")[0] for word in named}
        if named and [w for w in plan.args if w not in named] == [
            w for w in near.args if w not in files
        ]:
            with contextlib.suppress(SandboxDiedError):
                imported = bench.hold(near, wall=budget.remaining() / 2)
                chosen = [_of_name(word, bench.held) for word in named]
                if imported is not None and all(chosen):
                    tests = dict.fromkeys(test for tests in chosen for test in tests)
                    return replace(near, select=tuple(tests)), imported, ()
    imported = bench.hold(plan, wall=budget.remaining())
    if imported is None and bench.warm is not None:
        # Held are the tests of the files that were named, none of which is the one asked for:
        # pytest itself says what is wrong.
        listed, bench.held = bench.held, ()
        bench.warm.close()
        bench.warm = None
        return plan, None, listed
    return plan, imported, ()


def _of_name(name: str, tests: Sequence[str]) -> list[str]:
    """The ids among ``tests`` that pytest runs for ``name``."""
    return [t for t in tests if t == name or t.startswith((f"{name}[", f"{name}::"))]


def _run(bench: Workbench, plan: Plan, budget: Deadline, idle: float) -> Run:
    """One run of all tests; a test that hangs is left behind and the rest are run after it.

    Where several hang in a row, less and less is waited for the next one.
    """
    run = _once(bench, plan, budget, idle)
    tests = list(run.tests)
    for hangs in range(1, _MAX_HANGS + 1):
        known = {test.id for test in tests}
        left = [t for t in plan.select or run.collected or bench.held if t not in known]
        if run.ended == "done" or not left or budget.expired() or not plan.selects:
            break
        again = _once(bench, replace(plan, select=tuple(left)), budget, idle / 4**hangs)
        tests += again.tests
        run = replace(again, collected=run.collected or again.collected)
    return replace(run, tests=tuple(tests))


def _traced(bench: Workbench, plan: Plan, first: Run, budget: Deadline) -> tuple[Run, int]:
    """The same tests, or a sample, once more with lines traced, and the line at which a hanging
    one was ended.

    Hanging tests come last and one by one: where they hang shows after a moment.
    """
    longest = max((t.seconds for t in first.tests if t.outcome is not Outcome.TIMEOUT), default=0)
    patience = max(PATIENT_S, min(3 * PATIENT_S, _TRACED_SLOWER * longest))
    if not plan.selects:
        hangs = first.ended == "timeout"
        idle = _HANG_TRACED_S if hangs else patience
        run = _once(bench, plan, budget, idle, trace=True)
        return run, run.last if run.ended == "timeout" else 0
    hanging = [test.id for test in first.tests if test.outcome is Outcome.TIMEOUT]
    rest = [test for test in first.tests if test.id not in hanging]
    tests: list[TestResult] = []
    run = first
    if rest:
        chosen = sample(rest)
        steps = functions(rest)
        run = _once(bench, replace(plan, select=chosen), budget, patience, trace=True, steps=steps)
        tests += run.tests
        # Whether they fail again is to be known of the other failing ones too.
        if left := tuple(t.id for t in rest if t.outcome.bad and t.id not in chosen):
            tests += _once(bench, replace(plan, select=left), budget, patience).tests
    last = 0
    for test in hanging[:2]:
        hung = _once(bench, replace(plan, select=(test,)), budget, _HANG_TRACED_S, trace=True)
        tests += hung.tests
        last = hung.last or last
    return replace(run, tests=tuple(tests)), last


def _tests(bench: Workbench, results: Sequence[TestResult]) -> dict[str, Source]:
    """The files that hold the failing tests, by path."""
    found = {}
    for path in {path for path, _line, _name in functions(results) if _may_read(bench, path)}:
        with contextlib.suppress(OSError, RepairError):
            data = bench.base.get(path)
            found[path] = read_source(path, read_bytes(path) if data is None else data)
    return found


def _once(
    bench: Workbench,
    plan: Plan,
    budget: Deadline,
    idle: float,
    *,
    trace: bool = False,
    steps: tuple[tuple[str, int, str], ...] = (),
) -> Run:
    server = bench.warm or bench.cold()
    wall = max(PATIENT_S, budget.remaining())
    if plan.runner in ("command", "module"):
        # One test: silence is all one hears of it until it ends.
        wall, idle = min(wall, idle if trace else _SILENT_S), 0.0
    elif not server.held:
        # Before the first test everything is imported, which takes its time.
        idle += _IMPORT_S
    terms = Terms(wall=wall, idle=idle, trace=trace, steps=steps, modules=True)
    if server.held:
        return server.patch(plan, (), terms)
    return server.run(plan, bench.base, terms)


def _refuse_not_imported(plan: Plan, bad: Sequence[TestResult]) -> None:
    """Where tests ask for a module that is not there, no edit of the file fixes it."""
    failures = [result.failure for result in bad if result.failure is not None]
    if len(failures) < len(bad) or not all(map(_asks_in_vain, failures)):
        return
    raise RepairError(
        f"the tests cannot be imported: {failures[0].message}",
        where=plan.command,
        help=_on_the_path(plan, failures[0].message)
        + "install the project and what its tests need for the interpreter that runs them "
        "(pip install -e .), or name another one with --python",
    )


def _refuse_broken_tests(source: Source, plan: Plan, bad: Sequence[TestResult]) -> None:
    """Where another file than the one to be repaired does not parse, no edit of this one helps."""
    said = [r.failure.message for r in bad if r.failure and _is_unparsed(r)]
    if source.tree is not None and said and len(said) == len(bad):
        raise RepairError(
            f"a file that the tests need is not valid Python: {said[0].splitlines()[0]}",
            where=plan.command,
            help="correct the syntax first",
        )


def _is_unparsed(result: TestResult) -> bool:
    """Whether a whole file, not one of its tests, ended in a syntax error."""
    errors = ("SyntaxError", "IndentationError", "TabError")
    return (
        "::" not in result.id and result.failure is not None and result.failure.exception in errors
    )


def _on_the_path(plan: Plan, message: str) -> str:
    """What else helps where the module lies in the working directory: of pytest's two commands
    only one puts that on the path."""
    name = message.rpartition("'")[0].rpartition("'")[2].partition(".")[0]
    here = Path(plan.cwd, name)
    found = name and (here.is_dir() or here.with_suffix(".py").is_file())
    if plan.runner != "pytest" or plan.path0 is not None or not found:
        return ""
    return f"run them as 'python -m pytest', which finds {name} in {plan.cwd}; or "


def _asks_in_vain(failure: FailedTest) -> bool:
    """Whether it is a test file itself that asks for a module which is not there."""
    asking = Path(failure.frames[-1][0]).stem if failure.frames else ""
    return (
        failure.exception == "ModuleNotFoundError"
        and not failure.lines
        and (asking.startswith("test") or asking.endswith("_test") or asking == "conftest")
    )


def _refuse_nothing_run(source: Source, plan: Plan, run: Run, listed: Sequence[str]) -> None:
    """Raise where no test was run; ``listed`` are the tests of the files that were named."""
    said = run.output.strip().splitlines()
    tail = said[-1].strip() if said else ""
    if plan.runner == "command" and run.code in (126, 127):
        raise RepairError(
            "command not found" if run.code == 127 else "not executable",
            where=plan.command,
            help=f"the shell said: {tail}" if tail else "check the test command",
        )
    if plan.runner == "pytest" and not run.tests and run.code in _PYTEST_NOT_RUN:
        if broken := _syntax_error(source, run.output):
            raise RepairError(broken[1], where=broken[0], help="correct the syntax first")
        errors = [line for line in said if line.startswith("ERROR")]
        if missing_id := next((m for line in errors if (m := _NOT_FOUND.match(line))), None):
            name = missing_id["id"]
            word = next((w for w in plan.args if name.endswith(w.removeprefix("./"))), name)
            near = difflib.get_close_matches(word, listed, 3, 0.6)
            raise RepairError(
                f"there is no test '{word}'",
                where=plan.command,
                help=f"did you mean {' or '.join(near)}?" if near else "check the name of the test",
            )
        raise RepairError(
            _PYTEST_NOT_RUN[run.code],
            where=plan.command,
            help=f"pytest said: {errors[0] if errors else tail}" if said else "",
        )
    if run.ended == "timeout" and not run.tests:
        raise RepairError(
            f"the tests were cut off after {run.seconds:.0f} s, before the first one began",
            where=plan.command,
            help="allow more time with --time-limit, or name fewer tests",
        )
    if not run.bad():
        missing = "No module named" in run.output
        raise RepairError(
            "the tests could not be run" if said else "the command runs no tests",
            where=plan.command,
            help=(f"it said: {tail}" + ("; see --python" if missing else "")) if said else "",
        )


def _syntax_error(source: Source, output: str) -> tuple[str, str] | None:
    """The place and the message of the syntax error that kept tests from being collected."""
    if source.problem:
        line = source.problem.removeprefix("line ").partition(":")[0]
        place = f"{source.path}:{line}" if line.isdigit() else source.path
        return place, f"not valid Python: {source.problem.partition(': ')[2] or source.problem}"
    found = list(_SYNTAX_ERROR.finditer(output))
    if not found:
        return None
    return f"{found[-1]['path']}:{found[-1]['line']}", f"not valid Python: {found[-1]['what']}"


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
            results.append(replace(result, lines=second.lines, steps=second.steps))
    return tuple(results), tuple(flaky)


def _seen(results: Sequence[TestResult]) -> Sequence[TestResult]:
    """Those whose lines were seen; all, where that is of no failing one."""
    seen = [result for result in results if result.lines]
    return seen if any(result.outcome.bad for result in seen) else results


def _preload(bench: Workbench, plan: Plan, run: Run) -> None:
    """Do early what every run does: imports of what is not the workspace's, regular expressions."""
    files = set(_own(bench, run))
    loaded = [m for m in run.modules if not m[0].startswith(("_pilotfish_probe", "__main"))]
    names = tuple(name for name, path in loaded if path not in files)
    own = tuple(name for name, path in loaded if path in files)
    if names or run.patterns:
        bench.preload(Preload(names, run.patterns, plan.runner == "pytest", own))


def _own(bench: Workbench, run: Run) -> tuple[str, ...]:
    """The workspace's files that ``run`` loaded, without those of an environment in it."""
    own = bench.policy.workspace.rstrip("/") + "/"
    within = (folder for folder in bench.policy.interpreter.folders if folder.startswith(own))
    # The others are sources that an editable installation names: the workspace's, and to be fixed.
    shared = tuple(f"{folder}/" for folder in within if is_environment(Path(folder)))
    paths = (path for _name, path in run.modules if not path.startswith(shared))
    # The code that ran says these paths.
    return tuple(p for p in paths if str(inside(p, bench.policy.workspace)) == p)


def _may_read(bench: Workbench, path: str) -> bool:
    """Whether a path that the tests told leads to a file that they were shown."""
    roots = (bench.policy.workspace, *bench.policy.readable)
    return any(inside(path, Path(root).expanduser()) is not None for root in roots)


def _may_write(source: Source) -> bool:
    """Whether the file's own code looks as if a fixed version could write files."""
    signs = ("open(", "write", "mkdir", "tempfile", "sqlite3", "shelve", "unlink", "touch(")
    return any(sign in source.text for sign in signs)


def _test_files(plan: Plan, run: Run) -> tuple[str, ...]:
    if run.files:
        return run.files
    if plan.runner == "script":
        return (f"{plan.cwd}/{plan.args[0]}",)
    frames = [frame for test in run.tests if test.failure for frame in test.failure.frames[:1]]
    return tuple(dict.fromkeys(path for path, _, _ in frames if not path.startswith("<")))
