"""How the tests of a suite fare with a patch: all of them, whatever one does to its process.

Where processors are to spare (the lanes of the sandbox), parts of a suite of pytest run at once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.deadline import Deadline
from repair.sandbox.forkserver import ForkServer
from repair.sandbox.run import Outcome, Plan, Terms, TestResult
from repair.validation.reach import reaching

#: One test of the suite may be silent for so long before it counts as hanging.
_IDLE_S = 10.0
#: The same for tests from whose files no import leads to the file under repair.
_IDLE_FAR_S = 2.0
#: What importing and collecting the tests may take besides: on a busy machine longer than that.
_IMPORT_S = 15.0
#: Hanging tests that may have to do with the change and are passed over before the rest is left.
_MAX_HANGS = 5
#: Where a suite is not through after this share of the time, what failed so far is compared; where
#: nothing did, it goes on.
_SUITE_SHARE = 0.8
#: And after this one already, where it is to end soon: what reaches the change runs first, so what
#: a patch breaks is mostly known by then, and the rest of the time is for another patch.
_SOON_SHARE = 0.25
#: Without it one test file that cannot be imported keeps pytest from running any other.
_ALL_THE_SAME = "--continue-on-collection-errors"


@dataclass(frozen=True)
class SuiteResult:
    """How tests fared. ``left`` were not run. ``hanging`` hang, or stand behind one that hangs in
    the same function, in files that imports do not lead from to the file under repair.
    ``others`` are what other parts of the suite run, ``near`` tests that can be seen to reach the
    change (``Plan.first``, ``Plan.ahead``). ``early``: what is left was so because some failed."""

    results: Mapping[str, TestResult]
    left: tuple[str, ...] = ()
    hanging: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()
    early: bool = False

    def then(self, rest: SuiteResult) -> SuiteResult:
        """These results and those of what is left of them, which is run later."""
        return SuiteResult(
            {**self.results, **rest.results},
            rest.left,
            self.hanging | rest.hanging,
            self.others | rest.others,
            self.near | rest.near,
            rest.early,
        )


def suite_result_of(
    server: ForkServer,
    plan: Plan,
    files: Mapping[str, bytes],
    deadline: Deadline,
    target: str,
    *,
    soon: bool = False,
) -> SuiteResult:
    """Run ``plan``'s tests, passing over those that hang; after a crash in another process. What
    fails ``soon`` ends it, where one process runs them all.

    Raises :class:`~repair.errors.SandboxDiedError` and
    :class:`~decoding.errors.CancelledError`.
    """
    if plan.runner == "pytest" and _ALL_THE_SAME not in plan.args:
        plan = replace(plan, args=(_ALL_THE_SAME, *plan.args))
    whole = plan.runner == "pytest" and plan.select is None and plan.part is None
    if whole and server.lanes > 1:
        parts = [replace(plan, part=(number, server.lanes)) for number in range(server.lanes)]
        with ThreadPoolExecutor(len(parts), "suite") as pool:
            running = [
                pool.submit(suite_result_of, server, p, files, deadline, target) for p in parts
            ]
        return _together([each.result() for each in running])
    results: dict[str, TestResult] = {}
    hanging: set[str] = set()
    left = plan.select or ()
    select = plan.select
    near: frozenset[str] | None = None
    coming: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    hangs = 0
    shares = (_SOON_SHARE, _SUITE_SHARE) if soon and plan.part is None else (_SUITE_SHARE,)
    moments = [Deadline.after(share * deadline.remaining()) for share in shares]
    while not deadline.expired() and hangs <= _MAX_HANGS:
        bad = _any_bad(results, hanging)
        if bad and moments[-1].expired():
            break
        idle = _IDLE_S if near is None or any(_is_near(t, near) for t in left) else _IDLE_FAR_S
        terms = Terms(
            wall=(moments[-1] if bad else deadline).remaining(),
            idle=idle,
            importing=_IMPORT_S,
            early=tuple(moment.remaining() for moment in moments if not moment.expired()),
        )
        run = server.run(replace(plan, select=select), files, terms)
        results.update({test.id: test for test in run.tests})
        others |= frozenset(run.others)
        coming |= frozenset(run.near)
        collected = run.collected if select is None else select
        left = tuple(t for t in collected if t not in results and t not in hanging)
        if run.ended == "early":
            return SuiteResult(results, left, frozenset(hanging), others, coming, early=True)
        cut = [t.id for t in run.tests[-1:] if t.outcome is Outcome.TIMEOUT]
        over = deadline.expired() or (bad and moments[-1].expired())
        if run.ended != "done" and over:
            # The last test did not hang, the time was up.
            left = (*cut, *left)
            for test in cut:
                del results[test]
            break
        if run.ended == "done" or not left:
            # Tests that a whole run left out are not there any more, or not selected.
            left = () if run.ended == "done" else left
            return SuiteResult(results, left, frozenset(hanging), others, coming)
        if near is None and plan.runner == "pytest":
            paths = {str(Path(run.root, t.partition("::")[0])): t for t in collected}
            reached = reaching(paths, target, server.policy.workspace)
            near = frozenset(os.path.relpath(path, run.root or "/") for path in reached)
        ended = run.tests[-1] if run.tests else None
        if ended is not None and ended.outcome is Outcome.TIMEOUT and not _is_near(ended.id, near):
            function = ended.id.partition("[")[0]
            hanging |= {ended.id, *(t for t in left if t.partition("[")[0] == function)}
            left = tuple(t for t in left if t not in hanging)
        else:
            hangs += 1
        # What the change can reach comes first: the time may not be enough for all.
        left = tuple(sorted(left, key=lambda t: not _is_near(t, near)))
        select = left
        if not left:
            break
    return SuiteResult(results, left, frozenset(hanging), others, coming)


def _together(parts: Sequence[SuiteResult]) -> SuiteResult:
    """The results of all parts. A test that each part leaves to another one was not run."""
    results = {test: result for part in parts for test, result in part.results.items()}
    hanging = frozenset().union(*(part.hanging for part in parts))
    waiting = dict.fromkeys(test for part in parts for test in (*part.left, *sorted(part.others)))
    left = tuple(test for test in waiting if test not in results and test not in hanging)
    return SuiteResult(
        results, left, hanging, near=frozenset().union(*(part.near for part in parts))
    )


def _any_bad(results: Mapping[str, TestResult], hanging: Set[str]) -> bool:
    return any(result.outcome.bad for test, result in results.items() if test not in hanging)


def _is_near(test: str, near: frozenset[str] | None) -> bool:
    return near is None or test.partition("::")[0] in near
