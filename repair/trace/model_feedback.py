"""What a model thinks of code that failed: its surprise at lines, its verdicts on blocks.

*Surprise* is how unlikely the model finds a line as it is written, behind what stands before it
(Ray et al., "On the Naturalness of Buggy Code", ICSE 2016); it moves suspicion. A *verdict* is
LDB's question (Zhong, Wang, Shang, "Debug like a Human", ACL 2024, §3.3): whether a block is right,
given its values before and after. It is asked in plain text and read from the probabilities of the
answers; small models lean to one answer, so a block is judged against the others. Verdicts are
shown and move nothing: ``benchmarks/localize.py`` found them to mislead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from analysis.deadline import Cancellation, Deadline
from analysis.views.plan import TextBlock
from decoding.writer import Writer
from repair.localization import Suspicion, block_suspicion
from repair.sandbox.run import TestResult
from repair.source.file import Source
from repair.trace.debugging import Report
from repair.trace.record import Visit

#: How much the most surprising line gains (benchmarks/localize.py).
_BY_SURPRISE = 0.05
#: Lines and blocks that are asked about at most: the most suspicious ones.
_LINES, _BLOCKS = 40, 12
_TEXT, _VALUES, _MESSAGE = 200, 200, 300


@dataclass(frozen=True, slots=True)
class BlockVerdict:
    """Whether the model calls a block right; ``confidence`` in 0.5…1."""

    code: int
    block: int
    right: bool
    confidence: float


@dataclass(frozen=True, slots=True)
class ModelFeedback:
    """``surprise`` is in nats a character, by 1-based line; ``verdicts`` are by suspicion."""

    surprise: Mapping[int, float] = field(default_factory=dict)
    verdicts: tuple[BlockVerdict, ...] = ()


def feedback(
    report: Report, source: Source, writer: Writer, deadline: Deadline, cancellation: Cancellation
) -> ModelFeedback:
    """What ``writer`` thinks, as far as ``deadline`` lets it say.

    Raises :class:`~decoding.errors.DecodingError` where the model fails.
    """
    surprise = {}
    for line in report.lines.ranked()[:_LINES]:
        text = source.line(line)
        if text.strip() and not deadline.expired():
            before = source.text[: source.line_starts[line - 1]]
            score = writer.score(before, text, cancellation=cancellation)
            surprise[line] = -score / len(text.strip())
    margins = {}
    for (code, block), visit in _asked(report):
        if deadline.expired():
            break
        plan = report.plan.codes[code].blocks[block]
        question = _question(source, report.results, plan, visit)
        yes, no = (
            writer.score(question, word, cancellation=cancellation) for word in (" yes", " no")
        )
        margins[code, block] = yes - no
    return ModelFeedback(surprise, tuple(_judged(margins)))


def with_feedback(report: Report, found: ModelFeedback) -> Report:
    """``report`` with suspicion moved by the model's surprise."""
    highest = max(found.surprise.values(), default=0.0)
    if highest <= 0:
        return report
    scores = {
        line: score + _BY_SURPRISE * found.surprise.get(line, 0.0) / highest
        for line, score in report.lines.lines.items()
    }
    most = max(scores.values())
    lines = Suspicion({line: score / most for line, score in scores.items()})
    return replace(report, lines=lines, blocks=block_suspicion(report.plan, report.results, lines))


def _asked(report: Report) -> Iterator[tuple[tuple[int, int], Visit]]:
    """The most suspicious blocks of the first failing run, each with its last visit there."""
    failing = {result.id for result in report.results if result.outcome.bad}
    visits: dict[tuple[int, int], Visit] = {}
    for trace in report.traces:
        if trace.test in failing:
            for call in trace.calls:
                visits |= {(call.code, visit.block): visit for visit in call.visits}
            break
    hot = [(found.code, found.block) for found in report.blocks]
    for place in [place for place in hot if place in visits][:_BLOCKS]:
        yield place, visits[place]


def _question(source: Source, results: Sequence[TestResult], block: TextBlock, visit: Visit) -> str:
    failure = next((r.failure for r in results if r.outcome.bad and r.failure), None)
    why = f"{failure.exception}: {failure.message}"[:_MESSAGE] if failure else "it fails"
    lines = [n + 1 for first, last in block.statements for n in range(first, last + 1)]
    code = " ; ".join(source.line(line).strip() for line in lines)[:_TEXT]
    said = " ".join(why.split())
    return (
        f"{source.text.rstrip()}\n\n# A test of this code fails: {said}\n"
        f"# With {_values(visit.entry)} the lines `{code}` gave {_values(visit.exit)}.\n"
        "# Question: are these lines the bug? Answer (yes or no):"
    )


def _values(values: Mapping[str, str]) -> str:
    told = ", ".join(f"{name} = {value}" for name, value in values.items())
    return told[:_VALUES] or "nothing new"


def _judged(margins: Mapping[tuple[int, int], float]) -> Iterator[BlockVerdict]:
    mean = sum(margins.values()) / len(margins) if margins else 0.0
    for (code, block), margin in margins.items():
        wrong = 1 / (1 + math.exp(mean - margin))
        yield BlockVerdict(code, block, wrong < 0.5, round(max(wrong, 1 - wrong), 3))
