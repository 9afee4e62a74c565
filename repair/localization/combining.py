"""All evidence in one suspicion for each line.

The spectrum is the base. Where the traceback of a failure or the last line of a hanging run points
is raised; what the failure does not depend on is lowered; among equals a line that does more is
likelier to be wrong. Weights by ``benchmarks/localize.py``.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum

from analysis.errors import AnalysisError
from analysis.views.program import parse_program
from repair.localization.purifying import shares
from repair.localization.slicing import Dependence, slice_from
from repair.localization.spectrum import line_spectrum
from repair.localization.suspicion import Suspicion
from repair.sandbox.run import TestResult
from repair.source.file import Source

#: A line that only ran while importing says little about any test.
_IMPORT_TIME = 0.05
_AT_EXCEPTION = 0.6
_ON_THE_WAY = 0.15
#: A handler around such a line, which let the exception pass.
_AT_HANDLER = 0.4
#: What the failure does not depend on, as far as can be seen.
_OUTSIDE_SLICE = 0.6
#: What the failure depends on at once is raised by this, what it does in two steps by half of it.
_NEAR = 0.05
#: Of two equal lines the one with more expressions; never more than this apart.
_BY_WORK = 0.08
_MUCH_WORK = 12
#: Each line where no run could be watched: it is as good as any other.
_UNSEEN = 0.5


class Method(StrEnum):
    """A kind of evidence beside the spectrum."""

    EXCEPTION = "exception"
    SLICE = "slice"
    WORK = "work"
    STEPS = "steps"


ALL = frozenset(Method)


def localize(
    source: Source,
    results: Sequence[TestResult],
    imported: frozenset[int] = frozenset(),
    last: int = 0,
    methods: Collection[Method] = ALL,
    tests: Mapping[str, Source] | None = None,
) -> Suspicion:
    """Suspicion of the lines of ``source`` from traced ``results``.

    ``imported`` are lines that run at import, ``last`` the line at which a hanging run was ended;
    ``methods`` are the kinds of evidence to use beside the spectrum, ``tests`` the files of the
    failing tests by path, as far as they are known.
    """
    failing = [result for result in results if result.outcome.bad]
    parts = {}
    if Method.STEPS in methods and tests:
        parts = {result.id: shares(result, tests) for result in failing}
    scores = line_spectrum(results, parts)
    ran = frozenset(scores)
    if Method.SLICE in methods:
        _weigh_by_slices(source, failing, last, scores)
    if Method.EXCEPTION in methods:
        _raise_at_exceptions(source, failing, last, scores)
    if Method.WORK in methods:
        _raise_by_work(source, scores)
    _lower_import_time(source, failing, imported | ran, scores)
    if not scores:
        # Nothing was seen: the file ran in a process that is not traced, or not at all.
        lines = _inside_functions(source) or range(1, len(source.line_starts) + 1)
        scores = dict.fromkeys(lines, _UNSEEN)
    highest = max(scores.values(), default=1.0)
    return Suspicion({line: score / highest for line, score in scores.items() if score > 0})


def _raise_at_exceptions(
    source: Source, failing: Sequence[TestResult], last: int, scores: dict[int, float]
) -> None:
    deliberate = {
        node.lineno
        for node in (ast.walk(source.tree) if source.tree is not None else ())
        if isinstance(node, ast.Raise | ast.Assert)
    }
    for result in failing:
        # Frames run from the test inwards: the innermost line of the file is where it broke.
        for depth, line in enumerate(reversed(result.failure.lines if result.failure else ())):
            # What raises on purpose tells of a fault elsewhere.
            broke_here = depth == 0 and line not in deliberate
            raise_by = _AT_EXCEPTION if broke_here else _ON_THE_WAY
            scores[line] = max(scores.get(line, 0.5), 0.2) + raise_by / len(failing)
            for handler in _handlers_around(source, line):
                scores[handler] = max(scores.get(handler, 0.5), 0.2) + _AT_HANDLER / len(failing)
    if last in scores:
        scores[last] += _ON_THE_WAY


def _handlers_around(source: Source, line: int) -> Iterator[int]:
    """The lines of the ``except`` and ``with suppress`` that ``line`` stands in the body of."""
    for node in ast.walk(source.tree) if source.tree is not None else ():
        if not isinstance(node, ast.Try | ast.With):
            continue
        if not node.body[0].lineno <= line <= (node.body[-1].end_lineno or 0):
            continue
        if isinstance(node, ast.Try):
            yield from {node.lineno, *(handler.lineno for handler in node.handlers)}
        elif any("suppress" in ast.unparse(item.context_expr) for item in node.items):
            yield node.lineno


def _weigh_by_slices(
    source: Source, failing: Sequence[TestResult], last: int, scores: dict[int, float]
) -> None:
    """Lower what no failing test's slice holds, raise what is near its beginning: where the
    failure showed."""
    try:
        dependence = Dependence(parse_program(source.text, source.path))
        steps: dict[int, int] = {}
        for result in failing:
            ran = {line - 1 for line in result.lines}
            lines = result.failure.lines if result.failure else ()
            starts = [line - 1 for line in (*lines, last) if line]
            for line, step in slice_from(dependence, ran, starts).items():
                steps[line + 1] = min(step, steps.get(line + 1, step))
    except (AnalysisError, RecursionError):
        return
    if steps:
        for line in scores:
            if line not in steps:
                scores[line] *= _OUTSIDE_SLICE
            else:
                scores[line] += _NEAR / (1 + steps[line])


def _raise_by_work(source: Source, scores: dict[int, float]) -> None:
    work = _work(source)
    for line in scores:
        scores[line] += _BY_WORK * min(1.0, work.get(line, 0) / _MUCH_WORK)


def _work(source: Source) -> Mapping[int, int]:
    """How many expressions begin on each 1-based line."""
    counts: dict[int, int] = {}
    for node in ast.walk(source.tree) if source.tree is not None else ():
        if isinstance(node, ast.expr):
            counts[node.lineno] = counts.get(node.lineno, 0) + 1
    return counts


def _lower_import_time(
    source: Source, failing: Sequence[TestResult], lines: frozenset[int], scores: dict[int, float]
) -> None:
    inside = _inside_functions(source)
    broke = {line for r in failing if r.failure for line in r.failure.lines}
    for line in lines - inside - broke:
        scores[line] = min(scores.get(line, _IMPORT_TIME), _IMPORT_TIME)


def _inside_functions(source: Source) -> frozenset[int]:
    if source.tree is None:
        return frozenset()
    lines: set[int] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            body = node.body if isinstance(node.body, list) else [node.body]
            lines.update(range(body[0].lineno, (node.end_lineno or node.lineno) + 1))
    return frozenset(lines)


def blocks(suspicion: Suspicion) -> tuple[tuple[int, int, float], ...]:
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
