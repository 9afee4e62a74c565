"""Lines written by the model at suspicious places, under whatever monitors evidence allows.

The failing test stands before the file in the prompt. A line is replaced as a whole: its
indentation is kept and the model writes the rest, knowing what comes before and after. After
Repilot (Wei et al., ESEC/FSE 2023): completions, not rewrites.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Snapshot
from decoding.completion import Completion
from decoding.evidence import Evidence
from decoding.writer import InfillRequest, Writer
from repair.candidates.candidate import Candidate
from repair.diagnosis import Diagnosis
from repair.source import Edit, Source

#: Samples at one line besides the greedy one.
_SAMPLES = 4
_TEMPERATURE = 0.8
_MAX_TOKENS = 48
_TEST_CHARACTERS = 1200


@dataclass
class Infills:
    """Candidates of one repair, one sample at a time; ``tokens`` and ``samples`` are counted."""

    source: Source
    diagnosis: Diagnosis
    snapshot: Snapshot
    writer: Writer
    evidence: Evidence | None
    deadline: Deadline
    cancellation: Cancellation
    tokens: int = field(default=0, init=False)
    samples: int = field(default=0, init=False)
    _done: set[int] = field(default_factory=set, init=False)

    def candidates(self) -> Iterator[Candidate | None]:
        """Candidates, best place first; ``None`` for a sample that changes nothing.

        Raises :class:`~decoding.errors.CancelledError`.
        """
        ranked = self.diagnosis.suspicion.ranked()
        for rank, line in enumerate(ranked):
            if line not in self._done:
                yield from self._lines(line, 1.0 / (1 + rank))

    def at(self, line: int) -> Iterator[Candidate | None]:
        """The same for one line, which :meth:`candidates` then leaves out."""
        if line not in self._done:
            yield from self._lines(line, 1.0)

    def _lines(self, line: int, share: float) -> Iterator[Candidate | None]:
        self._done.add(line)
        if self.source.line(line).strip():
            preamble = _preamble(self.diagnosis)
            for start, end, name in self._places(line):
                yield from self._fill(start, end, line, name, preamble, share)

    def _places(self, line: int) -> Iterator[tuple[int, int, str]]:
        """What is rewritten at ``line``: the line, or a new line before it."""
        start = self.source.line_starts[line - 1]
        text = self.source.line(line)
        indentation = len(self.source.indentation(line))
        yield start + indentation, start + len(text.rstrip("\r\n")), "replace"
        yield start + indentation, start + indentation, "insert"

    def _fill(
        self, start: int, end: int, line: int, name: str, preamble: str, share: float
    ) -> Iterator[Candidate | None]:
        text = self.source.text
        inserted = self.source.newline() + self.source.indentation(line)
        cut = text[:start] + (inserted if name == "insert" else "") + text[end:]
        request = InfillRequest(
            self.snapshot.with_text(cut), start, max_tokens=_MAX_TOKENS, preamble=preamble
        )
        greedy = self.writer.complete(
            request, self.evidence, deadline=self.deadline, cancellation=self.cancellation
        )
        yield self._candidate(greedy, start, end, line, name, share)
        warm = InfillRequest(
            request.snapshot,
            start,
            max_tokens=_MAX_TOKENS,
            preamble=preamble,
            temperature=_TEMPERATURE,
            seed=line,
        )
        for sample in self.writer.samples(
            warm,
            _SAMPLES if name == "replace" else _SAMPLES // 2,
            self.evidence,
            deadline=self.deadline,
            cancellation=self.cancellation,
        ):
            yield self._candidate(sample, start, end, line, name, share)

    def _candidate(
        self, completion: Completion, start: int, end: int, line: int, name: str, share: float
    ) -> Candidate | None:
        self.samples += 1
        self.tokens += completion.tokens
        new = completion.text.rstrip()
        if not new or new == self.source.text[start:end]:
            return None
        if name == "insert":
            new += self.source.newline() + self.source.indentation(line)
        return Candidate((Edit(start, end, new),), f"infill: {name}", share, line)


def _preamble(diagnosis: Diagnosis) -> str:
    """What the failing test says, in a few lines."""
    failure = diagnosis.failure()
    if failure is None:
        return ""
    parts = [f"Failing test: {failure.id}"]
    if failure.failure is not None:
        why = failure.failure
        parts.append(f"{why.exception}: {why.message}" if why.message else why.exception)
    return "\n".join(parts)[:_TEST_CHARACTERS]
