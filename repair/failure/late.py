"""Tests that import the file under repair only as they run: in their bodies or their fixtures.

Where they are held nothing of it is loaded, so no live code can be replaced, and each candidate
would be imported anew with all the rest. Once a run has shown that they import it, it is imported
where they are held, too; unless they fail otherwise then, or import it once more all the same.
"""

from __future__ import annotations

from collections.abc import Callable

from analysis.deadline import Deadline
from repair.sandbox.run import Run
from repair.sandbox.workbench import Workbench

#: What traces the tests: their run, and the line at which a hanging one was ended.
Traced = Callable[[], tuple[Run, int]]
#: A file of which more than this share of the lines that importing it runs is run by a test is
#: imported by that test.
_IMPORTED = 0.5


def trace(
    bench: Workbench,
    path: str,
    first: Run,
    imported: frozenset[int] | None,
    budget: Deadline,
    traced: Traced,
) -> tuple[frozenset[int] | None, Run, int]:
    """What ``traced`` tells, with the file ``path`` loaded where the tests are held; and which of
    its lines run at import.

    ``first`` is the untraced run and ``imported`` the lines that ran as the tests were collected,
    ``None`` where they are not held. Raises
    :class:`~repair.errors.SandboxDiedError` as ``traced`` does, and where importing
    the file brings the sandbox down.
    """
    name = next((name for name, file in first.modules if file == path), "")
    if imported is None or imported or not name or bench.warm is None:
        return imported, *traced()
    lines = bench.load(name, budget.remaining())
    run, last = traced()
    bad = {test.id for test in first.tests if test.outcome.bad}
    again = [test for test in run.tests if test.id in bad]
    most = _IMPORTED * len(lines)
    if all(test.outcome.bad and len(lines & set(test.lines)) <= most for test in again):
        return lines, run, last
    bench.unload()
    return None, *traced()
