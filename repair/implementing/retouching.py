"""Small edits of a body that fails, executed: a model's body is often wrong in one place.

Where the tests are held no sandbox is started and nothing is imported for it: they run each edited
body as they ran the body itself, hundreds a second.
"""

from __future__ import annotations

import ast
import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from analysis.deadline import Cancellation, Deadline
from analysis.text.files import read_bytes
from decoding.writer import Writer
from repair.candidates.candidate import Candidate
from repair.candidates.registry import generate
from repair.choice.guards import literals, refusal
from repair.choice.likelihood import signs
from repair.choice.ranking import gain
from repair.components import Component
from repair.failure.diagnosis import Diagnosis
from repair.implementing.written import WrittenBody
from repair.job import Job
from repair.search.candidate_queue import CandidateQueue
from repair.search.trials import Kind, Trials
from repair.source.file import Source
from repair.source.stub import Stub

#: Seconds at a time for one body, and edits that pass that are kept of it.
_SECONDS = 0.7
_KEPT = 4
#: How likely an edited body is beside one that passes as it was written.
DISCOUNT = 0.2


@dataclass
class _Edits:
    """What can be changed in one body, and how far its tests came as it was written."""

    written: WrittenBody
    queue: CandidateQueue
    gained: int
    changes: dict[Candidate, Candidate] = field(default_factory=dict)
    found: int = 0
    ended: bool = False


@dataclass
class Retoucher:
    """Edits bodies of ``stub`` and runs them with ``trials``."""

    stub: Stub
    job: Job
    diagnosis: Diagnosis
    trials: Trials
    _seen: set[str] = field(default_factory=set, init=False)
    _read: dict[str, dict[tuple[int, int], float]] = field(default_factory=dict, init=False)
    _passing: dict[Candidate, tuple[Source, Candidate]] = field(default_factory=dict, init=False)
    _begun: dict[Candidate, _Edits] = field(default_factory=dict, init=False)

    def can(self, body: Candidate) -> bool:
        """Whether there are edits of ``body`` that were not tried yet."""
        if Component.MUTATION in self.job.without:
            return False
        return body not in self._begun or not self._begun[body].ended

    def passing(self, body: Candidate, until: Deadline, gained: int = 0) -> list[Candidate]:
        """The likeliest edits of ``body`` with which the tests pass, as bodies of their own, as far
        as they are found in a moment; the next call goes on behind them.

        ``gained`` is how far the tests came with ``body`` itself: edits with which they come
        further are tried together with others. Raises
        :class:`~decoding.errors.CancelledError` and
        :class:`~repair.errors.SandboxDiedError`.
        """
        if not self.can(body):
            return []
        deadline = Deadline.after(min(_SECONDS, until.remaining()))
        if body not in self._begun:
            self._begun[body] = self._opened(body, gained)
        edits = self._begun[body]
        found: list[Candidate] = []
        edited = self._edited(edits, deadline)
        # Where everything is imported anew for each, several begun at once take too long.
        warm = self.trials.is_warm(body)
        for trial in self.trials.every(edited) if warm else map(self.trials.run, edited):
            change = edits.changes.pop(trial.candidate)
            if trial.kind is Kind.PLAUSIBLE:
                if not self._refused(edits.written.source, trial.candidate):
                    found.append(trial.candidate)
                    self._passing[trial.candidate] = edits.written.source, change
            elif trial.gained > edits.gained:
                edits.queue.partial(replace(trial, candidate=change))
            if edits.found + len(found) >= _KEPT:
                edits.ended = True
                break
        edits.found += len(found)
        return found

    def likelihood(self, edited: Candidate, cancellation: Cancellation, writer: Writer) -> float:
        """How likely the edit of which :meth:`passing` made ``edited`` is, as a logarithm: by its
        template, its text and the model, as of patches (``repair.choice.ranking``).

        Raises :class:`~decoding.errors.DecodingError`, when cancelled too.
        """
        source, change = self._passing[edited]
        (text,) = signs(source, [change])
        known = self._read.setdefault(source.text, {})
        model = gain(source, change, writer, known, cancellation)
        return math.log(max(change.value, 1e-6)) + text + model

    def _opened(self, body: Candidate, gained: int) -> _Edits:
        written = WrittenBody(self.stub, body)
        results = self.trials.traced(body)
        failures = [r.failure for r in results if r.outcome.bad and r.failure]
        symptoms = frozenset(failure.exception for failure in failures)
        traced = Component.TRACE not in self.job.without
        suspicion = written.suspicion(results, self.diagnosis.imported, traced=traced)
        queue = generate(written.source, suspicion, symptoms, failures=failures)
        hung = self.diagnosis.hung
        # All of them run where the tests are held: one costs what another one costs.
        waiting = CandidateQueue(queue, lambda _c, _p: 1.0, frozenset(self.diagnosis.failing), hung)
        return _Edits(written, waiting, gained)

    def _edited(self, edits: _Edits, deadline: Deadline) -> Iterator[Candidate]:
        """Bodies with one more of ``edits`` each."""
        while not deadline.expired():
            turn = edits.queue.pop()
            if turn is None:
                edits.ended = True
                return
            body = edits.written.edited(turn.candidate, DISCOUNT * turn.candidate.value)
            if body is not None and self._is_new(self.job.source.apply(body.edits)):
                edits.changes[body] = turn.candidate
                yield body

    def _refused(self, source: Source, candidate: Candidate) -> bool:
        new = ast.parse(self.job.source.apply(candidate.edits))
        return source.tree is None or refusal(source.tree, new, self._known()) is not None

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
                    yield ast.parse(read_bytes(path))
