"""What is wrong before anything is changed: which tests fail and why, how long tests take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from repair.localization import Suspicion
from repair.sandbox.run import FailedTest, Outcome, Plan, TestResult

#: A candidate may take this many times what a test took before, plus an allowance: a test that
#: failed at once may have work to do once it is fixed.
_SLOWER = 4.0
_ALLOWANCE_S = 0.05
#: How many failing tests are run although the first still fails, if they take no longer than
#: this together: edits that fix some are kept.
_LEADING = 4
_LEADING_S = 0.05
#: What unittest makes of a module that it cannot import.
_NOT_LOADED = "unittest.loader._FailedTest."


@dataclass(frozen=True)
class Diagnosis:
    """The failure of the file ``target`` as it is. Times are wall seconds of all tests that end.

    ``failing`` and ``passing`` are test ids in order; ``flaky`` failed once and passed once and
    count as neither; ``unknown`` were not run because others hang. ``imported`` are the lines
    that run at import. ``hold_seconds`` is what importing and collecting takes. ``writes`` tells
    whether tests write files. ``test_files`` are the files that hold the tests. ``contrast`` are
    ``results`` with passing tests beside them that the command did not name. ``own`` are the
    files of the workspace that the tests loaded, ``entered`` all files of which they ran functions,
    none where that is not known. ``beside`` are held tests that fail too and
    that the command did not name, ``ending`` how they and slower ones of the same files end.
    """

    target: str
    plan: Plan
    results: tuple[TestResult, ...]
    failing: tuple[str, ...]
    passing: tuple[str, ...]
    flaky: tuple[str, ...]
    unknown: tuple[str, ...]
    suspicion: Suspicion
    imported: frozenset[int]
    warm_seconds: float
    cold_seconds: float
    hold_seconds: float
    writes: bool
    hung: bool
    test_files: tuple[str, ...]
    output: str
    contrast: tuple[TestResult, ...] = ()
    own: tuple[str, ...] = ()
    entered: frozenset[str] = frozenset()
    beside: tuple[str, ...] = ()
    ending: tuple[TestResult, ...] = ()
    #: When the first run of the tests and their second one had ended, on the monotonic clock.
    first_run: float = 0.0
    second_run: float = 0.0

    @property
    def tells_tests_apart(self) -> bool:
        """Whether single tests can be chosen by id."""
        return self.plan.selects and not self.unimportable

    @property
    def unimportable(self) -> tuple[str, ...]:
        """Test files that cannot be imported: such a one fails as a whole, under its own name."""
        return tuple(
            r.id
            for r in self.results
            if r.outcome.bad and (not r.seconds or r.id.startswith(_NOT_LOADED))
        )

    def runs(self, path: str) -> bool:
        """Whether the tests run functions of another file, as far as is known, or fail in it, and
        do not only import it."""
        frames = (frame for failure in self.failures() for frame in failure.frames)
        return not self.entered or path in self.entered or any(f[0] == path for f in frames)

    def fixed(self, tests: Sequence[TestResult]) -> frozenset[str]:
        """Which of the failing tests pass in a run with these results: a file that could not be
        imported does where its tests are there and all of them pass."""
        passed = {test.id for test in tests if test.outcome is Outcome.PASSED}
        found = passed.intersection(self.failing)
        for name in self.unimportable:
            own = [test for test in tests if _is_in(test.id, name)]
            if own and not any(test.outcome.bad for test in own):
                found.add(name)
        return frozenset(found)

    def imported_now(self, tests: Sequence[TestResult]) -> int:
        """How many tests pass of files that could not be imported before."""
        return sum(
            test.outcome is Outcome.PASSED and any(_is_in(test.id, n) for n in self.unimportable)
            for test in tests
        )

    def order(self) -> tuple[str, ...]:
        """The tests in the order in which a candidate meets them."""
        return (*self.failing, *self.passing, *self.unknown)

    def leading(self) -> int:
        """How many failing tests are worth running although the first still fails."""
        if self.plan.runner in ("script", "code"):
            # The order is the script's own.
            bad = [result.outcome.bad for result in self.results]
            return len(bad) if self.warm_seconds <= _LEADING_S else 1 + bad.index(True)
        spent, count = 0.0, 0
        seconds = {result.id: result.seconds for result in self.results}
        for test in self.failing[:_LEADING]:
            spent += seconds[test]
            if spent > _LEADING_S:
                break
            count += 1
        return max(1, count)

    def caps(self, patience: float) -> dict[str, float]:
        """Processor seconds that a candidate may take for each test."""
        found = {"": patience * (_ALLOWANCE_S + _SLOWER * self.warm_seconds)}
        for result in self.contrast or self.results:
            if result.outcome is Outcome.TIMEOUT:
                found[result.id] = patience * _ALLOWANCE_S
            else:
                found[result.id] = patience * (_ALLOWANCE_S + _SLOWER * result.seconds)
        return found

    def symptoms(self) -> frozenset[str]:
        """The exceptions that failing tests end in, and ``timeout``."""
        return frozenset(failure.exception for failure in self.failures())

    def failures(self) -> list[FailedTest]:
        """What the failing tests say."""
        return [r.failure for r in self.results if r.outcome.bad and r.failure]

    def failure(self) -> TestResult | None:
        """The first failing test."""
        return next((r for r in self.results if r.id in self.failing), None)


def _is_in(test: str, file: str) -> bool:
    """Whether ``test`` is one of a test file by its name, as runners give it."""
    if file.startswith(_NOT_LOADED):
        return f".{file.removeprefix(_NOT_LOADED)}." in f".{test}."
    if file.endswith("conftest.py"):
        # All tests below its folder need it.
        return test.startswith(file.removesuffix("conftest.py"))
    return test.startswith(f"{file}::")
