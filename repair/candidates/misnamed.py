"""Names that the interpreter said are not there, and those that are: a slip of the pen, or an API
half remembered, is fixed at once."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace

from analysis.lint.nearest import nearest, similar
from analysis.names import Name
from repair.candidates.candidate import Candidate
from repair.sandbox.run import FailedTest
from repair.source.file import OffsetEdit, Source

STRATEGY = "misnamed"
#: How likely the nearest name is meant, the next one, and so on; and one that only means the same.
_NEAR, _NEXT, _AKIN = 0.95, 0.5, 0.4
#: How likely the other places where the file has the name are right.
_ONLY_HERE = 0.6


def misnamed(source: Source, failures: Iterable[FailedTest]) -> Iterator[Candidate]:
    """The name that each failure says is absent, replaced by those that are there and resemble it:
    wherever the file has it, and at the line alone that failed."""
    seen: set[tuple[str, str, int]] = set()
    for failure in failures:
        places = _places(source, failure.absent) if failure.absent else []
        line = failure.lines[-1] if failure.lines else 0
        for new, value in _meant(failure).items():
            if not places or (failure.absent, new, line) in seen:
                continue
            seen.add((failure.absent, new, line))
            everywhere = tuple(OffsetEdit(start, end, new) for start, end in places)
            first = source.line_of(places[0][0])
            yield Candidate(everywhere, STRATEGY, value, first)
            here = tuple(edit for edit in everywhere if source.line_of(edit.start) == line)
            if here and len(here) < len(everywhere):
                yield Candidate(here, STRATEGY, _ONLY_HERE * value, line)


def further(
    source: Source, tried: Candidate, failures: Iterable[FailedTest]
) -> Iterator[Candidate]:
    """``tried``, a name fixed, with the next one that was then looked for in vain."""
    if tried.strategy != STRATEGY:
        return
    known = {source.text[edit.start : edit.end] for edit in tried.edits}
    for each in misnamed(source, (f for f in failures if f.absent not in known)):
        edits = sorted((*tried.edits, *each.edits), key=lambda edit: edit.start)
        yield replace(each, edits=tuple(edits), value=each.value * tried.value, line=tried.line)


def _meant(failure: FailedTest) -> dict[str, float]:
    found: dict[str, float] = {}
    for place, name in enumerate(nearest(failure.absent, failure.present)):
        found[name] = _NEAR if place == 0 else _NEXT / place
    names = [Name(name) for name in failure.present]
    for place, name in enumerate(similar(failure.absent, names, called=False), 1):
        found.setdefault(name, _AKIN / place)
    return found


def _places(source: Source, name: str) -> list[tuple[int, int]]:
    """Where the file has ``name`` as a variable, a member, an import or a keyword, in order."""
    found = set()
    for node in ast.walk(source.tree) if source.tree is not None else ():
        start = None
        if isinstance(node, ast.Name) and node.id == name:
            start = source.span(node)[0]
        elif isinstance(node, ast.Attribute) and node.attr == name:
            start = source.span(node)[1] - len(name)
        elif isinstance(node, ast.keyword) and node.arg == name:
            start = source.span(node)[0]
        elif isinstance(node, ast.alias | ast.ImportFrom):
            start = _imported(source, node, name)
        if start is not None and source.text[start : start + len(name)] == name:
            found.add((start, start + len(name)))
    return sorted(found)


def _imported(source: Source, node: ast.alias | ast.ImportFrom, name: str) -> int | None:
    """Where an import has ``name`` as the last part of a module, or as what it takes."""
    whole = node.name if isinstance(node, ast.alias) else node.module or ""
    if whole.rpartition(".")[2] != name:
        return None
    start = source.offset(node.lineno, node.col_offset)
    return source.text.find(whole, start) + len(whole) - len(name)
