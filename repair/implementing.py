"""Writing a function from its signature, docstring and tests: sample, run, repair, validate.

The model writes whole bodies under the monitors; each runs on the tests (or the docstring's
examples). What passes is chosen among as ``fix`` chooses among patches; when none passes, those
that come nearest are repaired as ``fix`` repairs, for the time that is left. After LDB's setting
(Zhong, Wang and Shang, ACL Findings 2024), with search in the place of the dialog.
"""

from __future__ import annotations

import ast
import contextlib
import shlex
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from analysis.deadline import Cancellation, Deadline
from decoding.completion import Completion
from decoding.errors import CancelledError
from decoding.evidence import Evidence
from decoding.writer import InfillRequest, Writer
from repair.ahead import Ahead
from repair.aids import Aid
from repair.candidates.candidate import Candidate
from repair.candidates.infill import failing_test
from repair.choice import rank
from repair.command import TestCommand, parse
from repair.diagnosing import HASTY_S, AlreadyPassingError, diagnose
from repair.diagnosis import Diagnosis
from repair.errors import RepairError
from repair.guards import written_to_order
from repair.healing import heal
from repair.job import Healing, Job, Patch, Report
from repair.patch import unified_diff
from repair.retouching import Retoucher
from repair.sandbox.cores import Spare
from repair.sandbox.forkserver import SandboxDiedError
from repair.sandbox.workbench import Workbench
from repair.stub import Stub, example_inputs, find_function, says_nothing
from repair.trials import Kind, Trial, Trials
from repair.validation import Validator
from repair.witness import Witness

#: Bodies that are written, the first greedily, within this share of the time.
_SAMPLES = 48
_SAMPLING_SHARE = 0.7
#: Sampling ends when so many different bodies pass: they are enough to choose from.
_ENOUGH = 3
_TEMPERATURE = 0.8
_BODY_TOKENS = 400
#: Bodies that are repaired, the nearest first.
_REPAIRED = 3
#: Part of the time kept for validation.
_RESERVE = 0.15
_STRATEGY = "body by the model"


@dataclass
class _Tried:
    candidate: Candidate
    trial: Trial


@dataclass
class Implementer:
    """Implements ``stub`` for ``job``, whose source is the stub's; to be used once."""

    stub: Stub
    job: Job
    writer: Writer
    evidence: Evidence | None
    report: Report
    cancellation: Cancellation
    narrow: bool = False
    """Whether the command may be narrowed to the tests that call the function: nobody named it."""
    tokens: int = field(default=0, init=False)
    ran: int = field(default=0, init=False)
    rejected: list[str] = field(default_factory=list, init=False)
    _began: float = field(default_factory=time.monotonic, init=False)

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
        lines = len(job.source.line_starts) + _BODY_TOKENS
        spare = Spare()
        with (
            contextlib.closing(Witness(job.policy, command, path, job.base)) as witness,
            Workbench(job.policy, path, lines, job.base, self.cancellation) as bench,
        ):
            try:
                diagnosis = diagnose(job.source, job.command, bench, deadline, HASTY_S)
            except AlreadyPassingError:
                return self.unchecked("the tests pass without a body: they do not reach it")
            except SandboxDiedError as error:
                return self._said("error", f"the tests bring the sandbox down: {error.what}")
            except RepairError as error:
                mend = f" ({error.mend})" if error.mend else ""
                return self._said("error", f"{error.where}: {error.what}{mend}")
            if self.narrow and (narrowed := self._narrowed(diagnosis)):
                self.narrow = False
                self.job = replace(job, command=narrowed)
                self.report(f"of those: {narrowed.plan.command}", 0.0)
                return self._run(deadline)
            bench.spread(spare.lanes())
            ahead = Ahead(job.snapshot.workspace)
            validator = Validator(
                job.command, job.suite, diagnosis, bench, job.base, witness, ahead
            )
            try:
                return self._implement(diagnosis, bench, validator, deadline)
            except CancelledError:
                return self._said("none", "stopped before a body passed")
            except SandboxDiedError as error:
                return self._said("none", f"the tests bring the sandbox down: {error.what}")
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
        for body in self._bodies("", until, until):
            if candidate := self._candidate(body):
                patch = self._patch(candidate)
                return replace(self._said("unverified", why), patch=patch)
        return self._said("none", f"the model wrote no body that parses; {why}")

    def _implement(
        self, diagnosis: Diagnosis, bench: Workbench, validator: Validator, deadline: Deadline
    ) -> Healing:
        trials = Trials(self.job.source, diagnosis, bench)
        tried: list[_Tried] = []
        seen: set[str] = set()
        repairing = Aid.REPAIR not in self.job.without
        share = _SAMPLING_SHARE if repairing else 1.0 - _RESERVE
        until = Deadline.after(share * deadline.remaining())
        passing = 0
        retoucher = Retoucher(self.stub, self.job, diagnosis, trials)
        retouched: list[Candidate] = []
        for body in self._bodies(_told(diagnosis), until, deadline):
            candidate = self._candidate(body)
            if candidate is None:
                continue
            essence = ast.dump(ast.parse(self.job.source.apply(candidate.edits)))
            if essence in seen:
                continue
            seen.add(essence)
            trial = trials.run(candidate)
            if trial.kind is Kind.SLOW:
                trial = trials.run(candidate, patience=8.0)
            tried.append(_Tried(candidate, trial))
            passing += trial.kind is Kind.PLAUSIBLE
            if repairing and trial.kind is not Kind.PLAUSIBLE:
                retouched += retoucher.passing(candidate, deadline)
            repaired = f", {len(retouched)} more with one edit" if retouched else ""
            self.report(f"{len(tried)} bodies written, {passing} pass{repaired}", 0.0)
            if passing >= _ENOUGH or (passing and until.expired()):
                break
        self.ran = trials.ran
        plausible = [t.candidate for t in tried if t.trial.kind is Kind.PLAUSIBLE] + retouched
        plausible = [c for c in plausible if not self._refused(c, diagnosis)]
        if plausible and (found := self._validated(plausible, trials, validator, deadline)):
            return found
        if not repairing:
            return self._said("none", f"{len(tried)} bodies were written, none passes")
        return self._repaired(tried, diagnosis, validator, deadline)

    # -- writing

    def _bodies(self, told: str, until: Deadline, at_most: Deadline) -> Iterator[str]:
        """Bodies as the model writes them ``until`` then; the greedy one first, which may take
        all the time that there is."""
        stub = self.stub
        text, offset = stub.opened
        request = InfillRequest(
            self.job.snapshot.with_text(text),
            offset,
            max_tokens=_BODY_TOKENS,
            multiline=True,
            preamble=told,
            task=f"Complete the function `{stub.node.name}` in place of `...`. It must do what its "
            "docstring says in every case.",
        )
        warm = replace(request, temperature=_TEMPERATURE, seed=stub.node.lineno)
        yield self._counted(
            self.writer.complete(
                request, self.evidence, deadline=at_most, cancellation=self.cancellation
            )
        )
        if until.expired():
            return
        for sample in self.writer.samples(
            warm, _SAMPLES - 1, self.evidence, deadline=until, cancellation=self.cancellation
        ):
            yield self._counted(sample)
            if until.expired():
                return

    def _counted(self, completion: Completion) -> str:
        self.tokens += completion.tokens
        return completion.text.rstrip()

    def _candidate(self, body: str) -> Candidate | None:
        """``body`` as a candidate; ``None`` where it is no body of this function."""
        if not body:
            return None
        edit = self.stub.edit(body)
        tree = _parsed(self.job.source.apply([edit]))
        if tree is None:
            edit = self.stub.edit(self.stub.realigned(body))
            tree = _parsed(self.job.source.apply([edit]))
        if tree is None:
            return None
        old = self.job.source.tree
        assert old is not None
        if _outline(tree) != _outline(old) or self._is_empty(tree):
            # It went on behind the function, or wrote one more stub.
            return None
        return Candidate((edit,), _STRATEGY, 1.0, self.stub.node.lineno)

    def _is_empty(self, tree: ast.Module) -> bool:
        node = find_function(replace(self.job.source, text=ast.unparse(tree)), self.stub.name)
        body = node.body[1:] if ast.get_docstring(node) else node.body
        return all(map(says_nothing, body))

    def _refused(self, candidate: Candidate, diagnosis: Diagnosis) -> bool:
        old = self.job.source.tree
        assert old is not None
        new = ast.parse(self.job.source.apply(candidate.edits))
        inputs = example_inputs(self.stub, diagnosis.test_files)
        reason = written_to_order(old, new, inputs, self.stub.prose)
        if reason:
            self.rejected.append(f"{candidate.strategy}: {reason}")
        return bool(reason)

    # -- choosing

    def _validated(
        self,
        plausible: list[Candidate],
        trials: Trials,
        validator: Validator,
        deadline: Deadline,
    ) -> Healing | None:
        behaviour = trials.behave(plausible) if len(plausible) > 1 else None
        until = Deadline.after(0.2 * deadline.remaining())
        ranking = rank(self.job.source, plausible, self.writer, until, self.cancellation, behaviour)
        for position, ranked in enumerate(ranking):
            data = self.job.source.encode(self.job.source.apply(ranked.candidate.edits))
            self.report("validating", 0.9)
            found = self._judged(data, validator, deadline)
            if found is None:
                continue
            patch = self._patch(ranked.candidate)
            rest = [self._patch(other.candidate) for other in ranking[position + 1 :][:3]]
            return replace(found, patch=patch, alternatives=tuple(rest))
        return None

    def _judged(self, data: bytes, validator: Validator, deadline: Deadline) -> Healing | None:
        """The status of a file that passes; ``None`` where it does not hold."""
        verdict = validator.validate(self.job.source.path, data, deadline)
        if not verdict.good:
            self.rejected.append(f"{_STRATEGY}: {verdict.reason}")
            return None
        verified = verdict.complete and self.job.policy.confined
        others = f", {verdict.ran} other tests still pass" if verdict.ran else ""
        why = verdict.reason or f"passes your tests: the failing one twice{others}"
        if not self.job.policy.confined:
            why += "; it ran without a sandbox"
        found = self._said("verified" if verified else "unverified", why)
        return replace(found, not_run=verdict.not_run)

    # -- repairing

    def _repaired(
        self,
        tried: list[_Tried],
        diagnosis: Diagnosis,
        validator: Validator,
        deadline: Deadline,
    ) -> Healing:
        """The nearest bodies, repaired in turn as ``fix`` repairs."""
        refused = {r.partition(": ")[2] for r in self.rejected}
        nearest = sorted(tried, key=lambda t: (-t.trial.gained, t.trial.kind is Kind.SLOW))
        nearest = [t for t in nearest if t.trial.kind is not Kind.PLAUSIBLE][:_REPAIRED]
        for left, each in zip(range(len(nearest), 0, -1), nearest, strict=True):
            seconds = (deadline.remaining() - _RESERVE * self.job.time_limit) / left
            if seconds < 1 or self.cancellation.cancelled:
                break
            source = self.job.source
            text = source.apply(each.candidate.edits)
            job = replace(
                self.job,
                source=replace(source, text=text),
                snapshot=self.job.snapshot.with_text(text),
                time_limit=seconds,
                base={**self.job.base, source.path: source.encode(text)},
            )
            healing = heal(job, self.writer, self.evidence, self.report, self.cancellation)
            self.ran += healing.candidates_run
            self.tokens += healing.model_tokens
            if healing.patch is None:
                continue
            found = self._judged(healing.patch.data, validator, deadline)
            if found is not None:
                strategy = f"{_STRATEGY}, repaired by {healing.patch.strategy}"
                patch = replace(healing.patch, strategy=strategy)
                return replace(found, patch=patch, notes=healing.notes)
        said = f"{len(tried)} bodies were written, none passes, repaired or not"
        if refused:
            said = f"{said}; refused: {', '.join(sorted(refused)[:2])}"
        return self._said("none", said)

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


def _told(diagnosis: Diagnosis) -> str:
    """What the failing test says, for the prompt; the docstring's examples stand there anyway."""
    failure = diagnosis.failure()
    if failure is None or failure.failure is None or diagnosis.plan.runner == "doctest":
        return ""
    return failing_test(diagnosis)


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _outline(tree: ast.Module) -> list[str]:
    """What stands at the top of the file, in order: a body changes none of it."""
    named = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return [each.name if isinstance(each, named) else ast.dump(each) for each in tree.body]
