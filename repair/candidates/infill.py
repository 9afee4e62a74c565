"""Code written by the model at suspicious places, under whatever monitors evidence allows.

The failing test stands before the file in the prompt. What is rewritten is a line, a new line
before it, a block, or at last the body of a function; what stands around it is kept, and the model
knows it. After Repilot (Wei et al., ESEC/FSE 2023): completions, not rewrites. Where none of these
fixes it, the model is told what the failing run did in the function, block by block, and asked for
another one (``dialog``).
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Snapshot
from analysis.text.files import read_text
from decoding.guidance.evidence import Evidence
from decoding.writer import Completion, InfillRequest, Writer
from repair.candidates.candidate import Candidate
from repair.candidates.dialog import PLAN, Talk, body, task
from repair.failure.diagnosis import Diagnosis
from repair.source.file import OffsetEdit, Source
from repair.source.stub import realigned

_TEMPERATURE = 0.8
#: How much hotter each further round of the dialog is, and the hottest.
_HEAT, _HOTTEST = 0.1, 1.2
#: What the seeds of two rounds differ by: more than two places of a file do.
_SEEDS = 1_000_003
_TEST_CHARACTERS = 1200
_TEST_LINES = 12
#: Lines that are rewritten before blocks are, and blocks before functions.
_LINES_FIRST = 6
_BLOCKS = 3
_LONGEST_BLOCK = 14
_LONGEST_FUNCTION = 40
#: What a function is worth that was written anew, against the line that is the most suspicious.
_TALKED = 0.2
_COMPOUND = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.AsyncFor, ast.AsyncWith)


@dataclass(frozen=True, slots=True)
class InfillPlace:
    """What is rewritten: ``text[start:end]``, once greedily and ``samples`` times by chance."""

    name: str
    start: int
    end: int
    line: int
    share: float
    samples: int
    max_tokens: int
    multiline: bool = False
    code: str = ""
    talk: Talk | None = None


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
    #: Whether lines, blocks and functions are filled in; what a failing run did, told when asked.
    filling: bool = True
    summary: Callable[[int], str] | None = None
    tokens: int = field(default=0, init=False)
    samples: int = field(default=0, init=False)
    _wishes: deque[int] = field(default_factory=deque, init=False)
    _done: set[tuple[int, int, str]] = field(default_factory=set, init=False)
    _preamble: str = field(default="", init=False)
    _rounds: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._preamble = failing_test(self.diagnosis)

    def wish(self, line: int) -> None:
        """Let ``line`` be the next to be rewritten. May be called from another thread."""
        if self.filling:
            self._wishes.append(line)

    def candidates(self) -> Iterator[Candidate | None]:
        """Candidates, best place first; ``None`` for a sample that changes nothing.

        Raises :class:`~decoding.errors.DecodingError`, also where it is cancelled; what was being
        written is lost then, and a new call goes on behind it.
        """
        for place in self._places():
            while self._wishes:
                for wished in self._lines(self._wishes.popleft(), 1.0):
                    yield from self._fill(wished)
            yield from self._fill(place)
        yield from self._ask_again()

    def _ranked(self) -> list[int]:
        return [n for n in self.diagnosis.suspicion.ranked() if self.source.line(n).strip()]

    def _ask_again(self) -> Iterator[Candidate | None]:
        """The dialog once more, leaving more to chance each time, while there is time: nothing else
        is left to be tried, and small models are right once in many answers."""
        talks = list(self._dialog(self._ranked()))
        while talks and not self.deadline.expired():
            self._rounds += 1
            for place in talks:
                yield from self._by_chance(self._request(place), place)

    def _places(self) -> Iterator[InfillPlace]:
        ranked = self._ranked()
        if not self.filling:
            yield from self._dialog(ranked)
            return
        for rank, line in enumerate(ranked[:_LINES_FIRST]):
            yield from self._lines(line, 1.0 / (1 + rank))
        yield from self._blocks(ranked)
        yield from self._functions(ranked)
        yield from self._dialog(ranked)
        for rank, line in enumerate(ranked[_LINES_FIRST:], _LINES_FIRST):
            yield from self._lines(line, 1.0 / (1 + rank))

    def _lines(self, line: int, share: float) -> Iterator[InfillPlace]:
        """The line, and a new line before it."""
        text = self.source.line(line)
        start = self.source.line_starts[line - 1] + len(self.source.indentation(line))
        end = self.source.line_starts[line - 1] + len(text.rstrip("\r\n"))
        yield InfillPlace("replace", start, end, line, share, 4, 48)
        yield InfillPlace("insert", start, start, line, share, 2, 48)

    def _blocks(self, ranked: list[int]) -> Iterator[InfillPlace]:
        """The innermost blocks around suspicious lines."""
        if self.source.tree is None:
            return
        blocks = [n for n in ast.walk(self.source.tree) if isinstance(n, _COMPOUND)]
        found: dict[tuple[int, int], None] = {}
        for line in ranked:
            inside = [n for n in blocks if n.lineno <= line <= (n.end_lineno or 0)]
            for node in sorted(inside, key=lambda n: -n.lineno)[:1]:
                if (node.end_lineno or 0) - node.lineno < _LONGEST_BLOCK:
                    found[self.source.span(node)] = None
            if len(found) >= _BLOCKS:
                break
        for rank, (start, end) in enumerate(found):
            line = self.source.line_of(start)
            yield InfillPlace("block", start, end, line, 0.5 / (1 + rank), 2, 160, multiline=True)

    def _dialog(self, ranked: list[int]) -> Iterator[InfillPlace]:
        """The function that is the most suspicious, by a model that is told what it did."""
        if self.summary is None:
            return
        for place in self._functions(ranked):
            for talk in Talk:
                yield replace(place, name=talk, share=_TALKED, talk=talk)

    def _functions(self, ranked: list[int]) -> Iterator[InfillPlace]:
        """The whole body of the function that is the most suspicious."""
        tree, source = self.source.tree, self.source
        for node in ast.walk(tree) if tree is not None and ranked else ():
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            inner = node.body[1:] if ast.get_docstring(node, clean=False) else node.body
            last = node.end_lineno or node.lineno
            if not inner or not inner[0].lineno <= ranked[0] <= last:
                continue
            if last - inner[0].lineno < _LONGEST_FUNCTION:
                start, end = source.span(inner[0])[0], source.span(node)[1]
                line, code = inner[0].lineno, source.text[source.span(node)[0] : end]
                yield InfillPlace(
                    "function", start, end, line, 0.3, 3, 320, multiline=True, code=code
                )
                return

    def _fill(self, place: InfillPlace) -> Iterator[Candidate | None]:
        key = (place.start, place.end, place.name)
        if key in self._done:
            return
        self._done.add(key)
        request = self._request(place)
        greedy = self.writer.complete(
            request, self.evidence, deadline=self.deadline, cancellation=self.cancellation
        )
        yield self._candidate(greedy, place)
        yield from self._by_chance(request, place)

    def _request(self, place: InfillPlace) -> InfillRequest:
        text, start = self.source.text, place.start
        inserted = self.source.newline() + self.source.indentation(place.line)
        lead = PLAN if place.talk is Talk.PLAN else ""
        opened = lead or (inserted if place.name == "insert" else "")
        cut = text[:start] + opened + text[place.end :]
        return InfillRequest(
            self.snapshot.with_text(cut),
            start + len(lead),
            max_tokens=place.max_tokens,
            multiline=place.multiline,
            preamble=self._preamble,
            task=self._task(place),
        )

    def _by_chance(self, request: InfillRequest, place: InfillPlace) -> Iterator[Candidate | None]:
        """As many samples as ``place`` is worth; others, and hotter ones, in each round."""
        heat = min(_TEMPERATURE + self._rounds * _HEAT, _HOTTEST)
        warm = replace(request, temperature=heat, seed=place.line + self._rounds * _SEEDS)
        for sample in self.writer.samples(
            warm,
            place.samples,
            self.evidence,
            deadline=self.deadline,
            cancellation=self.cancellation,
        ):
            yield self._candidate(sample, place)

    def _task(self, place: InfillPlace) -> str:
        if place.talk is None or self.summary is None:
            return ""
        return task(place.talk, place.code, self.summary(place.line))

    def _candidate(self, completion: Completion, place: InfillPlace) -> Candidate | None:
        self.samples += 1
        self.tokens += completion.tokens
        new = completion.text.rstrip()
        if place.talk is not None:
            column = len(self.source.indentation(place.line))
            new = realigned(body(place.talk, new), column)
        if not new or new == self.source.text[place.start : place.end]:
            return None
        if place.name == "insert":
            new += self.source.newline() + self.source.indentation(place.line)
        edit = OffsetEdit(place.start, place.end, new)
        strategy = place.talk or f"infill: {place.name}"
        return Candidate((edit,), strategy, place.share, place.line)


def failing_test(diagnosis: Diagnosis) -> str:
    """What the failing test does and says, in a few lines, for a prompt."""
    failure = diagnosis.failure()
    if failure is None:
        return ""
    parts = [f"Failing test: {failure.id}"]
    if failure.failure is not None:
        why = failure.failure
        parts += _test_text(why.frames, diagnosis.test_files)
        parts.append(f"{why.exception}: {why.message}" if why.message else why.exception)
    return "\n".join(parts)[:_TEST_CHARACTERS]


def _test_text(frames: tuple[tuple[str, int, str], ...], files: tuple[str, ...]) -> list[str]:
    """The lines of the test up to the one that fails."""
    for path, line, _name in reversed(frames):
        if path in files and Path(path).is_file():
            lines = read_text(path).split("\n")[:line]
            own = _indent(lines[-1])
            heads = [
                i
                for i, text in enumerate(lines)
                if text.lstrip().startswith(("def ", "async def ")) and _indent(text) < own
            ]
            lines = lines[heads[-1] + 1 :] if heads else lines[-1:]
            return [text.strip() for text in lines[-_TEST_LINES:] if text.strip()]
    return []


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
