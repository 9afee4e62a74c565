"""Running tests under the probe that follows the block plan, and reading what it told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from analysis.deadline import Deadline
from analysis.views.plan import BlockPlan
from repair.errors import ForgedAnswerError, SandboxDiedError
from repair.sandbox.run import Outcome, Place, Plan, Run, Terms, TestResult
from repair.sandbox.workbench import Workbench
from repair.trace.record import TestTrace, traces

#: Bounds of one test's trace. Time is wall seconds while traced; steps are block visits.
LIMITS: Mapping[str, float] = {"seconds": 3.0, "steps": 60000, "bytes": 600000}
#: A traced test may be silent for this long after its trace has ended by its own bound.
_SILENT_S = 1.5
#: The same for one that is known to hang.
_HANGS_S = 1.7
#: What importing the tests may take besides, where they are not held collected.
_IMPORT_S = 15.0
_STUCK = (Outcome.TIMEOUT, Outcome.CRASH)
#: Places are noted for tests that take no longer than this: before 3.12 noting slows them much.
_QUICK_S = 0.2


def record(
    bench: Workbench,
    plan: Plan,
    near: Plan | None,
    blocks: BlockPlan,
    tests: Sequence[TestResult],
    deadline: Deadline,
) -> dict[str, TestTrace]:
    """The traces of ``tests``, by their ids, as far as ``deadline`` lets them be made.

    ``plan`` runs those that the command names, ``near`` others of the same files. Where tests can
    be chosen, one that hangs or crashes runs alone. A shell command cannot be followed: there is
    nothing then. Raises :class:`~repair.errors.ForgedAnswerError`.
    """
    if plan.runner == "command":
        return {}
    wire = blocks.to_json()
    if not plan.selects:
        wanted = {test.id for test in tests}
        hangs = any(test.outcome is Outcome.TIMEOUT for test in tests)
        run = _run(bench, plan, wire, deadline, hangs)
        return {trace.test: trace for trace in traces(run.trace) if trace.test in wanted}
    found: dict[str, TestTrace] = {}
    for chosen, group, hangs in _groups(bench, plan, near, tests):
        if deadline.expired():
            break
        run = _run(bench, replace(chosen, select=group), wire, deadline, hangs)
        found |= {trace.test: trace for trace in traces(run.trace) if trace.test in group}
    return found


def record_places(
    bench: Workbench,
    plan: Plan,
    near: Plan | None,
    tests: Sequence[TestResult],
    deadline: Deadline,
) -> tuple[TestResult, ...]:
    """``tests`` with the places of the file that each ran, of those that end and are quick enough.

    None before Python 3.11. Arguments are as for :func:`record`.
    """
    quick = [t for t in tests if t.seconds <= _QUICK_S and t.outcome not in _STUCK]
    if plan.runner == "command" or not quick:
        return tuple(tests)
    ran: dict[str, frozenset[Place]] = {}
    if not plan.selects:
        groups: list[tuple[Plan, tuple[str, ...] | None]] = []
        if len(quick) == len(tests):
            groups = [(plan, None)]
    else:
        groups = [(chosen, group) for chosen, group, _ in _groups(bench, plan, near, quick)]
    for chosen, group in groups:
        terms = Terms(wall=max(1.0, deadline.remaining()), idle=_IMPORT_S, places=True)
        run = _at(bench, replace(chosen, select=group), terms)
        ran |= {result.id: result.places for result in run.tests}
    return tuple(replace(test, places=ran.get(test.id, frozenset())) for test in tests)


def _groups(
    bench: Workbench, plan: Plan, near: Plan | None, tests: Sequence[TestResult]
) -> Iterator[tuple[Plan, tuple[str, ...], bool]]:
    """Which tests run together by which plan, and whether they are known to hang."""
    stuck = [t.id for t in tests if t.outcome in _STUCK]
    beside = [t.id for t in tests if bench.warm is not None and t.id not in bench.held]
    ending = tuple(t.id for t in tests if t.id not in (*stuck, *beside))
    if ending:
        yield plan, ending, False
    for test in stuck:
        yield plan, (test,), True
    if beside and near is not None:
        yield near, tuple(beside), False


def _run(
    bench: Workbench, plan: Plan, wire: dict[str, Any], deadline: Deadline, hangs: bool
) -> Run:
    held = bench.warm is not None and set(plan.select or ()) <= set(bench.held)
    # What hangs is heard of until its trace has reached its bound, and then no more.
    idle = _HANGS_S if hangs else LIMITS["seconds"] + _SILENT_S
    idle += 0.0 if held else _IMPORT_S
    terms = Terms(
        wall=max(idle, deadline.remaining()),
        idle=idle,
        blocks={"plan": wire, "limits": dict(LIMITS)},
    )
    return _at(bench, plan, terms)


def _at(bench: Workbench, plan: Plan, terms: Terms) -> Run:
    """One run, where the tests are held collected if they are."""
    try:
        if bench.warm is not None and set(plan.select or ()) <= set(bench.held):
            return bench.warm.patch(plan, (), terms)
        return bench.cold().run(plan, bench.base, terms)
    except ForgedAnswerError:
        raise
    except SandboxDiedError:
        bench.close()
        return Run("crash")
