"""A repair from beginning to end: diagnose, search, choose, validate, and say what was found."""

from __future__ import annotations

import ast
import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Snapshot
from decoding.errors import CancelledError, DecodingError
from decoding.evidence import Evidence
from decoding.writer import Writer
from repair.ahead import Ahead
from repair.aids import Aid
from repair.candidates.candidate import Candidate
from repair.candidates.infill import Infills
from repair.candidates.registry import generate
from repair.candidates.scribe import Scribe
from repair.choice import Ranked, believed, rank
from repair.command import TestCommand
from repair.diagnosing import HASTY_S, PATIENT_S, AlreadyPassingError, diagnose
from repair.diagnosis import Diagnosis
from repair.differences import notes, weakness
from repair.elsewhere import elsewhere
from repair.errors import RepairError
from repair.guards import literals, refusal
from repair.linger import Linger
from repair.localization import Suspicion, blocks
from repair.patch import unified_diff
from repair.rehearsal import Rehearsal
from repair.sandbox.cores import Spare
from repair.sandbox.forkserver import SandboxDiedError
from repair.sandbox.policy import Policy
from repair.sandbox.run import Behaviour
from repair.sandbox.workbench import Workbench
from repair.search import Search
from repair.source import Source
from repair.trials import Kind, Trial, Trials
from repair.validation import Validator, Verdict
from repair.witness import Witness

#: What the model may take to choose.
_CHOICE_S = 6.0
#: Part of the time limit kept for validation, and how many runs of the tests that must hold.
_RESERVE = 0.2
_RESERVE_RUNS = 6
_ALTERNATIVES = 3
#: Share of the time for the file that was named, where the mistake may be in another one.
_OWN_SHARE = 0.6
#: Share of it that writing down what to try may take: of a file of thousands of lines, seconds.
_MUTATIONS_SHARE = 0.25
#: Plausible patches between which is chosen: the likeliest of those there are.
_CHOSEN_FROM = 40
#: Plausible patches that are validated before the rest are only alternatives.
_VALIDATED = 4

#: How likely a patch must be, among its rivals, to be verified where no other test speaks for it
#: and the whole file is in use (benchmarks/release_bugs.py).
_LIKELIER = 0.6

Report = Callable[[str, float], None]


@dataclass(frozen=True)
class Job:
    """What to repair. ``base`` are unsaved texts that stand for files while tests run; ``without``
    leaves parts out, to measure them."""

    source: Source
    snapshot: Snapshot
    original: bytes
    command: TestCommand
    suite: TestCommand | None
    policy: Policy
    time_limit: float
    base: Mapping[str, bytes] = field(default_factory=dict)
    without: frozenset[Aid] = frozenset()
    #: Whether time is left for other files where the mistake may be.
    gives_way: bool = False


@dataclass(frozen=True, slots=True)
class Patch:
    """A plausible patch: the diff, the new bytes of the file ``path``, and how it was found."""

    diff: str
    data: bytes
    strategy: str
    score: float
    path: str


@dataclass(frozen=True)
class Healing:
    """The outcome; the words are those of the command line's contract (design.md §5).

    ``elsewhere`` are other files in which the mistake may be, the likeliest first. ``confidence``
    is the chosen behaviour's share among those of all plausible patches.
    """

    status: str
    reason: str = ""
    patch: Patch | None = None
    alternatives: tuple[Patch, ...] = ()
    blocks: tuple[tuple[int, int, float], ...] = ()
    not_run: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    candidates_run: int = 0
    model_tokens: int = 0
    seconds: float = 0.0
    elsewhere: tuple[str, ...] = ()
    confidence: float = 0.0


def heal(
    job: Job,
    writer: Writer | None,
    evidence: Evidence | None,
    report: Report,
    cancellation: Cancellation,
) -> Healing:
    """Repair ``job``'s file. ``report`` is told progress: a message and a fraction.

    A cancelled repair answers with what it has. Raises
    :class:`~repair.errors.SandboxUnavailableError` when user code cannot be run safely, and
    :class:`~analysis.errors.ExplainedError` for a policy that cannot be.
    """
    healer = _Healer(job, writer, evidence, report, cancellation)
    try:
        return healer.heal()
    except CancelledError:
        return healer.outcome("stopped before the search ended")
    except SandboxDiedError as error:
        return healer.outcome(f"the tests bring the sandbox down: {error.what}")


class _OnlySlowError(Exception):
    """A command that was taken to hang came to an end."""


class _Healer:
    def __init__(
        self,
        job: Job,
        writer: Writer | None,
        evidence: Evidence | None,
        report: Report,
        cancellation: Cancellation,
    ) -> None:
        self.job = job
        self.writer = writer
        self.evidence = evidence
        self.report = report
        self.cancellation = cancellation
        self.began = time.monotonic()
        self.deadline = Deadline.after(job.time_limit)
        self.diagnosis: Diagnosis | None = None
        self.trials: Trials | None = None
        self.infills: Infills | None = None
        self.plausible: list[Candidate] = []
        self.rejected: list[str] = []
        self.verdicts: dict[Candidate, Verdict] = {}
        self.ranking: list[Ranked] = []
        self.search: Search | None = None
        self.scribe: Scribe | None = None
        self._considered: list[Candidate] = []
        self._behaviour: Behaviour | None = None
        self._beside: dict[Candidate, int] = {}
        self._may_be_slow = False
        self._elsewhere: tuple[str, ...] = ()

    def heal(self) -> Healing:
        job = self.job
        self.report("running the tests", 0.0)
        command, path = job.command.plan.command, job.source.path
        with contextlib.closing(Witness(job.policy, command, path, job.base)) as witness:
            try:
                return self._heal(witness, HASTY_S)
            except _OnlySlowError:
                # What seemed to hang ends by itself: look again, with more patience.
                return self._heal(witness, PATIENT_S)

    def _heal(self, witness: Witness, idle: float) -> Healing:
        job = self.job
        lines = len(job.source.line_starts)
        spare = Spare()
        with Workbench(job.policy, job.source.path, lines, job.base, self.cancellation) as bench:
            try:
                self.diagnosis = diagnose(job.source, job.command, bench, self.deadline, idle)
            except AlreadyPassingError as error:
                return self._plain("passing", error.what)
            except SandboxDiedError:
                raise
            except RepairError as error:
                mend = f" ({error.mend})" if error.mend else ""
                return self._plain("error", f"{error.where}: {error.what}{mend}")
            if Aid.TRACE in job.without:
                flat = Suspicion(dict.fromkeys(self.diagnosis.suspicion.lines, 1.0))
                self.diagnosis = replace(self.diagnosis, suspicion=flat)
            self._may_be_slow = self.diagnosis.hung and idle == HASTY_S
            bench.spread(spare.lanes())
            return self._search(self.diagnosis, bench, witness)

    def _plain(self, status: str, reason: str) -> Healing:
        return Healing(status, reason, seconds=time.monotonic() - self.began)

    def _search(self, diagnosis: Diagnosis, bench: Workbench, witness: Witness) -> Healing:
        job = self.job
        reserve = max(_RESERVE * job.time_limit, _RESERVE_RUNS * diagnosis.cold_seconds)
        self._elsewhere = elsewhere(job.source, diagnosis)
        # Diagnosing a slow program takes its time: half of what is left is for the search at least.
        remaining = self.deadline.remaining()
        left = remaining - min(reserve, remaining / 2)
        until = Deadline.after(left * (_OWN_SHARE if self._elsewhere and job.gives_way else 1.0))
        self.trials = Trials(job.source, diagnosis, bench)
        if self.writer is not None and not {Aid.INFILL, Aid.DIALOG} <= job.without:
            self.infills = Infills(
                job.source,
                diagnosis,
                job.snapshot,
                self.writer,
                self.evidence,
                until,
                self.cancellation,
                filling=Aid.INFILL not in job.without,
            )
            self.scribe = Scribe(self.infills, self.cancellation)
            if Aid.DIALOG not in job.without:
                self.infills.story = self.scribe.story
        mutated = Aid.MUTATION not in job.without
        queue = self._mutations(diagnosis, left) if mutated else []
        search = self.search = Search(job.source, self.trials, queue, self.scribe, until)
        known = self._test_literals(diagnosis)
        ahead = Ahead(job.snapshot.workspace)
        validator = Validator(job.command, job.suite, diagnosis, bench, job.base, witness, ahead)
        bench.prepare()
        rehearsal = Rehearsal(
            lambda c: validator.validate(job.source.path, self._data(c), self.deadline),
            bench.abandon,
        )
        try:
            return self._search_and_validate(search, rehearsal, queue, known, witness)
        finally:
            rehearsal.close()
            ahead.close()
            if self.scribe is not None:
                self.scribe.close()

    def _mutations(self, diagnosis: Diagnosis, left: float) -> list[Candidate]:
        self.report("looking for candidates", 0.0)
        until = Deadline.after(_MUTATIONS_SHARE * left)
        found = generate(
            self.job.source,
            diagnosis.suspicion,
            diagnosis.symptoms(),
            go_on=lambda: not (self.cancellation.cancelled or until.expired()),
        )
        if self.cancellation.cancelled:
            raise CancelledError
        return found

    def _search_and_validate(
        self,
        search: Search,
        rehearsal: Rehearsal,
        queue: list[Candidate],
        known: frozenset[object],
        witness: Witness,
    ) -> Healing:
        assert self.trials is not None
        linger: Linger | None = None
        told = 0.0
        for trial in search.run():
            if time.monotonic() - told > 0.2:
                told = time.monotonic()
                self._say_progress(queue)
                if self._may_be_slow and not self.plausible and witness.ended():
                    raise _OnlySlowError
            if self._is_plausible(trial, known) and linger is None:
                spent = time.monotonic() - self.began
                linger = Linger.begin(
                    spent,
                    self.trials.ran,
                    self.deadline.remaining(),
                    model=self.scribe is not None,
                )
                search.around(trial.candidate.line)
            if linger is not None:
                self._rehearse(rehearsal)
                self.trials.beside_validation = rehearsal.running
            if linger is not None and linger.over(self.trials.ran):
                if healing := self._validate(rehearsal):
                    return healing
                linger = None
        return self._validate(rehearsal) or self.outcome(self._nothing_found())

    def _nothing_found(self) -> str:
        if problem := self.job.source.problem:
            return f"the file does not parse ({problem}), and only a model can write what is meant"
        return "no candidate makes the test pass"

    def _is_plausible(self, trial: Trial, known: frozenset[object]) -> bool:
        if trial.kind is not Kind.PLAUSIBLE or self._refused(trial.candidate, known):
            return False
        self.plausible.append(trial.candidate)
        return True

    def _say_progress(self, queue: list[Candidate]) -> None:
        assert self.trials is not None
        left = self.deadline.remaining()
        best = f", {len(self.plausible)} plausible" if self.plausible else ""
        self.report(
            f"{self.trials.ran} of {len(queue)} candidates tried{best}, {left:.0f} s left",
            1.0 - left / self.job.time_limit,
        )

    def _test_literals(self, diagnosis: Diagnosis) -> frozenset[object]:
        found: frozenset[object] = frozenset()
        for path in diagnosis.test_files:
            if Path(path) != Path(self.job.source.path) and Path(path).is_file():
                try:
                    found |= literals(ast.parse(Path(path).read_bytes()))
                except (SyntaxError, ValueError):
                    continue
        return found

    def _refused(self, candidate: Candidate, known: frozenset[object]) -> bool:
        old = self.job.source.tree
        if old is None:
            return False
        new = ast.parse(self.job.source.apply(candidate.edits))
        reason = refusal(old, new, known)
        if reason is not None:
            self.rejected.append(f"{candidate.strategy} at line {candidate.line}: {reason}")
        return reason is not None

    def _rehearse(self, rehearsal: Rehearsal) -> None:
        """Have the patch that seems the likeliest so far validated beside the search."""
        if (known := rehearsal.ended()) is not None:
            self._note(*known)
        if not any(verdict.good for verdict in self.verdicts.values()):
            fresh = [c for c in self.plausible if c not in self.verdicts]
            if fresh:
                rehearsal.begin(max(fresh, key=lambda c: c.value))

    def _note(self, candidate: Candidate, verdict: Verdict) -> None:
        self.verdicts[candidate] = verdict
        if not verdict.good:
            self.rejected.append(f"{candidate.strategy} at line {candidate.line}: {verdict.reason}")

    def _validate(self, rehearsal: Rehearsal) -> Healing | None:
        """Validate the likeliest plausible patches; the outcome if one holds."""
        self.ranking = self._rank()
        order = [r.candidate for r in self.ranking]
        fresh = [c for c in order if c not in self.verdicts][:_VALIDATED]
        for candidate in order:
            if candidate in fresh:
                number = fresh.index(candidate) + 1
                self.report(f"validating patch {number} of {len(fresh)}", 0.9)
                self._note(candidate, rehearsal.verdict(candidate))
            known = self.verdicts.get(candidate)
            if known is not None and known.good:
                return self.outcome("")
        return None

    def _rank(self) -> list[Ranked]:
        self._observe()
        writer = None if self.scribe is None or self.scribe.failed else self.writer
        until = Deadline.after(min(_CHOICE_S, 0.5 * self.deadline.remaining()))
        if writer is not None and self.scribe is not None:
            try:
                with self.scribe.paused():
                    return self._ranked(writer, until)
            except CancelledError:
                raise
            except DecodingError as error:
                self.scribe.failed = error.what
        return self._ranked(None, until)

    def _ranked(self, writer: Writer | None, until: Deadline) -> list[Ranked]:
        ranked = rank(
            self.job.source,
            self._considered,
            writer,
            until,
            self.cancellation,
            self._behaviour,
        )
        # What mends more than was asked for is likelier the mistake itself.
        return sorted(ranked, key=lambda r: -self._beside.get(r.candidate, 0))

    def _observe(self) -> None:
        """What the plausible patches do beyond the tests."""
        considered = sorted(self.plausible, key=lambda c: -c.value)[:_CHOSEN_FROM]
        if self.trials is not None and considered and considered != self._considered:
            self._behaviour = self.trials.behave(considered)
            self._beside = self.trials.beside(considered) if len(considered) > 1 else {}
        self._considered = considered

    def outcome(self, reason: str) -> Healing:
        """What can be said now: the best patch there is, and what is not known about it."""
        good = [c for c, verdict in self.verdicts.items() if verdict.good]
        scores = {r.candidate: r.score for r in self.ranking}
        usable = [c for c in self.plausible if c not in self.verdicts or self.verdicts[c].good]
        usable.sort(key=lambda c: (c not in good, -self._beside.get(c, 0), -scores.get(c, c.value)))
        status = "none"
        not_run: tuple[str, ...] = ()
        if usable:
            verdict = self.verdicts.get(usable[0])
            complete = verdict is not None and verdict.complete
            complete = complete and not self._is_open(usable[0], verdict)
            status = "verified" if complete and self.job.policy.confined else "unverified"
            not_run = verdict.not_run if verdict is not None else ()
            reason = self._why(usable[0], verdict, reason)
        patches = [self._patch(c, scores.get(c, 0.0)) for c in usable[: 1 + _ALTERNATIVES]]
        diagnosis = self.diagnosis
        return Healing(
            status=status,
            reason=reason,
            patch=patches[0] if patches else None,
            alternatives=tuple(patches[1:]),
            blocks=blocks(self.job.source, diagnosis.suspicion) if diagnosis else (),
            not_run=not_run,
            rejected=tuple(self.rejected),
            notes=self._notes(usable[0]) if usable else (),
            candidates_run=self.trials.ran if self.trials else 0,
            model_tokens=self.infills.tokens if self.infills else 0,
            seconds=time.monotonic() - self.began,
            elsewhere=self._elsewhere,
            confidence=self._confidence(usable[0]) if usable else 0.0,
        )

    def _notes(self, chosen: Candidate) -> tuple[str, ...]:
        assert self.diagnosis is not None
        weak = weakness(self.diagnosis.test_files, self.diagnosis.failing)
        sure = self._confidence(chosen)
        return notes(chosen, self._considered, self._behaviour, weak, sure)

    def _confidence(self, chosen: Candidate) -> float:
        """How likely ``chosen`` behaves rightly, among the plausible patches there are."""
        return next((r.share for r in self.ranking if r.candidate == chosen), 0.0)

    def _is_open(self, chosen: Candidate, verdict: Verdict | None) -> bool:
        """Whether another plausible patch may well be meant in a file that others use, and no
        other test tells."""
        told = verdict is None or verdict.ran > 0 or not self.ranking
        return not told and self._confidence(chosen) < _LIKELIER * believed(self.job.source)

    def _why(self, chosen: Candidate, verdict: Verdict | None, reason: str) -> str:
        parts = []
        if self._is_open(chosen, verdict):
            parts.append(
                "it passes the failing test twice, but so do others that behave differently, and "
                "no other test tells which is meant"
            )
        elif verdict is None:
            parts.append(reason or "it was not validated")
        elif verdict.reason:
            parts.append(verdict.reason)
        else:
            others = f", {verdict.ran} other tests still pass" if verdict.ran else ""
            still = f", {_named(verdict.still)} with and without it" if verdict.still else ""
            parts.append(f"passes your tests: the failing one twice{others}{still}")
        if not self.job.policy.confined:
            parts.append("it ran without a sandbox")
        if self.scribe and self.scribe.failed:
            parts.append(f"without a model ({self.scribe.failed})")
        if self.diagnosis and self.diagnosis.flaky:
            parts.append(f"left out as flaky: {', '.join(self.diagnosis.flaky[:3])}")
        return "; ".join(parts)

    def _data(self, candidate: Candidate) -> bytes:
        return self.job.source.encode(self.job.source.apply(candidate.edits))

    def _patch(self, candidate: Candidate, score: float) -> Patch:
        source = self.job.source
        data = self._data(candidate)
        root = self.job.policy.workspace
        diff = unified_diff(root, source.path, self.job.original, data)
        return Patch(diff, data, candidate.strategy, score, source.path)


def _named(tests: tuple[str, ...]) -> str:
    more = ", …" if len(tests) > _ALTERNATIVES else ""
    fail = "fails" if len(tests) == 1 else "fail"
    return f"{len(tests)} {fail} ({', '.join(tests[:_ALTERNATIVES])}{more})"
