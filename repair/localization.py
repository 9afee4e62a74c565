"""Where the fault probably is: a suspicion for each line of the file under repair.

Spectrum-based: Ochiai (Abreu et al., "An Evaluation of Similarity Coefficients for Software Fault
Localization", PRDC 2006) over the lines that passing and failing tests ran, raised where the
traceback of a failure or the last line of a hanging run points.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.views.plan import BlockPlan
from repair.sandbox.run import Outcome, TestResult
from repair.source import Source

#: A line that only ran while importing says little about any test.
_IMPORT_TIME = 0.05
_AT_EXCEPTION = 0.6
_ON_THE_WAY = 0.15
#: Each line where no run could be watched: it is as good as any other.
_UNSEEN = 0.5


@dataclass(frozen=True)
class Suspicion:
    """Suspicion in 0…1 for each 1-based line that failing tests ran; others have none."""

    lines: Mapping[int, float]

    def of(self, first: int, last: int) -> float:
        """The highest suspicion of the lines ``first`` … ``last``."""
        if last - first > len(self.lines):
            return max((s for line, s in self.lines.items() if first <= line <= last), default=0.0)
        return max((self.lines.get(line, 0.0) for line in range(first, last + 1)), default=0.0)

    def ranked(self) -> list[int]:
        """Lines, most suspicious first."""
        return sorted(self.lines, key=lambda line: (-self.lines[line], line))


def localize(
    source: Source,
    results: Sequence[TestResult],
    imported: frozenset[int] = frozenset(),
    last: int = 0,
) -> Suspicion:
    """Suspicion of the lines of ``source`` from traced ``results``.

    ``imported`` are lines that run at import, ``last`` the line at which a hanging run was ended.
    """
    failing = [result for result in results if result.outcome.bad]
    passing = [result for result in results if result.outcome is Outcome.PASSED]
    scores: dict[int, float] = {}
    lines = set().union(*(result.lines for result in failing)) if failing else set()
    for line in lines:
        failed = sum(line in result.lines for result in failing)
        passed = sum(line in result.lines for result in passing)
        scores[line] = failed / math.sqrt(len(failing) * (failed + passed))
    for result in failing:
        # Frames run from the test inwards: the innermost line of the file is where it broke.
        for depth, line in enumerate(reversed(result.failure.lines if result.failure else ())):
            raise_by = _AT_EXCEPTION if depth == 0 else _ON_THE_WAY
            scores[line] = max(scores.get(line, 0.5), 0.2) + raise_by / len(failing)
    if last in scores:
        scores[last] += _ON_THE_WAY
    inside = _inside_functions(source)
    for line in imported | frozenset(lines):
        if line not in inside and not any(
            line in (r.failure.lines if r.failure else ()) for r in failing
        ):
            scores[line] = min(scores.get(line, _IMPORT_TIME), _IMPORT_TIME)
    if not scores:
        # Nothing was seen: the file ran in a process that is not traced, or not at all.
        scores = dict.fromkeys(inside or range(1, len(source.line_starts) + 1), _UNSEEN)
    highest = max(scores.values(), default=1.0)
    return Suspicion({line: score / highest for line, score in scores.items() if score > 0})


def _inside_functions(source: Source) -> frozenset[int]:
    if source.tree is None:
        return frozenset()
    lines: set[int] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            body = node.body if isinstance(node.body, list) else [node.body]
            lines.update(range(body[0].lineno, (node.end_lineno or node.lineno) + 1))
    return frozenset(lines)


def blocks(source: Source, suspicion: Suspicion) -> tuple[tuple[int, int, float], ...]:
    """The suspicious spans, most suspicious first: ``(first_line, last_line, suspicion)``.

    Lines are 0-based; neighbouring lines of equal suspicion are one span.
    """
    spans: list[tuple[int, int, float]] = []
    for line in sorted(suspicion.lines):
        score = round(suspicion.lines[line], 3)
        if spans and spans[-1][1] == line - 2 and spans[-1][2] == score:
            spans[-1] = (spans[-1][0], line - 1, score)
        else:
            spans.append((line - 1, line - 1, score))
    return tuple(sorted(spans, key=lambda span: (-span[2], span[0])))


@dataclass(frozen=True, slots=True)
class BlockSuspicion:
    """Suspicion of one block of the plan, by the numbers of its code object and itself.

    ``failing`` and ``passing`` count the tests that ran it. ``ochiai`` is over these counts alone;
    ``suspicion`` is that of its most suspicious line.
    """

    code: int
    block: int
    failing: int
    passing: int
    ochiai: float
    suspicion: float


def block_suspicion(
    plan: BlockPlan, results: Sequence[TestResult], lines: Suspicion
) -> tuple[BlockSuspicion, ...]:
    """The blocks that some test ran, most suspicious first."""
    failing = [result.lines for result in results if result.outcome.bad]
    passing = [result.lines for result in results if result.outcome is Outcome.PASSED]
    found = []
    for index, code in enumerate(plan.codes):
        for block in code.blocks:
            own = {n + 1 for first, last in block.statements for n in range(first, last + 1)}
            failed = sum(bool(own & ran) for ran in failing)
            passed = sum(bool(own & ran) for ran in passing)
            if failed or passed:
                ochiai = failed / math.sqrt(max(1, len(failing)) * (failed + passed))
                most = max((lines.lines.get(line, 0.0) for line in own), default=0.0)
                found.append(
                    BlockSuspicion(
                        index, block.id, failed, passed, round(ochiai, 4), round(most, 4)
                    )
                )
    return tuple(sorted(found, key=lambda b: (-b.suspicion, -b.ochiai, b.code, b.block)))
