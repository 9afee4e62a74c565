"""A ``conftest.py`` that cannot be imported: pytest runs no test and only prints why.

Where a file does not parse, no test of it failed: that is refused with its place elsewhere.
"""

from __future__ import annotations

import os
import re

from repair.sandbox.run import FailedTest, Outcome, Plan, TestResult

_CONFTEST = re.compile(r"ImportError while loading conftest '(?P<path>[^']+)'")
_FRAME = re.compile(r"^(?P<path>\S[^:\n]*):(?P<line>\d+): in (?P<name>.+)$", re.MULTILINE)
_UNPARSED = frozenset({"SyntaxError", "IndentationError", "TabError"})
_SAID = re.compile(r"^E   (?P<exception>[\w.]+): (?P<message>.*)$", re.MULTILINE)


def conftest_failure(path: str, plan: Plan, output: str) -> tuple[TestResult, ...]:
    """The failure that ``output`` tells of, as a test's; ``path`` is the file under repair."""
    found = _CONFTEST.search(output) if plan.runner == "pytest" else None
    said = _SAID.search(output, found.end()) if found else None
    if found is None or said is None or said["exception"] in _UNPARSED:
        return ()
    frames = tuple(
        (os.path.normpath(f"{plan.cwd}/{m['path']}"), int(m["line"]), m["name"])
        for m in _FRAME.finditer(output, found.end(), said.start())
    )
    lines = tuple(line for file, line, _name in frames if file == path)
    failure = FailedTest(said["exception"].rpartition(".")[2], said["message"], frames, lines)
    return (TestResult(os.path.relpath(found["path"], plan.cwd), Outcome.ERROR, 0.0, failure),)
