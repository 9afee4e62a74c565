"""Trying candidates: each is run in a fork, on the failing tests first, within an adapted time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import astuple, dataclass, replace
from enum import StrEnum

from analysis.deadline import Deadline
from analysis.views.plan import BlockPlan, block_plan
from decoding.threads import choose
from repair.candidates.candidate import Candidate
from repair.candidates.imports import ABOUT
from repair.errors import Dropped, SandboxDiedError
from repair.failure.conftest import conftest_failure
from repair.failure.diagnosis import Diagnosis
from repair.sandbox.cores import usable
from repair.sandbox.run import Behaviour, FailedTest, Outcome, Run, Terms, TestResult
from repair.sandbox.workbench import Workbench
from repair.source.examples import examples
from repair.source.file import OffsetEdit, Source
from repair.source.units import Unit, Units, groups
from repair.trace.record import TestTrace, traces
from repair.trace.recording import LIMITS, record
from repair.trace.trace_summary import summary

#: Candidates that are begun before it is known what came of the first of them: enough for
#: processors not to wait for each other, few enough for what is learned to count at once.
AHEAD = 8
#: Observing behaviour: tests whose calls are noted, and processor seconds for all answers of one
#: candidate, which grow with what the tests take; and for all candidates together.
_OBSERVED_TESTS = 30
_ANSWER_S = 0.1
_ANSWER_AT_MOST_S = 1.0
_OBSERVE_S = 8.0
#: What a candidate costs that needs no import, in seconds (benchmarks/sandbox.py).
_CHEAP_S = 0.01
#: Importing afresh, the test runner is there already: at first this share of what importing all
#: took is expected, then what it takes; so much of each new measurement is believed.
_AFRESH, _BELIEVED = 0.25, 0.3
#: Processor seconds that a test may take besides where everything is imported anew.
_COLD_S = 0.3
#: Seconds that following a failing test block by block may take.
_STORY_S = 10.0
#: Seconds that held tests may take with lines traced.
_TRACED_S = 2.0


class Kind(StrEnum):
    """What a trial showed. ``slow`` is what may be seen otherwise with more patience: time ran out,
    or what changes at import was not seen."""

    PLAUSIBLE = "plausible"
    PARTIAL = "partial"
    WORSE = "worse"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Trial:
    """A candidate's run. ``gained`` counts failing tests that pass now, ``fixed`` are those;
    where it is none, ``gained`` are the lines that the first failing one comes further. ``absent``
    is what tests say that fail for want of a name."""

    candidate: Candidate
    kind: Kind
    gained: int = 0
    seconds: float = 0.0
    fixed: frozenset[str] = frozenset()
    absent: tuple[FailedTest, ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """A candidate that is being run beside others; ``ended`` sandboxes had ended by then."""

    candidate: Candidate
    patience: float
    run: Future[Run]
    ended: int


class Trials:
    """Runs candidates for one diagnosis on one workbench, counting them in ``ran`` and adding up
    their values in ``worth``.

    Of those that are begun, as many run at once as the workbench has lanes; one less while a patch
    is validated (``beside_validation``), for whose verdict everything waits in the end, and while a
    model writes (``beside_model``) only as many as it leaves processors for. ``dropped`` notes
    those that could not be run.
    """

    def __init__(
        self,
        source: Source,
        diagnosis: Diagnosis,
        bench: Workbench,
        dropped: Dropped | None = None,
    ) -> None:
        self.dropped = dropped or Dropped()
        self.ran, self.worth = 0, 0.0
        self._source = source
        self._units = Units(source)
        self.diagnosis = diagnosis
        self._bench = bench
        self._early: dict[range, tuple[bool, bool]] = {}
        self.beside_model = self.beside_validation = False
        self._stories: dict[int, str] = {}
        self._import_seconds = _AFRESH * diagnosis.hold_seconds
        self._beside_model = max(1, int(usable()) - choose().decode)

    def begin(self, candidate: Candidate, *, patience: float = 1.0) -> Begun:
        """Start to try ``candidate`` beside others; :meth:`finish` tells what came of it."""
        run = self._bench.begin(lambda: self._attempt(candidate, patience), self._at_once)
        return Begun(candidate, patience, run, self._bench.ended)

    def finish(self, begun: Begun) -> Trial:
        """Wait for what was begun.

        One that was there when the sandbox came to an end need not be the cause: it is run once
        more, alone. Raises as :meth:`run` does.
        """
        with self.dropped.guard("running"):
            try:
                run = begun.run.result()
            except SandboxDiedError:
                if begun.ended == self._bench.ended:
                    self._bench.renew()
                with self._bench.alone():
                    return self.run(begun.candidate, patience=begun.patience)
            self._count(begun.candidate)
            return self._judge(begun.candidate, run, begun.patience)
        return Trial(begun.candidate, Kind.WORSE)

    def every(self, candidates: Iterable[Candidate]) -> Iterator[Trial]:
        """What came of each of ``candidates``, in their order; some run at once. Raises as
        :meth:`run` does."""
        begun: deque[Begun] = deque()
        try:
            for candidate in candidates:
                begun.append(self.begin(candidate))
                if len(begun) == AHEAD:
                    yield self.finish(begun.popleft())
            while begun:
                yield self.finish(begun.popleft())
        finally:
            for each in begun:
                each.run.cancel()

    def run(self, candidate: Candidate, *, patience: float = 1.0) -> Trial:
        """Try ``candidate``; ``patience`` multiplies the time it may take.

        Raises :class:`~repair.errors.SandboxDiedError` when sandboxes keep dying.
        """
        self._count(candidate)
        with self.dropped.guard("running"):
            try:
                run = self._attempt(candidate, patience)
            except SandboxDiedError:
                if not self._bench.died():
                    raise
                return Trial(candidate, Kind.WORSE)
            return self._judge(candidate, run, patience)
        return Trial(candidate, Kind.WORSE)

    def _count(self, candidate: Candidate) -> None:
        self.ran += 1
        self.worth += candidate.value

    def _at_once(self) -> int:
        lanes = self._bench.lanes - self.beside_validation
        return max(1, min(lanes, self._beside_model) if self.beside_model else lanes)

    def _attempt(self, candidate: Candidate, patience: float) -> Run:
        return self._run_warm(candidate, patience) or self._run_cold(candidate, patience)

    def cost(self, candidate: Candidate, patience: float) -> float:
        """About how many seconds trying ``candidate`` takes: at most, where it is tried again."""
        diagnosis = self.diagnosis
        dear = self._bench.warm is not None and self._units_of(candidate, patience) is None
        seconds = max(_CHEAP_S, self._import_seconds) if dear else _CHEAP_S
        if patience > 1:
            caps = diagnosis.caps(patience)
            seconds += caps.get(diagnosis.failing[0], caps[""])
        return seconds

    def is_warm(self, candidate: Candidate) -> bool:
        """Whether ``candidate`` is tried where the tests are held."""
        return self._bench.warm is not None and self._units_of(candidate) is not None

    def traced(self, candidate: Candidate) -> tuple[TestResult, ...]:
        """How the held tests fare with ``candidate``, with the lines that they ran; nothing where
        that cannot be seen, or one hangs."""
        units = self._texts(candidate)
        if self._bench.warm is None or units is None:
            return ()
        plan = replace(self.diagnosis.plan, select=self.diagnosis.order())
        try:
            run = self._bench.warm.patch(plan, units, Terms(wall=_TRACED_S, trace=True))
        except SandboxDiedError:
            if not self._bench.died():
                raise
            return ()
        return () if run.cannot or run.ended == "timeout" else run.tests

    def followed(
        self, candidate: Candidate, blocks: BlockPlan, test: TestResult
    ) -> TestTrace | None:
        """What the held ``test`` did with ``candidate``, in whose file ``blocks`` are; ``None``
        where that cannot be seen."""
        units = self._texts(candidate)
        if self._bench.warm is None or units is None:
            return None
        terms = Terms(
            wall=_STORY_S,
            idle=_STORY_S,
            blocks={"plan": blocks.to_json(), "limits": dict(LIMITS)},
        )
        try:
            run = self._bench.warm.patch(
                replace(self.diagnosis.plan, select=(test.id,)), units, terms
            )
        except SandboxDiedError:
            if not self._bench.died():
                raise
            return None
        return next((trace for trace in traces(run.trace) if trace.test == test.id), None)

    def _units_of(
        self, candidate: Candidate, patience: float = 1.0
    ) -> list[tuple[Unit, list[OffsetEdit]]] | None:
        """What ``candidate`` changes, function by function, where live code can be replaced."""
        changed = groups(self._units, candidate.edits)
        for unit, edits in changed or ():
            if any(self._too_late(unit, edit, patience) for edit in edits):
                return None
        return changed

    def _too_late(self, unit: Unit, edit: OffsetEdit, patience: float) -> bool:
        """Whether what ``edit`` changes ran while the tests were imported. Where a failing test
        runs it as well, that may be all that matters: only what is tried again is imported anew."""
        body = self._units.body(unit, edit)
        if body not in self._early:
            early = not self.diagnosis.imported.isdisjoint(body)
            failing = [r.lines for r in self.diagnosis.results if r.outcome.bad]
            tested = early and any(self._units.is_run(unit, body, lines) for lines in failing)
            self._early[body] = early, tested
        early, tested = self._early[body]
        return early and (patience > 1 or not tested)

    def summary(self, line: int) -> str:
        """What the first failing test did in the function around ``line``, block by block; ``""``
        where it cannot be followed."""
        failing = next((r for r in self.diagnosis.contrast if r.outcome.bad), None)
        if failing is None or line in self._stories:
            return self._stories.get(line, "")
        plan = block_plan(self._source.text)
        with self._bench.alone():
            until = Deadline.after(_STORY_S)
            traces = record(self._bench, self.diagnosis.plan, None, plan, [failing], until)
        found = traces.get(failing.id)
        self._stories[line] = summary(self._source, plan, found, line) if found else ""
        return self._stories[line]

    def behave(self, candidates: Sequence[Candidate]) -> Behaviour | None:
        """What the candidates answer to calls that the tests make and to calls like those.

        ``None`` where that cannot be seen: the tests are not held, or bring the sandbox down.
        """
        if self._bench.warm is None:
            return None
        tests = self.diagnosis.order()[:_OBSERVED_TESTS]
        variants = [self._texts(candidate) for candidate in candidates]
        seconds = max(_ANSWER_S, 2 * self.diagnosis.warm_seconds)
        try:
            seen = self._bench.warm.behave(
                replace(self.diagnosis.plan, select=tests),
                [units for units in variants if units is not None],
                seconds=min(seconds, _ANSWER_AT_MOST_S),
                wall=_OBSERVE_S,
                asked=[astuple(example) for example in examples(self._source)],
            )
        except SandboxDiedError:
            if not self._bench.died():
                raise
            return None
        rows = iter(seen.variants)
        spread = tuple(next(rows) if units is not None else None for units in variants)
        return replace(seen, variants=spread)

    def beside(self, candidates: Sequence[Candidate]) -> dict[Candidate, int]:
        """How many failing tests that the command did not name pass with each of ``candidates``;
        for none where there are no such tests, or one brings the sandbox down."""
        diagnosis = self.diagnosis
        if not diagnosis.beside or self._bench.warm is None:
            return {}
        found = {}
        try:
            for candidate in candidates:
                run = self._run_warm(candidate, 1.0, diagnosis.beside)
                run = run or self._run_cold(candidate, 1.0, diagnosis.beside)
                found[candidate] = sum(t.outcome is Outcome.PASSED for t in run.tests)
        except SandboxDiedError:
            if not self._bench.died():
                raise
            return {}
        return found

    def _texts(self, candidate: Candidate, patience: float = 1.0) -> list[tuple[str, str]] | None:
        """The changed functions before and after, where live code can be replaced."""
        changed = self._units_of(candidate, patience)
        if changed is None:
            return None
        return [
            (self._units.module(unit, ()), self._units.module(unit, edits))
            for unit, edits in changed
        ]

    def _run_warm(
        self, candidate: Candidate, patience: float, beside: tuple[str, ...] = ()
    ) -> Run | None:
        """The run of the diagnosis' tests, or all of those ``beside`` them, in the held state."""
        # Another thread may end it any time.
        diagnosis, warm = self.diagnosis, self._bench.warm
        if warm is None:
            return None
        units = self._texts(candidate, patience)
        if units is None:
            return None
        caps = diagnosis.caps(patience)
        run = warm.patch(
            replace(diagnosis.plan, select=beside or diagnosis.order()),
            units,
            Terms(
                wall=1.0 + 6 * caps[""],
                caps=caps,
                stop=not beside,
                leading=diagnosis.leading(),
                private=diagnosis.writes,
            ),
        )
        return None if run.cannot else run

    def _run_cold(self, candidate: Candidate, patience: float, beside: tuple[str, ...] = ()) -> Run:
        """The same where everything is imported anew."""
        diagnosis = self.diagnosis
        select = beside or (diagnosis.order() if diagnosis.tells_tests_apart else None)
        data = self._source.encode(self._source.apply(candidate.edits))
        # What a test imports when it runs is not there yet, as it is where tests are held.
        caps = {test: cap + _COLD_S * patience for test, cap in diagnosis.caps(patience).items()}
        imports = diagnosis.cold_seconds * patience
        terms = Terms(
            wall=1.0 + 6 * (imports + caps[""]),
            cpu=2.0 + 4 * imports,
            caps=caps,
            stop=not beside,
            leading=diagnosis.leading(),
        )
        if diagnosis.plan.runner == "command":
            # A command's work is its children's: their processor time is not seen here.
            terms = Terms(wall=0.5 + 4 * imports)
        server = self._bench.cold()
        began = time.monotonic()
        run = server.run(
            replace(diagnosis.plan, select=select),
            {**self._bench.base, self._source.path: data},
            terms,
        )
        if run.ended != "timeout":
            taken = time.monotonic() - began
            self._import_seconds += _BELIEVED * (taken - self._import_seconds)
        if not run.tests:
            told = conftest_failure(self._source.path, diagnosis.plan, run.output)
            run = replace(run, tests=told)
        return run

    def _judge(self, candidate: Candidate, run: Run, patience: float) -> Trial:
        diagnosis = self.diagnosis
        fixed = diagnosis.fixed(run.tests)
        if run.ended == "done" and run.code in (0, None) and not run.bad():
            # Which asserts a script meets may change with the program; that it meets one may not.
            complete = (
                len(fixed) == len(diagnosis.failing) if diagnosis.tells_tests_apart else fixed
            )
            if complete:
                gained = len(diagnosis.failing)
                return Trial(candidate, Kind.PLAUSIBLE, gained, run.seconds, fixed)
        gained = self._gained(run, fixed)
        kind = Kind.PARTIAL if gained else Kind.WORSE
        unseen = patience == 1 and self.is_warm(candidate) and self._units_of(candidate, 2) is None
        if run.ended == "timeout" or unseen:
            kind = Kind.SLOW
        absent = tuple(
            t.failure
            for t in run.tests
            if t.failure and (t.failure.absent or t.failure.exception in ABOUT)
        )
        return Trial(candidate, kind, gained, run.seconds, fixed, absent)

    def _gained(self, run: Run, fixed: frozenset[str]) -> int:
        """How many failing tests pass now, or how many lines further the first of them came."""
        passing = set(self.diagnosis.passing)
        broken = sum(t.id in passing and t.outcome.bad for t in run.tests)
        before = self.diagnosis.failure()
        if fixed or before is None or before.failure is None:
            return max(0, len(fixed) - broken)
        now = next((t.failure for t in run.tests if t.id == before.id and t.failure), None)
        if now is None:
            return self.diagnosis.imported_now(run.tests)
        if before.failure.script_line:
            return max(0, now.script_line - before.failure.script_line)
        return max(0, self._test_line(now) - self._test_line(before.failure))

    def _test_line(self, failure: FailedTest) -> int:
        """The line of the test's own function at which it fails, 0 where it cannot be seen."""
        files = self.diagnosis.test_files
        return next((line for path, line, _name in failure.frames if path in files), 0)
