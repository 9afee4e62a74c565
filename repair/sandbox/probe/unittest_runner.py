"""Running tests with unittest, in this process."""

from __future__ import annotations

import time
import unittest
from typing import Any

from . import ahead, aside, describe
from .reporter import Reporter


def run(plan: dict[str, Any], reporter: Reporter, hold: Any) -> int:
    """Run ``python -m unittest`` with the plan's arguments; 0 if all passed, else 1.

    ``hold`` as in ``pytest_runner.run``.
    """
    runner = _Runner(plan, reporter, hold)
    unittest.main(
        module=None,
        argv=["python -m unittest", *plan["args"]],
        exit=False,
        testRunner=runner,
    )
    return 0 if runner.good else 1


class _Runner:
    def __init__(self, plan: dict[str, Any], reporter: Reporter, hold: Any) -> None:
        self._plan = plan
        self._select = plan.get("select")
        self._reporter = reporter
        self._hold = hold
        self.good = False

    def run(self, suite: Any) -> Any:
        aside.look_away()
        tests, near = ahead.ordered(
            list(_flat(suite)), self._plan, lambda test: test.id(), _functions, type
        )
        self._reporter.note(
            collected=[test.id() for test in tests], near=[test.id() for test in near]
        )

        def run_selected(ids: Any, reporter: Reporter) -> Any:
            chosen = tests
            if ids is not None:
                place = {test: index for index, test in enumerate(ids)}
                chosen = sorted(
                    (test for test in tests if test.id() in place),
                    key=lambda test: place[test.id()],
                )
            result = _Result(reporter)
            unittest.TestSuite(chosen).run(result)
            return result

        if self._hold is not None:
            if not any(type(test).__name__ == "_FailedTest" for test in tests):
                self._hold(run_selected)
            return unittest.TestResult()
        result = run_selected(self._select, self._reporter)
        self.good = bool(tests) and result.wasSuccessful()
        return result


def _functions(test: Any) -> list[Any]:
    """What runs for a test: its method, what its class sets up."""
    return [getattr(test, test._testMethodName, None), *ahead.set_ups(type(test))]


def _flat(suite: Any) -> Any:
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            for inner in _flat(test):
                yield inner
        else:
            yield test


class _Result(unittest.TestResult):
    def __init__(self, reporter: Reporter) -> None:
        super().__init__()
        self._reporter = reporter
        self._outcome: tuple[str, Any] = ("passed", None)

    #: How unittest tells of a failure, which shows the exception.
    _exc_info_to_string = aside.aside(
        unittest.TestResult._exc_info_to_string,  # type: ignore[attr-defined]
    )

    def startTest(self, test: Any) -> None:  # noqa: N802 - unittest's name
        super().startTest(test)
        self._outcome = ("passed", None)
        self._begun = time.perf_counter()
        self._reporter.start(test.id())

    def stopTest(self, test: Any) -> None:  # noqa: N802 - unittest's name
        super().stopTest(test)
        outcome, detail = self._outcome
        self._reporter.finish(test.id(), outcome, time.perf_counter() - self._begun, detail)
        if self._reporter.may_stop():
            self.stop()

    def _bad(self, outcome: str, err: Any) -> None:
        self._outcome = (
            outcome,
            describe.describe_exception(err[0], err[1], err[2], self._reporter.target),
        )

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802 - unittest's name
        super().addError(test, err)
        self._bad("error", err)
        if not isinstance(test, unittest.TestCase):
            # A class or module fixture failed: there is no start and no stop.
            self._reporter.finish(test.id(), "error", 0.0, self._outcome[1])

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: N802 - unittest's name
        super().addFailure(test, err)
        self._bad("failed", err)

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802 - unittest's name
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._bad("failed", err)

    def addSkip(self, test: Any, reason: Any) -> None:  # noqa: N802 - unittest's name
        super().addSkip(test, reason)
        self._outcome = ("skipped", None)

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802 - unittest's name
        super().addUnexpectedSuccess(test)
        self._outcome = ("failed", describe.describe_text("UnexpectedSuccess", ""))
