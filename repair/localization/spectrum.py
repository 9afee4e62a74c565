"""Which tests ran what: Ochiai over lines, blocks and expressions.

Abreu, Zoeteweij, van Gemund, "An Evaluation of Similarity Coefficients for Software Fault
Localization" (PRDC 2006).
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from analysis.views.plan import BlockPlan
from repair.localization.suspicion import BlockSuspicion, ExpressionSuspicion, Suspicion
from repair.sandbox.run import Outcome, TestResult
from repair.source.file import Source

#: How many failing and passing tests ran something.
Counts = tuple[int, int]


def ochiai(failed: float, passed: int, failing: int) -> float:
    """The coefficient of what ``failed`` of the ``failing`` and ``passed`` other tests ran."""
    return failed / math.sqrt(failing * (failed + passed)) if failed else 0.0


def line_spectrum(
    results: Sequence[TestResult], parts: Mapping[str, Mapping[int, float]] | None = None
) -> dict[int, float]:
    """Ochiai of each 1-based line that a failing test ran.

    ``parts`` tell, by test, how much of its failure falls to lines: all of it to those not named.
    """
    known = parts or {}
    failing, passing = _divided(results)
    lines = frozenset[int]().union(*(result.lines for result in failing))
    return {
        line: ochiai(
            sum(known.get(r.id, {}).get(line, 1.0) for r in failing if line in r.lines),
            sum(line in result.lines for result in passing),
            len(failing),
        )
        for line in lines
    }


def block_suspicion(
    plan: BlockPlan, results: Sequence[TestResult], lines: Suspicion
) -> tuple[BlockSuspicion, ...]:
    """The blocks that some test ran, most suspicious first."""
    failing, passing = _divided(results)
    found = []
    for index, code in enumerate(plan.codes):
        for block in code.blocks:
            own = {n + 1 for first, last in block.statements for n in range(first, last + 1)}
            failed = sum(bool(own & result.lines) for result in failing)
            passed = sum(bool(own & result.lines) for result in passing)
            if failed or passed:
                score = round(ochiai(failed, passed, len(failing)), 4)
                most = round(max((lines.lines.get(line, 0.0) for line in own), default=0.0), 4)
                found.append(BlockSuspicion(index, block.id, failed, passed, score, most))
    return tuple(sorted(found, key=lambda b: (-b.suspicion, -b.ochiai, b.code, b.block)))


def expression_suspicion(
    source: Source, results: Sequence[TestResult]
) -> tuple[ExpressionSuspicion, ...]:
    """The expressions that other tests ran than what is around them, most suspicious first.

    Operands of ``and`` and ``or``, arms of a conditional expression, bodies of comprehensions and
    lambdas. Only where the interpreter told which expressions ran (from 3.11).
    """
    failing, passing = _divided(results)
    if source.tree is None or not any(result.places for result in results):
        return ()

    def counts(node: ast.expr | ast.stmt) -> Counts:
        if isinstance(node, ast.stmt):
            return (
                sum(node.lineno in result.lines for result in failing),
                sum(node.lineno in result.lines for result in passing),
            )
        place = (node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)
        return (
            sum(place in result.places for result in failing),
            sum(place in result.places for result in passing),
        )

    found = []
    for node, (failed, passed) in _apart(source.tree, counts):
        if not failed:
            continue
        start, end = source.span(node)
        score = round(ochiai(failed, passed, len(failing)), 4)
        found.append(
            ExpressionSuspicion(*_at(source, start), *_at(source, end), failed, passed, score)
        )
    return tuple(sorted(found, key=lambda e: (-e.ochiai, e.line, e.character)))


def _apart(
    tree: ast.AST, counts: Callable[[ast.expr | ast.stmt], Counts]
) -> Iterator[tuple[ast.expr, Counts]]:
    """The outermost expressions whose counts are not those of what is around them."""
    waiting: list[tuple[ast.AST, Counts | None]] = [(tree, None)]
    while waiting:
        node, around = waiting.pop()
        if isinstance(node, ast.stmt):
            around = counts(node)
        elif isinstance(node, ast.expr):
            own = counts(node)
            # Some expressions have no instruction of their own: names that are called, constants.
            if own != (0, 0):
                if around is not None and own != around:
                    yield node, own
                around = own
        waiting.extend((child, around) for child in ast.iter_child_nodes(node))


def _at(source: Source, offset: int) -> tuple[int, int]:
    """0-based line and code point of an offset."""
    line = source.line_of(offset) - 1
    return line, offset - source.line_starts[line]


def _divided(results: Sequence[TestResult]) -> tuple[list[TestResult], list[TestResult]]:
    failing = [result for result in results if result.outcome.bad]
    return failing, [result for result in results if result.outcome is Outcome.PASSED]
