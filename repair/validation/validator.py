"""Whether a plausible patch is a repair (invariant 9): fresh processes, the command, all tests.

The failing test is run twice with the patch, once by the shell as the person would and once by
its runner, with every other test of the suite, compared with how it fared without the patch. Both
run at once, in sandboxes of their own: most of the time is what starting a test runner takes.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.deadline import Cancellation, Deadline
from analysis.text.files import read_bytes
from decoding.errors import CancelledError
from repair.errors import SandboxDiedError
from repair.failure.baseline_run import BaselineRun, Seen
from repair.failure.command import TestCommand
from repair.failure.diagnosis import Diagnosis
from repair.sandbox.cores import usable
from repair.sandbox.forkserver import ForkServer
from repair.sandbox.run import Outcome, Plan, Run, Terms, TestResult
from repair.sandbox.workbench import Workbench
from repair.validation.ahead import Ahead
from repair.validation.suite_result import SuiteResult, suite_result_of

#: Processors with which a command and a suite end earlier when they run at once.
_AT_ONCE = 2
#: Share of the time left that the code graph may take to be there: which tests reach the change is
#: evidence, and must not depend on how early a patch was found.
_WAIT_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class ValidationVerdict:
    """What validation found. ``good`` and complete is *verified*; ``reason`` says what is not.

    ``broken`` are tests that passed before and fail with the patch; ``not_run`` were not run
    within the limit, with or without it. ``ran`` counts other tests that still pass, ``near`` are
    those of them from which calls lead to the change; ``still`` fail with the patch as they did
    without it.
    """

    good: bool
    complete: bool
    reason: str
    broken: tuple[str, ...] = ()
    not_run: tuple[str, ...] = ()
    ran: int = 0
    still: tuple[str, ...] = ()
    near: frozenset[str] = frozenset()

    @property
    def summary(self) -> str:
        """What does not hold, else what was run, in one sentence."""
        if self.reason:
            return self.reason
        tests = "tests still pass" if self.ran > 1 else "test still passes"
        others = f", {self.ran} other {tests}" if self.ran else ""
        count = f"{len(self.still)} {'fails' if len(self.still) == 1 else 'fail'}"
        still = f", {count} with and without it" if self.still else ""
        return f"it passes the failing test twice{others}{still}"


@dataclass(frozen=True, slots=True)
class _Ended:
    """The very command's run with a patch, by the shell, and how many seconds it took."""

    run: Run
    seconds: float

    def verdict(self) -> ValidationVerdict | None:
        """What follows where the command does not pass."""
        if self.run.ended == "timeout":
            return ValidationVerdict(True, False, "time ran out while the test ran again")
        if self.run.code != 0:
            return ValidationVerdict(
                False, False, f"the command still fails: {_last_line(self.run)}"
            )
        return None


class Validator:
    """Validates patches of one diagnosis. What does not depend on the patch is run once.

    ``ahead`` knows which tests of a suite run first.
    """

    def __init__(
        self,
        command: TestCommand,
        suite: TestCommand | None,
        diagnosis: Diagnosis,
        bench: Workbench,
        base: Mapping[str, bytes],
        baseline: BaselineRun,
        ahead: Ahead,
    ) -> None:
        self._command = command
        self._ahead = ahead
        self._diagnosis = diagnosis
        self._bench = bench
        self._base = dict(base)
        self._suite = suite.plan if suite is not None else command.suite
        self._suite_given = suite is not None
        self._shell = Plan("command", command.plan.command, (), bench.policy.workspace)
        self._baseline = baseline
        self._suite_before: dict[str, TestResult] = {}
        self._hashes = _hashes(diagnosis.test_files)
        # Two that share the network may want the same port.
        self._at_once = usable() >= _AT_ONCE and not bench.policy.network
        if self._suite is not None and not self._is_whole():
            ahead.begin()

    def validate(self, path: str, data: bytes, deadline: Deadline) -> ValidationVerdict:
        """Judge the file ``path`` with the bytes ``data``.

        Raises :class:`~decoding.errors.CancelledError`; a sandbox that dies is a bad verdict.
        """
        files = {**self._base, path: data}
        stop = self._bench.prepare()
        with ThreadPoolExecutor(1, "command") as pool:
            command: Future[_Ended] | None = None
            try:
                if self._at_once:
                    command = pool.submit(self._by_itself, files, deadline, stop)
                suite = self._ordered(path, data, deadline, stop)
                return self._validate(command, files, suite, deadline)
            except CancelledError:
                # What the command said may have ended the rest.
                if command is None or command.exception() is not None:
                    raise
                if (verdict := command.result().verdict()) is None:
                    raise
                return verdict
            except SandboxDiedError as error:
                self._bench.abandon()
                return ValidationVerdict(
                    False, False, f"the tests crash the sandbox ({error.what})"
                )

    def _by_itself(
        self, files: Mapping[str, bytes], deadline: Deadline, stop: Cancellation
    ) -> _Ended:
        """What the command says in a sandbox of its own; where it fails nothing else matters."""
        began = time.monotonic()
        run = self._bench.by_itself(self._shell, files, Terms(wall=deadline.remaining()), stop)
        ended = _Ended(run, time.monotonic() - began)
        if ended.verdict() is not None:
            self._bench.abandon()
        return ended

    def _ordered(
        self, path: str, data: bytes, deadline: Deadline, stop: Cancellation
    ) -> Plan | None:
        """The suite, with the failing tests and what else reaches the change ahead: the time may
        not be enough for all.

        Raises :class:`~decoding.errors.CancelledError`.
        """
        suite = self._suite
        if suite is None or suite.runner == "command" or self._is_whole():
            return suite
        self._ahead.wait(_WAIT_SHARE * deadline.remaining(), stop)
        if stop.cancelled:
            raise CancelledError
        before = self._base.get(path)
        near = self._ahead.of(path, before if before is not None else _read(path), data)
        ahead = tuple((each.path, each.qualname, each.distance) for each in near)
        return replace(suite, first=self._diagnosis.failing, ahead=ahead)

    def _validate(
        self,
        command: Future[_Ended] | None,
        files: Mapping[str, bytes],
        suite: Plan | None,
        deadline: Deadline,
    ) -> ValidationVerdict:
        plan, shell, server = self._command.plan, self._shell, self._bench.apart()
        if command is None:
            began = time.monotonic()
            first = server.run(shell, files, Terms(wall=deadline.remaining()))
            command = Future()
            command.set_result(_Ended(first, time.monotonic() - began))
            if verdict := command.result().verdict():
                return verdict
        suite_result: SuiteResult | None = None
        second: Run | None = None
        if suite is not None and suite.runner != "command" and not self._is_whole():
            # The suite of the same runner runs the failing test once more, in another process.
            suite_result = self._of_suite(server, suite, files, deadline)
        if suite_result is None or not self._passed(suite_result):
            again = plan if self._command.recognized else shell
            second = server.run(again, files, Terms(wall=deadline.remaining()))
        ended = command.result()
        if verdict := ended.verdict():
            return verdict
        fixed_s = ended.seconds
        # Asked last: the baseline of what hangs may have to be waited for.
        seen, reason = self._baseline.seen(hung=self._diagnosis.hung, fixed_s=fixed_s)
        if seen is Seen.PASSES:
            return ValidationVerdict(False, False, reason)
        verdict = self._judge(server, files, suite_result, second, deadline)
        if seen is Seen.UNKNOWN and verdict.complete:
            return replace(verdict, complete=False, reason=reason)
        return verdict

    def _judge(
        self,
        server: ForkServer,
        files: Mapping[str, bytes],
        suite_result: SuiteResult | None,
        second: Run | None,
        deadline: Deadline,
    ) -> ValidationVerdict:
        """The verdict on a patch with which the command passes, of the suite and of the second run
        of the failing test, where they took place."""
        suite = self._suite
        if _hashes(self._diagnosis.test_files) != self._hashes:
            return ValidationVerdict(False, False, "the test files changed meanwhile")
        if suite_result is not None and second is None:
            return self._judge_suite(server, files, suite_result, deadline)
        assert second is not None
        if second.ended == "timeout":
            left = suite_result.left if suite_result is not None else ()
            why = "time ran out while the test ran a second time"
            return ValidationVerdict(True, False, why, not_run=left)
        if not second.passed():
            return ValidationVerdict(
                False, False, "the test passed once and failed when it was run again"
            )
        if suite is None:
            return ValidationVerdict(True, True, "the command is the only test there is to know of")
        if self._is_whole():
            others = len(second.tests) - len(self._diagnosis.failing)
            return ValidationVerdict(True, True, "", ran=max(0, others))
        if suite_result is None:
            suite_result = suite_result_of(server, suite, files, deadline, self._diagnosis.target)
        return self._judge_suite(server, files, suite_result, deadline)

    def _of_suite(
        self, server: ForkServer, suite: Plan, files: Mapping[str, bytes], deadline: Deadline
    ) -> SuiteResult:
        """How the suite fares; of what a patch breaks soon no more is run."""
        target = self._diagnosis.target
        suite_result = suite_result_of(server, suite, files, deadline, target, soon=True)
        if (
            not suite_result.early
            or not self._judge_suite(server, files, suite_result, deadline).good
        ):
            return suite_result
        rest = replace(suite, select=suite_result.left)
        return suite_result.then(suite_result_of(server, rest, files, deadline, target))

    def _passed(self, suite_result: SuiteResult) -> bool:
        """Whether the failing tests are among what ran, and pass."""
        results = [suite_result.results.get(test) for test in self._diagnosis.failing]
        return all(result is not None and not result.outcome.bad for result in results)

    def _is_whole(self) -> bool:
        """Whether the command is its own suite."""
        assert self._suite is not None
        return self._suite.args == self._command.plan.args and not self._suite_given

    def _judge_suite(
        self,
        server: ForkServer,
        files: Mapping[str, bytes],
        suite_result: SuiteResult,
        deadline: Deadline,
    ) -> ValidationVerdict:
        suite, target = self._suite, self._diagnosis.target
        assert suite is not None
        after = suite_result.results
        if suite.runner == "command":
            return self._judge_opaque(server, suite, after, deadline)
        # Only tests that fail now could have been broken: the others need no comparison.
        bad = (t for t, r in after.items() if r.outcome.bad and t not in suite_result.hanging)
        if wanted := tuple(t for t in bad if t not in self._suite_before):
            compared = replace(suite, select=wanted)
            self._suite_before |= suite_result_of(
                server, compared, self._base, deadline, target
            ).results
        broken, still, unknown = [], [], list(suite_result.left)
        for test, result in after.items():
            if not result.outcome.bad or test in suite_result.hanging:
                continue
            before = self._suite_before.get(test)
            if before is None:
                unknown.append(test)
            elif before.outcome is Outcome.PASSED:
                broken.append(test)
            else:
                still.append(test)
        broken, unsure = self._still_broken(server, suite, files, broken, deadline)
        unknown += unsure
        if broken:
            names = ", ".join(broken[:3])
            return ValidationVerdict(False, False, f"breaks {names}", tuple(broken), tuple(unknown))
        known = set(self._diagnosis.failing)
        passed = {t for t, r in after.items() if r.outcome is Outcome.PASSED and t not in known}
        ran, near = len(passed), suite_result.near & passed
        if unknown or not after:
            reason = _not_through(unknown, ran, suite_result.near - known, len(near))
            return ValidationVerdict(
                True, False, reason, not_run=tuple(unknown), ran=ran, near=near
            )
        return ValidationVerdict(True, True, "", ran=ran, still=tuple(still), near=near)

    def _still_broken(
        self,
        server: ForkServer,
        suite: Plan,
        files: Mapping[str, bytes],
        broken: list[str],
        deadline: Deadline,
    ) -> tuple[list[str], list[str]]:
        """Those of ``broken`` that fail once more, and those for which the time was not enough: the
        rest are flaky."""
        if not broken:
            return [], []
        once_more = replace(suite, select=tuple(broken))
        again = suite_result_of(server, once_more, files, deadline, self._diagnosis.target).results
        unsure = [t for t in broken if t not in again]
        return [t for t in broken if t in again and again[t].outcome.bad], unsure

    def _judge_opaque(
        self,
        server: ForkServer,
        suite: Plan,
        after: Mapping[str, TestResult],
        deadline: Deadline,
    ) -> ValidationVerdict:
        result = after.get(suite.command)
        if result is None or result.outcome is Outcome.TIMEOUT:
            reason = "the suite did not end within the time limit"
            return ValidationVerdict(True, False, reason, not_run=(suite.command,))
        if not result.outcome.bad:
            return ValidationVerdict(True, True, "", ran=1)
        before = suite_result_of(
            server, suite, self._base, deadline, self._diagnosis.target
        ).results
        if (known := before.get(suite.command)) and known.outcome is Outcome.PASSED:
            return ValidationVerdict(False, False, "breaks the suite", (suite.command,))
        reason = "the suite fails with and without the patch, and its tests cannot be told apart"
        return ValidationVerdict(True, False, reason)


def _not_through(unknown: Collection[str], ran: int, near: Collection[str], passed: int) -> str:
    """That a suite was not run to its end, and what can be said all the same: ``ran`` tests pass,
    and ``passed`` of those ``near`` the change are among them."""
    if not unknown:
        return "the suite could not be run within the time limit"
    count = len(unknown)
    were = "test of the suite was" if count == 1 else "tests of the suite were"
    said = f"{count} {were} not run within the time limit"
    if not ran:
        return said
    said += f"; {ran} {'other passes' if ran == 1 else 'others pass'}"
    return f"{said}, with {passed} of {len(near)} seen to reach the change" if near else said


def _read(path: str) -> bytes:
    file = Path(path)
    return read_bytes(file) if file.is_file() else b""


def _hashes(paths: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for path in paths:
        file = Path(path)
        found[path] = hashlib.sha256(read_bytes(file)).hexdigest() if file.is_file() else ""
    return found


def _last_line(run: Run) -> str:
    lines = run.output.strip().splitlines()
    return lines[-1].strip() if lines else f"exit code {run.code}"
