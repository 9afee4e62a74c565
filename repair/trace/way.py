"""The way from a test to the call in which it went wrong: what a person looks at first.

The call is where the failure was raised or the test hangs. Where the test itself found a wrong
result it is the call with the most suspicious block; of equal ones the outermost, of these the
last, whose result the test looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.views.plan import CodePlan
from repair.sandbox.run import TestResult
from repair.trace.debugging import Report
from repair.trace.record import TestTrace, TracedCall


@dataclass(frozen=True, slots=True)
class Step:
    """A function on the way, and the 0-based line where it broke or else begins; ``call`` is its
    call in the file that was followed, 0 for another file's."""

    path: str
    line: int
    function: str
    call: int = 0


def is_test(code: CodePlan) -> bool:
    """Whether a function of a file of tests is a test by its name, or stands in one."""
    return any(part.startswith("test") for part in code.name.split("."))


def way_of(trace: TestTrace, report: Report, path: str) -> tuple[Step, ...]:
    """The way of ``trace`` in the file ``path``, the test first; nothing where nothing was
    followed."""
    result = next((each for each in report.results if each.id == trace.test), None)
    focus = _focus(trace, report, result, path in report.test_files)
    if focus is None:
        return ()
    calls = {call.id: call for call in trace.calls}
    chain = [focus]
    while (caller := calls.get(chain[0].parent)) is not None:
        chain.insert(0, caller)
    steps = []
    for call in chain:
        code = report.plan.codes[call.code]
        line = call.line if call.how in ("raised", "running") else code.first_line
        steps.append(Step(path, line, code.name, call.id))
    return (*_outside(result, path), *steps)


def _outside(result: TestResult | None, path: str) -> list[Step]:
    """The frames of a failure before the file: from the test to what calls it."""
    before = []
    for file, line, name in result.failure.frames if result and result.failure else ():
        if file == path:
            break
        before.append(Step(file, line - 1, name))
    return before


def _focus(
    trace: TestTrace, report: Report, result: TestResult | None, own: bool
) -> TracedCall | None:
    codes = report.plan.codes
    calls = [c for c in trace.calls if codes[c.code].kind.value not in ("module", "class")]
    if own:
        calls = [call for call in calls if not is_test(codes[call.code])] or calls
    if result is not None and result.failure is not None and result.failure.lines:
        left = [call for call in calls if call.how == "raised"]
    else:
        left = [call for call in calls if call.how == "running"]
    if left:
        return left[-1]
    worth = {(b.code, b.block): b.suspicion for b in report.blocks}
    depth: dict[int, int] = {}
    for call in trace.calls:
        depth[call.id] = depth.get(call.parent, -1) + 1

    def suspicion(call: TracedCall) -> tuple[float, int, int]:
        most = max((worth.get((call.code, v.block), 0.0) for v in call.visits), default=0.0)
        return round(most, 2), -depth[call.id], call.id

    return max(calls, key=suspicion, default=None)
