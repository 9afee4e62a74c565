"""The passing tests of the files whose failing tests a command names.

They tell which lines are innocent, and what breaks them is no repair. So they are held collected
together with the failing ones, where that can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analysis.deadline import Deadline
from repair.errors import SandboxDiedError
from repair.sandbox.run import Outcome, Plan, Terms, TestResult
from repair.sandbox.workbench import Workbench

#: One that says nothing for so long ends the look; where the tests are not held, importing them
#: comes on top.
_IDLE_S, _IMPORT_S = 5.0, 15.0
#: How long tests may take together that no candidate may break; slower ones are for validation.
_MEASURES_S = 0.5


@dataclass(frozen=True, slots=True)
class Beside:
    """``passing`` tests, traced, and ``ending`` ones that fail too. Where they are held with the
    failing ones, ``imported`` are the lines that importing them runs, ``measures`` the tests that
    no candidate may break, and ``failing`` quick ones of ``ending``: of candidates, one that fixes
    them as well is likelier."""

    passing: tuple[TestResult, ...] = ()
    ending: tuple[TestResult, ...] = ()
    imported: frozenset[int] | None = None
    measures: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()


def look_beside(
    bench: Workbench,
    plan: Plan,
    known: Sequence[TestResult],
    failing: Sequence[TestResult],
    budget: Deadline,
    imported: frozenset[int] | None = None,
) -> Beside:
    """The passing tests of ``plan``, the files of a command that named only the ``failing`` of
    the ``known`` ones. A sandbox that dies of them is forgotten, and what was held before stays.

    ``imported`` are the lines that importing ``plan``'s tests runs, where they are held already.
    """
    ids = {result.id for result in known}
    wall = max(1.0, budget.remaining() / 2)
    terms = Terms(wall=wall, idle=_IDLE_S + _IMPORT_S, trace=True)
    if bench.warm is not None and imported is None:
        try:
            imported = bench.hold(plan, wall, [result.id for result in failing])
        except SandboxDiedError:
            # The files take too long to collect, or cannot be: what was held alone is held still.
            return Beside()
    try:
        if imported is not None and bench.warm is not None:
            others = tuple(test for test in bench.held if test not in ids)
            run = bench.warm.patch(replace(plan, select=others), (), terms)
        else:
            run = bench.cold().run(plan, bench.base, terms)
        good = tuple(t for t in run.tests if t.outcome is Outcome.PASSED and t.id not in ids)
        ends = [t for t in run.tests if t.outcome in (Outcome.FAILED, Outcome.ERROR)]
        ends = [t for t in ends if t.id not in ids]
        if imported is None:
            return Beside(good, tuple(ends))
        ending = [result.id for result in failing if result.outcome is not Outcome.TIMEOUT]
        measures = _steady(bench, plan, ending, _quick(good), wall)
        return Beside(good, tuple(ends), imported, measures, _quick(ends))
    except SandboxDiedError:
        bench.close()
        return Beside()


def _quick(results: Sequence[TestResult]) -> tuple[str, ...]:
    """The quickest of the tests, as many as take no longer than a moment together."""
    found, spent = [], 0.0
    for result in sorted(results, key=lambda r: r.seconds):
        spent += result.seconds
        if spent > _MEASURES_S:
            break
        found.append(result.id)
    return tuple(found)


def _steady(
    bench: Workbench, plan: Plan, failing: Sequence[str], passing: Sequence[str], wall: float
) -> tuple[str, ...]:
    """Those of the ``passing`` tests that pass behind the ``failing`` ones too, as candidates will
    meet them."""
    assert bench.warm is not None
    chosen = replace(plan, select=(*failing, *passing))
    run = bench.warm.patch(chosen, (), Terms(wall=wall, idle=_IDLE_S))
    good = {test.id for test in run.tests if test.outcome is Outcome.PASSED}
    return tuple(test for test in passing if test in good)
