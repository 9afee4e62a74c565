"""Small edits of a body that fails, executed at once where its tests are held.

A model's body is often wrong in one place. No sandbox is started and nothing is imported for it:
the held tests run each edited body as they ran the body itself, hundreds a second.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from analysis.deadline import Deadline
from repair.aids import Aid
from repair.candidates.candidate import Candidate
from repair.candidates.registry import generate
from repair.diagnosis import Diagnosis
from repair.guards import literals, refusal
from repair.job import Job
from repair.localization import Suspicion, localize
from repair.sandbox.run import TestResult
from repair.source import Edit, Source
from repair.stub import Stub
from repair.trials import Kind, Trials

#: Seconds for one body (benchmarks/own_bugs.py), and edits that pass that are kept of it.
_SECONDS = 1.5
_KEPT = 4
#: How likely an edited body is beside one that passes as it was written.
_DISCOUNT = 0.2


@dataclass
class Retoucher:
    """Edits bodies of ``stub`` and runs them with ``trials``."""

    stub: Stub
    job: Job
    diagnosis: Diagnosis
    trials: Trials
    _seen: set[str] = field(default_factory=set, init=False)

    def passing(self, body: Candidate, until: Deadline) -> list[Candidate]:
        """The likeliest edits of ``body`` with which the tests pass, as bodies of their own.

        Raises :class:`~decoding.errors.CancelledError` and
        :class:`~repair.sandbox.forkserver.SandboxDiedError`.
        """
        if Aid.MUTATION in self.job.without or not self.trials.is_warm(body):
            return []
        whole = self.job.source
        source = replace(whole, text=whole.apply(body.edits))
        deadline = Deadline.after(min(_SECONDS, until.remaining()))
        results = self.trials.traced(body)
        symptoms = frozenset(r.failure.exception for r in results if r.outcome.bad and r.failure)
        found: list[Candidate] = []
        edits = generate(source, self._suspicion(source, results), symptoms)
        for trial in self.trials.every(self._edited(body, source, edits, deadline)):
            if trial.kind is Kind.PLAUSIBLE and not self._refused(source, trial.candidate):
                found.append(trial.candidate)
            if len(found) >= _KEPT:
                break
        return found

    def _edited(
        self, body: Candidate, source: Source, edits: Sequence[Candidate], deadline: Deadline
    ) -> Iterator[Candidate]:
        """Bodies that are ``body``, which makes the text of ``source``, with one of ``edits``."""
        stub = self.stub
        tail = len(self.job.source.text) - stub.end
        for edited in edits:
            if deadline.expired():
                return
            if any(e.start < stub.start or e.end > len(source.text) - tail for e in edited.edits):
                continue
            new = source.apply(edited.edits)
            if self._is_new(new):
                yield Candidate(
                    (Edit(stub.start, stub.end, new[stub.start : len(new) - tail]),),
                    f"{body.strategy}, repaired by {edited.strategy}",
                    _DISCOUNT * edited.value,
                    body.line,
                )

    def _refused(self, source: Source, candidate: Candidate) -> bool:
        new = ast.parse(self.job.source.apply(candidate.edits))
        return source.tree is None or refusal(source.tree, new, self._known()) is not None

    def _suspicion(self, source: Source, results: tuple[TestResult, ...]) -> Suspicion:
        """By the tests that ran each line; where they tell nothing, all of the body alike."""
        if results and Aid.TRACE not in self.job.without:
            found = localize(source, results, self.diagnosis.imported, 0)
            if found.lines:
                return found
        first = self.job.source.line_of(self.stub.start)
        last = first + source.text.count("\n") - self.job.source.text.count("\n")
        return Suspicion(dict.fromkeys(range(first, last + 2), 1.0))

    def _is_new(self, text: str) -> bool:
        try:
            essence = ast.dump(ast.parse(text))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
        if essence in self._seen:
            return False
        self._seen.add(essence)
        return True

    def _known(self) -> frozenset[object]:
        """Constants of the tests: a body that returns one new of them is made to order."""
        return frozenset(value for tree in self._test_trees() for value in literals(tree))

    def _test_trees(self) -> Iterator[ast.Module]:
        for path in self.diagnosis.test_files:
            if Path(path) != Path(self.job.source.path):
                with contextlib.suppress(OSError, SyntaxError, ValueError):
                    yield ast.parse(Path(path).read_bytes())
