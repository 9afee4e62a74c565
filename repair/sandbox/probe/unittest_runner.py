"""Running tests with unittest, in this process."""

from __future__ import annotations

import doctest
import importlib
import os
import sys
import time
import unittest
from typing import Any

from . import plans, reporting
from .reporting import Reporter


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
        reporting.look_away()
        tests, near = plans.ordered(
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
    return [getattr(test, test._testMethodName, None), *plans.set_ups(type(test))]


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
    _exc_info_to_string = reporting.aside(
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
            reporting.describe_exception(err[0], err[1], err[2], self._reporter.target),
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
        self._outcome = ("failed", reporting.describe_text("UnexpectedSuccess", ""))


# ----------------------------------------------------------------------
# Running the examples of docstrings and text files, in this process.


def run_doctest(plan: dict[str, Any], reporter: Reporter, hold: Any) -> int:
    """Run ``python -m doctest`` on the plan's files; 0 if all passed, else 1.

    A test is one docstring: ``FILE::name``. ``hold`` is not used: examples run module code.
    """
    select = plan.get("select")
    flags = 0
    files = []
    arguments = list(plan["args"])
    while arguments:
        word = arguments.pop(0)
        if word in ("-o", "--option") and arguments:
            flags |= doctest.OPTIONFLAGS_BY_NAME.get(arguments.pop(0), 0)
        elif word not in ("-v", "--verbose", "-f", "--fail-fast"):
            files.append(word)
    found = [(name, test) for name in files for test in _tests(name)]
    reporter.note(collected=[f"{name}::{test.name}" for name, test in found])
    good = True
    for name, test in found:
        identity = f"{name}::{test.name}"
        if select is not None and identity not in select:
            continue
        begun = time.perf_counter()
        reporter.start(identity)
        runner = _DoctestRunner(reporter, flags)
        # Examples print: what they say belongs to doctest, not to our output.
        runner.run(test, out=lambda text: None)
        outcome = "failed" if runner.detail else "passed"
        good = good and runner.detail is None
        reporter.finish(identity, outcome, time.perf_counter() - begun, runner.detail)
        if reporter.may_stop():
            break
    return 0 if good else 1


def _tests(name: str) -> list[Any]:
    if not name.endswith(".py"):
        with open(name, encoding="utf-8") as stream:
            text = stream.read()
        globs = {"__name__": "__main__"}
        test = doctest.DocTestParser().get_doctest(text, globs, os.path.basename(name), name, 0)
        return [test] if test.examples else []
    folder, filename = os.path.split(name)
    sys.path.insert(0, folder or os.getcwd())
    module = importlib.import_module(filename[:-3])
    del sys.path[0]
    return [test for test in doctest.DocTestFinder().find(module) if test.examples]


class _DoctestRunner(doctest.DocTestRunner):
    def __init__(self, reporter: Reporter, flags: int) -> None:
        super().__init__(verbose=False, optionflags=flags)
        self._reporter = reporter
        self.detail: Any = None

    def report_failure(self, out: Any, test: Any, example: Any, got: Any) -> None:
        if self.detail is None:
            text = (
                f"{example.source.strip()} gave {got.strip()!r}, expected {example.want.strip()!r}"
            )
            self.detail = reporting.describe_text("DocTestFailure", text[:600])

    def report_unexpected_exception(self, out: Any, test: Any, example: Any, exc_info: Any) -> None:
        if self.detail is None:
            self.detail = reporting.describe_exception(
                exc_info[0], exc_info[1], exc_info[2], self._reporter.target
            )
            self.detail["message"] = "{}: {}".format(
                example.source.strip(), self.detail["message"]
            )[:600]
