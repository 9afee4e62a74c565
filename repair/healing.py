"""A repair from beginning to end: diagnose, search, choose, validate."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from functools import cache
from pathlib import Path

from analysis.deadline import Cancellation, Deadline
from analysis.semantics.homes import Home, homes
from decoding.errors import CancelledError, DecodingError
from decoding.guidance.evidence import Evidence
from decoding.writer import Writer
from repair.candidates.background_writer import BackgroundWriter
from repair.candidates.candidate import Candidate
from repair.candidates.imports import Imports, imports_of
from repair.candidates.infill import Infills
from repair.candidates.registry import generate
from repair.choice.ranking import Ranked, gain, rank
from repair.components import Component
from repair.errors import Dropped, RepairError, SandboxDiedError
from repair.failure.baseline_run import BaselineRun
from repair.failure.diagnosing import HASTY_S, PATIENT_S, AlreadyPassingError, diagnose
from repair.failure.diagnosis import Diagnosis
from repair.failure.elsewhere import elsewhere
from repair.job import Healing, Job, Report
from repair.localization import Suspicion
from repair.repair_state import Findings
from repair.sandbox.cores import Spare
from repair.sandbox.workbench import Workbench
from repair.search.grace_period import GracePeriod
from repair.search.loop import Search
from repair.search.remembering import RememberingWriter
from repair.search.trials import Kind, Trials
from repair.validation.ahead import Ahead
from repair.validation.rehearsal import Rehearsal
from repair.validation.validator import ValidationVerdict, Validator

#: What the model may take to choose.
_CHOICE_S = 6.0
#: Plausible patches that it reads beside the search, so that they need not be read then.
_READ = 8
#: Part of the time limit kept for validation, and how many runs of the tests that must hold.
_RESERVE = 0.2
_RESERVE_RUNS = 6
#: What is kept of it while nothing has passed that could be validated.
_LEAST_S, _LEAST_RUNS = 2.0, 2.5
#: Share of the time for the file that was named, where the mistake may be in another one; and what
#: must be left for that one, in times of what diagnosing took: it has to be diagnosed as well.
_OWN_SHARE = 0.8
_DIAGNOSES = 2.0
#: Share of it that writing down what to try may take: of a file of thousands of lines, seconds.
_MUTATIONS_SHARE = 0.25
#: Seconds that looking for where a name can be imported from may take.
_HOMES_S = 3.0
#: Plausible patches that are validated before the rest are only alternatives.
_VALIDATED = 4
#: Rivals of one that holds of which the suite is asked, and the seconds that must be left for each.
_RIVALS, _RIVAL_S = 3, 5.0
#: Characters of what the failing test says that are shown where nothing was found.
_SAID = 200


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
        return healer.outcome(f"the tests crash the sandbox: {error.what}")


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
        self.writer = RememberingWriter(writer) if writer is not None else None
        self.evidence = evidence
        self.report = report
        self.cancellation = cancellation
        self.began = time.monotonic()
        self.deadline = Deadline.after(job.time_limit)
        self.found: Findings | None = None
        self.trials: Trials | None = None
        self.search: Search | None = None
        self.infills: Infills | None = None
        self.background: BackgroundWriter | None = None
        self.dropped = Dropped()
        self._may_be_slow = False
        self._elsewhere: tuple[str, ...] = ()
        self._imports = self._imports_of_the_file()
        self._timings: dict[str, float] = {}

    def heal(self) -> Healing:
        job = self.job
        self.report("running the tests", 0.0)
        command, path = job.command.plan.command, job.source.path
        with contextlib.closing(BaselineRun(job.policy, command, path, job.base)) as baseline:
            lines, spare = len(job.source.line_starts), Spare()
            with Workbench(job.policy, path, lines, job.base, self.cancellation) as bench:
                try:
                    return self._heal(baseline, bench, spare, HASTY_S)
                except _OnlySlowError:
                    # What seemed to hang ends by itself: look again, with more patience.
                    with bench.alone():
                        self.report("running the tests again, more patiently", 0.0)
                    return self._heal(baseline, bench, spare, PATIENT_S)

    def _heal(self, baseline: BaselineRun, bench: Workbench, spare: Spare, idle: float) -> Healing:
        job = self.job
        try:
            diagnosis = diagnose(job.source, job.command, bench, self.deadline, idle)
        except AlreadyPassingError as error:
            return self._plain("passing", error.what)
        except SandboxDiedError:
            raise
        except RepairError as error:
            help = f" ({error.help})" if error.help else ""
            return self._plain("error", f"{error.where}: {error.what}{help}")
        if Component.TRACE in job.without:
            flat = Suspicion(dict.fromkeys(diagnosis.suspicion.lines, 1.0))
            diagnosis = replace(diagnosis, suspicion=flat)
        self._may_be_slow = diagnosis.hung and idle == HASTY_S
        self._timings = {
            "first_run": diagnosis.first_run - self.began,
            "second_run": diagnosis.second_run - self.began,
        }
        bench.spread(spare.lanes())
        return self._search(diagnosis, bench, baseline)

    def _plain(self, status: str, reason: str) -> Healing:
        return Healing(status, reason, seconds=time.monotonic() - self.began)

    def _search(self, diagnosis: Diagnosis, bench: Workbench, baseline: BaselineRun) -> Healing:
        job = self.job
        reserve = max(_RESERVE * job.time_limit, _RESERVE_RUNS * diagnosis.cold_seconds)
        self._elsewhere = elsewhere(job.source, diagnosis)
        # Diagnosing a slow program takes its time: half of what is left is for the search at least.
        remaining = self.deadline.remaining()
        left = remaining - min(reserve, remaining / 2)
        others = (1.0 - _OWN_SHARE) * left
        diagnosing = time.monotonic() - self.began
        # What the tests only import is not worth more than what is left untried here.
        gives_way = (
            job.gives_way
            and any(map(diagnosis.runs, self._elsewhere))
            and others > _DIAGNOSES * diagnosing
        )
        until = Deadline.after(left - others if gives_way else left)
        self.trials = Trials(job.source, diagnosis, bench, self.dropped)
        found = self.found = Findings(job, diagnosis)
        if self.writer is not None and not {Component.INFILL, Component.DIALOG} <= job.without:
            self.infills = Infills(
                job.source,
                diagnosis,
                job.snapshot,
                self.writer,
                self.evidence,
                until,
                self.cancellation,
                filling=Component.INFILL not in job.without,
            )
            self.background = BackgroundWriter(
                self.infills, self._read, self.cancellation, self.dropped
            )
            if Component.DIALOG not in job.without:
                self.infills.summary = self.background.summary
        mutated = Component.MUTATION not in job.without
        queue = self._mutations(diagnosis, left) if mutated else []
        found.worth = sum(candidate.value for candidate in queue)
        search = self.search = Search(
            # Of its own: what the queue kept back since another place is far likelier stays back.
            job.source,
            self.trials,
            queue,
            self.background,
            until,
            imports=replace(self._imports),
        )
        if not gives_way:
            least = max(_LEAST_S, _LEAST_RUNS * diagnosis.cold_seconds)
            search.late = Deadline.after(max(until.remaining(), self.deadline.remaining() - least))
        ahead = Ahead(job.snapshot.workspace)
        validator = Validator(job.command, job.suite, diagnosis, bench, job.base, baseline, ahead)
        bench.prepare()
        rehearsal = Rehearsal(
            lambda candidate: self._verdict(validator, found, candidate), bench.abandon
        )
        try:
            return self._search_and_validate(search, found, rehearsal, len(queue), baseline)
        finally:
            rehearsal.close()
            ahead.close()
            if self.background is not None:
                self.background.close()

    def _verdict(
        self, validator: Validator, found: Findings, candidate: Candidate
    ) -> ValidationVerdict:
        with self.dropped.guard("validating"):
            data = found.data(candidate)
            return validator.validate(self.job.source.path, data, self.deadline)
        return ValidationVerdict(False, False, "it could not be validated")

    def _mutations(self, diagnosis: Diagnosis, left: float) -> list[Candidate]:
        self.report("looking for candidates", 0.0)
        until = Deadline.after(_MUTATIONS_SHARE * left)
        found = generate(
            self.job.source,
            diagnosis.suspicion,
            diagnosis.symptoms(),
            go_on=lambda: not (self.cancellation.cancelled or until.expired()),
            failures=diagnosis.failures(),
            dropped=self.dropped,
            imports=self._imports,
        )
        if self.cancellation.cancelled:
            raise CancelledError
        return found

    def _imports_of_the_file(self) -> Imports:
        workspace, path = self.job.snapshot.workspace, self.job.source.path

        @cache
        def look(name: str, near: tuple[str, ...]) -> tuple[Home, ...]:
            return homes(name, path, workspace, Deadline.after(_HOMES_S), near)

        return imports_of(path, workspace, look)

    def _search_and_validate(
        self,
        search: Search,
        found: Findings,
        rehearsal: Rehearsal,
        queued: int,
        baseline: BaselineRun,
    ) -> Healing:
        assert self.trials is not None
        grace: GracePeriod | None = None
        doubted, told = False, 0.0
        for trial in search.run():
            self._timings.setdefault("first_candidate", time.monotonic() - self.began)
            if time.monotonic() - told > 0.2:
                told = time.monotonic()
                self._say_progress(queued)
                if self._may_be_slow and not found.plausible and baseline.ended():
                    raise _OnlySlowError
            passes = False
            if trial is not None and trial.kind is Kind.PLAUSIBLE:
                with self.dropped.guard("comparing"):
                    passes = found.add(trial.candidate)
            if passes and grace is None:
                spent = time.monotonic() - self.began
                grace = GracePeriod.begin(spent, self.trials.ran, self.deadline.remaining())
            if grace is not None:
                self._rehearse(found, rehearsal)
                self.trials.beside_validation = rehearsal.running
            if grace is not None and (trial is None or grace.over(self.trials.ran)):
                healing = self._validate(found, rehearsal)
                if healing is not None and (doubted or found.sure):
                    return healing
                # A patch that is doubted is none to end the search for while there is time.
                doubted, grace = healing is not None, None
                if doubted:
                    grace = GracePeriod.longer(self.deadline.remaining())
                    search.around(found.ranking[0].candidate.line)
            search.resting = grace is not None and not doubted
        return self._validate(found, rehearsal) or self.outcome(self._nothing_found())

    def _nothing_found(self) -> str:
        if problem := self.job.source.problem:
            return (
                f"{Path(self.job.source.path).name} is not valid Python ({problem}), and only a "
                "model can repair that"
            )
        failing = self.found.diagnosis.failure() if self.found else None
        if failing is None or failing.failure is None:
            return "no candidate makes the test pass"
        said = failing.failure.message.strip().splitlines()
        fails = failing.failure.exception + (f": {said[0][:_SAID]}" if said else "")
        return f"no candidate makes the test pass, which fails with {fails}"

    def _say_progress(self, queued: int) -> None:
        assert self.trials is not None
        assert self.found is not None
        left = self.deadline.remaining()
        best = f", {len(self.found.plausible)} plausible" if self.found.plausible else ""
        # What a model writes, and combinations, come on top of what was queued.
        of = f" of {queued}" if self.trials.ran <= queued else ""
        self.report(
            f"{self.trials.ran}{of} candidates tried{best}, {left:.0f} s left",
            1.0 - left / self.job.time_limit,
        )

    def _rehearse(self, found: Findings, rehearsal: Rehearsal) -> None:
        """Have the patch that seems the likeliest so far validated beside the search; then those
        between which is to be chosen are read by the model, which the choice need not wait for."""
        if (known := rehearsal.ended()) is not None:
            found.note(*known)
        if (candidate := found.to_validate()) is not None:
            rehearsal.begin(candidate)
        if self.background is not None and not rehearsal.running and len(found.plausible) > 1:
            self.background.read(sorted(found.plausible, key=lambda c: -c.value)[:_READ])

    def _read(self, candidate: Candidate, cancellation: Cancellation) -> None:
        assert self.writer is not None
        gain(self.job.source, candidate, self.writer, {}, cancellation)

    def _validate(self, found: Findings, rehearsal: Rehearsal) -> Healing | None:
        """Validate the likeliest plausible patches; the outcome if one holds and what was asked
        does not speak against it."""
        self._rank(found)
        while (chosen := self._holding(found, rehearsal)) is not None:
            if not self._learn(found, chosen):
                return self.outcome("")
        return None

    def _learn(self, found: Findings, chosen: Candidate) -> bool:
        """Ask the next question, if there is one and someone to ask; whether it was asked."""
        job = self.job
        asked = len(found.replies) + len(found.unanswered)
        if asked >= job.questions or self.cancellation.cancelled:
            return False
        question = found.question(chosen)
        if question is None:
            return False
        began = time.monotonic()
        reply = found.meant(question) if job.answers else job.ask(question) if job.ask else None
        # A person's time is not the repair's.
        self._put_off(time.monotonic() - began)
        if reply is None:
            found.unanswered.append(question.call)
        else:
            found.replies.append(reply)
        return True

    def _put_off(self, seconds: float) -> None:
        self.deadline = Deadline(self.deadline.at + seconds)
        if self.search is not None:
            self.search.deadline = Deadline(self.search.deadline.at + seconds)
            if self.search.late is not None:
                self.search.late = Deadline(self.search.late.at + seconds)

    def _holding(self, found: Findings, rehearsal: Rehearsal) -> Candidate | None:
        """The likeliest patch that holds and that no answer refutes."""
        order = [r.candidate for r in found.ranking if not found.refuted(r.candidate)]
        fresh = [c for c in order if c not in found.verdicts][:_VALIDATED]
        for candidate in order:
            if candidate in fresh:
                self.report(f"validating patch {fresh.index(candidate) + 1} of {len(fresh)}", 0.9)
                found.note(candidate, rehearsal.verdict(candidate))
            known = found.verdicts.get(candidate)
            if known is not None and known.good:
                if known.complete and known.ran > len(found.diagnosis.passing):
                    self._ask_rivals(found, candidate, rehearsal)
                return candidate
        return None

    def _ask_rivals(self, found: Findings, chosen: Candidate, rehearsal: Rehearsal) -> None:
        """Where ``chosen`` holds and others pass that may as well be meant, the suite is asked of
        those too: what breaks it is no rival."""
        for rival in found.rivals(chosen)[:_RIVALS]:
            began = time.monotonic()
            if not found.contested(chosen) or self.deadline.remaining() < _RIVAL_S:
                return
            self.report("asking the suite of another patch that passes", 0.9)
            found.note(rival, rehearsal.verdict(rival))
            if self.deadline.remaining() < 2 * (time.monotonic() - began):
                return

    def _rank(self, found: Findings) -> None:
        if self.trials is not None:
            with self.dropped.guard("comparing"):
                found.observe(self.trials)
        until = Deadline.after(min(_CHOICE_S, 0.5 * self.deadline.remaining()))
        if self.background is not None and not self.background.failed:
            self.background.hush()
            try:
                found.rank(self._ranked(found, self.writer, until))
                return
            except CancelledError:
                raise
            except DecodingError as error:
                self.background.failed = error.what
            except Exception as error:  # noqa: BLE001 - noted, and ranked without the model
                self.dropped.note("ranking", error)
        with self.dropped.guard("ranking"):
            found.rank(self._ranked(found, None, until))
            return
        # One that cannot be compared is dropped, not all.
        found.plausible = [c for c in found.plausible if self._can_be_ranked(c)]
        found.considered = [c for c in found.considered if c in found.plausible]
        found.behaviour = None
        found.rank(self._ranked(found, None, until))

    def _can_be_ranked(self, candidate: Candidate) -> bool:
        with self.dropped.guard("ranking"):
            rank(self.job.source, [candidate], None, Deadline.after(1.0), self.cancellation)
            return True
        return False

    def _ranked(self, found: Findings, writer: Writer | None, until: Deadline) -> list[Ranked]:
        return rank(
            self.job.source,
            found.considered,
            writer,
            until,
            self.cancellation,
            found.behaviour,
        )

    def outcome(self, reason: str) -> Healing:
        """What can be said now."""
        spent = Healing(
            "none",
            reason,
            candidates_run=self.trials.ran if self.trials else 0,
            model_tokens=self.infills.tokens if self.infills else 0,
            seconds=time.monotonic() - self.began,
            elsewhere=self._elsewhere,
            timings=self._timings,
            notes=self.dropped.notes(),
        )
        if self.found is None:
            return spent
        healing = self.found.outcome(reason, spent)
        if healing.patch is None:
            return healing
        parts = [healing.reason]
        if self.background and self.background.failed:
            parts.append(f"without a model ({self.background.failed})")
        if self.found.diagnosis.flaky:
            parts.append(f"left out as flaky: {', '.join(self.found.diagnosis.flaky[:3])}")
        notes = (*healing.notes, *self.dropped.notes())
        return replace(healing, reason="; ".join(parts), notes=notes)
