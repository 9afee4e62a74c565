"""Bodies that the model makes of one that fails: places in it written anew, or all of it, told what
its failing run did (``repair.candidates.infill`` says how)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from analysis.deadline import Cancellation, Deadline
from analysis.views.plan import block_plan
from decoding.guidance.evidence import Evidence
from decoding.writer import Writer
from repair.candidates.candidate import Candidate
from repair.candidates.infill import Infills
from repair.components import Component
from repair.failure.diagnosis import Diagnosis
from repair.implementing.written import WrittenBody
from repair.job import Job
from repair.sandbox.run import TestResult
from repair.search.trials import Trials
from repair.source.stub import Stub
from repair.trace.trace_summary import summary

#: What an edited body is worth beside one that was written as a whole.
_DISCOUNT = 0.5


class Manner(Enum):
    """How a body is written anew."""

    PLACES = auto()
    TOLD = auto()


@dataclass
class Rewriter:
    """Rewrites bodies of ``stub``; ``tokens`` are those that the model wrote."""

    stub: Stub
    job: Job
    diagnosis: Diagnosis
    trials: Trials
    writer: Writer
    evidence: Evidence | None
    until: Deadline
    cancellation: Cancellation
    tokens: int = field(default=0, init=False)
    _begun: dict[tuple[Candidate, Manner], Iterator[Candidate | None]] = field(
        default_factory=dict, init=False
    )
    _ended: set[tuple[Candidate, Manner]] = field(default_factory=set, init=False)

    def can(self, body: Candidate, manner: Manner) -> bool:
        """Whether there is more that ``body`` can become."""
        aid = Component.INFILL if manner is Manner.PLACES else Component.DIALOG
        return aid not in self.job.without and (body, manner) not in self._ended

    def next(self, body: Candidate, manner: Manner) -> Candidate | None:
        """What the model makes of ``body`` next; ``None`` where it comes to nothing.

        Raises :class:`~decoding.errors.DecodingError`, when cancelled too.
        """
        key = body, manner
        if key not in self._begun:
            self._begun[key] = self._written(body, manner)
        try:
            return next(self._begun[key])
        except StopIteration:
            self._ended.add(key)
            return None

    def _written(self, old: Candidate, manner: Manner) -> Iterator[Candidate | None]:
        written = WrittenBody(self.stub, old)
        results = sorted(self.trials.traced(old), key=lambda r: not r.outcome.bad)
        traced = Component.TRACE not in self.job.without
        suspicion = written.suspicion(results, self.diagnosis.imported, traced=traced)
        diagnosis = replace(
            self.diagnosis, results=tuple(results) or self.diagnosis.results, suspicion=suspicion
        )
        infills = Infills(
            written.source,
            diagnosis,
            self.job.snapshot.with_text(written.source.text),
            self.writer,
            self.evidence,
            self.until,
            self.cancellation,
            filling=manner is Manner.PLACES,
        )
        if manner is Manner.TOLD:
            told = self._story(written, results[:1]) if traced else ""
            infills.summary = lambda _line: told
        before = 0
        for change in infills.candidates():
            self.tokens += infills.tokens - before
            before = infills.tokens
            body = written.edited(change, _DISCOUNT) if change is not None else None
            if body is not None and not self.stub.is_written(self.job.source.apply(body.edits)):
                body = None
            yield body

    def _story(self, written: WrittenBody, failing: list[TestResult]) -> str:
        """What the first failing test did in the body; ``""`` where it cannot be followed."""
        if not failing or not failing[0].outcome.bad:
            return ""
        plan = block_plan(written.source.text)
        trace = self.trials.followed(written.body, plan, failing[0])
        first = written.lines.start
        return summary(written.source, plan, trace, first) if trace is not None else ""
