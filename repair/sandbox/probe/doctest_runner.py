"""Running the examples of docstrings and text files, in this process."""

from __future__ import annotations

import doctest
import importlib
import os
import sys
import time
from typing import Any

from . import describe
from .reporter import Reporter


def run(plan: dict[str, Any], reporter: Reporter, hold: Any) -> int:
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
            self.detail = describe.describe_text("DocTestFailure", text[:600])

    def report_unexpected_exception(self, out: Any, test: Any, example: Any, exc_info: Any) -> None:
        if self.detail is None:
            self.detail = describe.describe_exception(
                exc_info[0], exc_info[1], exc_info[2], self._reporter.target
            )
            self.detail["message"] = "{}: {}".format(
                example.source.strip(), self.detail["message"]
            )[:600]
