"""Writing a function from its signature, docstring and tests: sample, run, repair, validate.

The model writes whole bodies under the monitors; each runs on the tests (or the docstring's
examples), and those that fail are edited and written anew by turns (``bodies``). Of those
that pass one is chosen that does what most of them do. After LDB's setting (Zhong, Wang and Shang,
ACL Findings 2024), with a search around the dialog.
"""

from __future__ import annotations

import ast
import contextlib
import itertools
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from analysis.deadline import Cancellation, Deadline
from decoding.errors import CancelledError
from decoding.guidance.evidence import Evidence as Facts
from decoding.writer import Writer
from repair.candidates.candidate import Candidate
from repair.candidates.infill import failing_test
from repair.choice.agreement import Vote, agreed
from repair.choice.differences import notes, weakness
from repair.choice.evidence import SURE, PatchEvidence, checks
from repair.choice.guards import written_to_order
from repair.components import Component
from repair.errors import RepairError, SandboxDiedError
from repair.failure.baseline_run import BaselineRun
from repair.failure.command import TestCommand, parse
from repair.failure.diagnosing import HASTY_S, AlreadyPassingError, diagnose
from repair.failure.diagnosis import Diagnosis
from repair.implementing.background_groups import BackgroundGroups
from repair.implementing.bodies import BodySearch
from repair.implementing.body_writer import BODY_TOKENS, STRATEGY, BodyWriter
from repair.implementing.decomposing import Decomposer
from repair.implementing.electing import Elected, Election
from repair.implementing.retouching import Retoucher
from repair.implementing.rewriting import Rewriter
from repair.job import Healing, Job, Patch, Report
from repair.sandbox.cores import Spare
from repair.sandbox.workbench import Workbench
from repair.search.trials import Trials
from repair.source.patch import unified_diff
from repair.source.stub import Stub, example_inputs
from repair.validation.ahead import Ahead
from repair.validation.validator import Validator

#: Part of the time kept for validation.
_RESERVE = 0.15
#: Part of what is left then in which the model judges what passes.
_JUDGED = 0.4


@dataclass
class Implementer:
    """Implements ``stub`` for ``job``, whose source is the stub's; to be used once."""

    stub: Stub
    job: Job
    writer: Writer
    evidence: Facts | None
    report: Report
    cancellation: Cancellation
    narrow: bool = False
    """Whether the command may be narrowed to the tests that call the function: nobody named it."""
    ran: int = field(default=0, init=False)
    rejected: list[str] = field(default_factory=list, init=False)
    _began: float = field(default_factory=time.monotonic, init=False)
    _bodies: BodyWriter = field(init=False)
    #: Tokens of what was written anew or in parts.
    _others: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        draws = Component.DRAWING not in self.job.without
        self._bodies = BodyWriter(self.stub, self.job.snapshot, self.writer, self.evidence, draws)

    @property
    def tokens(self) -> int:
        """What the model wrote."""
        return self._bodies.tokens + self._others

    def run(self) -> Healing:
        """Write, run, repair. A cancelled run answers with what it has.

        Raises :class:`~repair.errors.SandboxUnavailableError` when user code cannot be run safely
        and :class:`~decoding.errors.DecodingError` when the model cannot write.
        """
        deadline = Deadline.after(self.job.time_limit)
        self.report("running the tests", 0.0)
        return self._run(deadline)

    def _run(self, deadline: Deadline) -> Healing:
        job = self.job
        command, path = job.command.plan.command, job.source.path
        lines = len(job.source.line_starts) + BODY_TOKENS
        spare = Spare()
        with (
            contextlib.closing(BaselineRun(job.policy, command, path, job.base)) as baseline,
            Workbench(job.policy, path, lines, job.base, self.cancellation) as bench,
        ):
            try:
                diagnosis = diagnose(job.source, job.command, bench, deadline, HASTY_S)
            except AlreadyPassingError:
                return self.unchecked("the tests pass without a body: they do not reach it")
            except SandboxDiedError as error:
                return self._said("error", f"the tests crash the sandbox: {error.what}")
            except RepairError as error:
                help = f" ({error.help})" if error.help else ""
                return self._said("error", f"{error.where}: {error.what}{help}")
            if self.narrow and (narrowed := self._narrowed(diagnosis)):
                self.narrow = False
                self.job = replace(job, command=narrowed)
                self.report(f"of those: {narrowed.plan.command}", 0.0)
                return self._run(deadline)
            bench.spread(spare.lanes())
            ahead = Ahead(job.snapshot.workspace)
            validator = Validator(
                job.command, job.suite, diagnosis, bench, job.base, baseline, ahead
            )
            try:
                return self._implement(diagnosis, bench, validator, deadline)
            except CancelledError:
                return self._said("none", "stopped before a body passed")
            except SandboxDiedError as error:
                return self._said("none", f"the tests crash the sandbox: {error.what}")
            finally:
                ahead.close()

    def _narrowed(self, diagnosis: Diagnosis) -> TestCommand | None:
        """The command for those failing tests that call the function, where others fail too."""
        if diagnosis.plan.runner != "pytest":
            return None
        failing = [result for result in diagnosis.results if result.id in diagnosis.failing]
        own = [result.id for result in failing if self.stub.is_reached_by(result.lines)]
        if not own or len(own) == len(failing):
            return None
        examples = ["--doctest-modules"] if "--doctest-modules" in diagnosis.plan.args else []
        command = shlex.join(["python", "-m", "pytest", *examples, *own, *diagnosis.passing])
        return parse(command, self.job.policy.workspace)

    def unchecked(self, why: str) -> Healing:
        """One body that nothing was run on; ``why`` goes into the reason."""
        until = Deadline.after(self.job.time_limit)
        groups = self._bodies.groups("", lambda: until, until, self.cancellation)
        for candidate in itertools.chain.from_iterable(groups):
            if candidate is not None:
                patch = self._patch(candidate)
                return replace(self._said("unverified", why), patch=patch)
        return self._said("none", f"the model wrote no body that parses; {why}")

    def _implement(
        self, diagnosis: Diagnosis, bench: Workbench, validator: Validator, deadline: Deadline
    ) -> Healing:
        trials = Trials(self.job.source, diagnosis, bench)
        until = Deadline.after((1.0 - _RESERVE) * deadline.remaining())
        stop = Cancellation()
        told = _told(diagnosis)
        groups = self._bodies.groups(
            told, lambda: search.end, deadline, stop, lambda: search.repeated()
        )
        search = BodySearch(
            self.job.source,
            trials,
            BackgroundGroups(groups, stop),
            lambda candidate: self._refused(candidate, diagnosis),
            until,
            lambda said: self.report(said, 0.0),
        )
        rewriter, decomposer, judge = None, None, None
        if Component.REPAIR not in self.job.without:
            stub, job = self.stub, self.job
            rewriter = Rewriter(
                *(stub, job, diagnosis, trials, self.writer, self.evidence, until),
                self.cancellation,
            )
            search.retoucher = retoucher = Retoucher(stub, job, diagnosis, trials)
            judge = partial(retoucher.likelihood, writer=self.writer)
            search.rewriter = rewriter
            search.decomposer = decomposer = Decomposer(
                *(stub, job, trials, told, self.writer, self.evidence, until),
                self.cancellation,
            )
        weak = weakness(diagnosis.test_files, diagnosis.failing)
        election = Election(self.stub, trials, judge, weak)
        search.settled = lambda: election.settled(search.votes())
        forget = self.cancellation.on_cancel(stop.cancel)
        try:
            try:
                search.run()
            finally:
                forget()
                self.ran = trials.ran
                self._others = sum(part.tokens for part in (rewriter, decomposer) if part)
            if votes := search.votes():
                judged = Deadline.after(_JUDGED * deadline.remaining())
                elected = election.elect(votes, search.failing(), judged, self.cancellation)
                bodies = len(search.bodies)
                if found := self._validated(elected, weak, bodies, diagnosis, validator, deadline):
                    return found
        except CancelledError:
            return self._stopped(search.votes())
        written = len(search.bodies)
        refused = {r.partition(": ")[2] for r in self.rejected}
        count = "1 body was" if written == 1 else f"{written} different bodies were"
        said = f"{count} written, none passes"
        if rewriter is not None:
            said += ", repaired or not"
        if refused:
            said += f"; refused: {', '.join(sorted(refused)[:2])}"
        nearest = search.nearest()
        attempt = self._patch(nearest).diff if nearest is not None else ""
        return replace(self._said("none", said), attempt=attempt)

    # -- choosing

    def _refused(self, candidate: Candidate, diagnosis: Diagnosis) -> bool:
        old = self.job.source.tree
        assert old is not None
        new = ast.parse(self.job.source.apply(candidate.edits))
        inputs = example_inputs(self.stub, diagnosis.test_files)
        reason = written_to_order(old, new, inputs, self.stub.prose)
        if reason:
            self.rejected.append(f"{candidate.strategy}: {reason}")
        return bool(reason)

    def _validated(
        self,
        elected: Elected,
        weak: str,
        bodies: int,
        diagnosis: Diagnosis,
        validator: Validator,
        deadline: Deadline,
    ) -> Healing | None:
        """The first of those ``elected`` that holds; ``weak`` is what is said of the tests, of
        which so many ``bodies`` were written."""
        ranking = elected.ranking
        for position, candidate in enumerate(ranking):
            data = self.job.source.encode(self.job.source.apply(candidate.edits))
            self.report("validating", 0.9)
            found = self._judged(data, validator, deadline)
            if found is None:
                continue
            rest = [self._patch(other) for other in ranking[position + 1 :][:3]]
            told = notes(candidate, elected.candidates, elected.behaviour, weak)
            patch = self._patch(candidate)
            found = replace(found, patch=patch, alternatives=tuple(rest), notes=told)
            # Only edits are tried by the hundred, and pass by chance.
            tried = self.ran if candidate in elected.edits else bodies
            speaks = PatchEvidence(
                share=elected.shares.get(candidate, 1.0),
                likely=1.0 / tried,
                tried=tried,
                rivals=elected.rivals,
                checks=checks(diagnosis.test_files, diagnosis.failing),
                told=len(diagnosis.passing),
            )
            return _unless_doubted(found, speaks)
        return None

    def _stopped(self, votes: Sequence[Vote]) -> Healing:
        """What there is when the work is ended from outside."""
        if not votes:
            return self._said("none", "stopped before a body passed")
        patch = self._patch(agreed(votes, None)[0][0].candidate)
        said = self._said("unverified", "stopped before it was validated; it passed the tests once")
        return replace(said, patch=patch)

    def _judged(self, data: bytes, validator: Validator, deadline: Deadline) -> Healing | None:
        """The status of a file that passes; ``None`` where it does not hold."""
        verdict = validator.validate(self.job.source.path, data, deadline)
        if not verdict.good:
            self.rejected.append(f"{STRATEGY}: {verdict.reason}")
            return None
        verified = verdict.complete and self.job.policy.confined
        why = verdict.summary
        if not self.job.policy.confined:
            why += "; it ran without a sandbox"
        found = self._said("verified" if verified else "unverified", why)
        return replace(found, not_run=verdict.not_run)

    def _patch(self, candidate: Candidate) -> Patch:
        source = self.job.source
        data = source.encode(source.apply(candidate.edits))
        diff = unified_diff(self.job.policy.workspace, source.path, self.job.original, data)
        return Patch(diff, data, candidate.strategy, 0.0, self.job.source.path)

    def _said(self, status: str, reason: str) -> Healing:
        return Healing(
            status,
            reason,
            rejected=tuple(self.rejected),
            candidates_run=self.ran,
            model_tokens=self.tokens,
            seconds=time.monotonic() - self._began,
        )


def _unless_doubted(found: Healing, speaks: PatchEvidence) -> Healing:
    """``found``, vouched for only where it is rather right than wrong by what ``speaks`` for it."""
    found = replace(found, confidence=speaks.confidence)
    if found.status != "verified" or speaks.confidence >= SURE:
        return found
    why = f"it passes the failing test twice, but {speaks.doubt()}"
    return replace(found, status="unverified", reason=why)


def _told(diagnosis: Diagnosis) -> str:
    """What the failing test says, for the prompt; the docstring's examples stand there anyway."""
    failure = diagnosis.failure()
    if failure is None or failure.failure is None or diagnosis.plan.runner == "doctest":
        return ""
    return failing_test(diagnosis)
