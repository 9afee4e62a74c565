"""What came of the tests of a run, by their names within the file."""

from __future__ import annotations

from repair.sandbox.run import Run


def outcomes(run: Run) -> dict[str, str]:
    return {test.id.partition("::")[2]: test.outcome.value for test in run.tests}
