"""Names and calls that do not exist, put into code that works.

Each invention is one that people and models make: a slip, a synonym, an affix, another case, a
name of a neighbouring API, an argument too many or too few. That it does not exist is asked of the
packages at run time (``benchmarks.lint_truth``) where they can tell, and else made sure of by a
name that occurs nowhere in them. Where it is put (``benchmarks.lint_places``), a seed decides.
"""

from __future__ import annotations

import ast
import random
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.syntax.holes import hole_at
from analysis.syntax.tree import parse
from benchmarks.lint_places import places as places_of
from benchmarks.lint_source import Place, SourceFile
from benchmarks.lint_truth import Question, Truth

#: Kinds of invention, by the copies of the files that they are put into. What is known of a name
#: hangs on the others: a wrong import or base class hides what is wrong behind it, and of two wrong
#: members of one class each makes the other doubtful. So they are spread.
COPIES = (
    ("attribute", "keyword", "arity"),
    ("attribute", "keyword", "arity"),
    ("name",),
    ("import_member", "import_module"),
)
KINDS = tuple(dict.fromkeys(kind for kinds in COPIES for kind in kinds))
#: Lines between two inventions, so that one does not hide another.
_APART = 4
#: Arguments too many; more would not happen.
_SURPLUS = 2
_SILENT = re.compile(r"#.*\b(?:noqa|type:|pyright:)")


@dataclass(frozen=True, slots=True)
class Invention:
    """What was put into a file. ``line`` and ``last`` count from 1; ``end`` is the offset behind
    what stood there, in the file as it was. ``way`` is how it is wrong."""

    path: str
    line: int
    last: int
    end: int
    kind: str
    way: str
    was: str
    name: str


#: Changed texts by their path, with what was invented in them.
Invented = dict[str, tuple[str, list[Invention]]]


def invent(texts: Mapping[str, str], truth: Truth, count: int, seed: int) -> tuple[Invented, ...]:
    """About ``count`` inventions in ``texts`` (by relative path), for each of :data:`COPIES`."""
    files = [SourceFile(path, text, parse(text), _parsed(text)) for path, text in texts.items()]
    rngs = {f.path: random.Random(f"{seed} {f.path}") for f in files}
    places = {f.path: list(places_of(f, rngs[f.path], truth)) for f in files}
    for path, of_file in places.items():
        rngs[path].shuffle(of_file)
    questions = [
        q for of in places.values() for place in of for *_, q in place.proposed if q is not None
    ]
    answers = truth.ask(questions, [f.dotted for f in files if not f.dotted.endswith("__main__")])
    quotas = _quotas({path: len(of) for path, of in places.items()}, count)
    made: tuple[Invented, ...] = tuple({} for _ in COPIES)
    for file in files:
        left = {kind: [p for p in places[file.path] if p.kind == kind] for kind in KINDS}
        for kinds, into in zip(COPIES, made, strict=True):
            edits = _chosen(file, {kind: left[kind] for kind in kinds}, answers, quotas[file.path])
            if edits:
                into[file.path] = _edited(file, edits)
    return made


def _quotas(places: Mapping[str, int], count: int) -> dict[str, int]:
    """How many inventions each copy of a file gets, by the number of its places."""
    total = max(1, sum(places.values()))
    return {path: -(-count * some // (total * len(COPIES))) for path, some in places.items()}


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _chosen(
    file: SourceFile,
    places: Mapping[str, list[Place]],
    answers: Mapping[Question, object],
    quota: int,
) -> list[tuple[Place, str, str]]:
    """Places with the way and the text that is put there, of the kinds of ``places`` in turn, up
    to ``quota``. What was looked at is taken from ``places``."""
    taken: list[tuple[int, int]] = []
    edits: list[tuple[Place, str, str]] = []
    while len(edits) < quota and any(places.values()):
        for of_kind in places.values():
            later: list[Place] = []
            while of_kind:
                place = of_kind.pop()
                if not _free(place, taken):
                    later.append(place)
                    continue
                found = None if _excused(file, place) else _first(place, answers)
                if found is not None:
                    taken.append((place.line, place.last))
                    edits.append((place, *found))
                    break
            of_kind[:0] = later
        if not any(_free(p, taken) for of_kind in places.values() for p in of_kind):
            break
    return edits[:quota]


def _free(place: Place, taken: Sequence[tuple[int, int]]) -> bool:
    return all(place.line - _APART >= last or first >= place.last + _APART for first, last in taken)


def _excused(file: SourceFile, place: Place) -> bool:
    """Whether the place is under a test of the version, where the failure is caught, or where the
    author asked for silence."""
    lines = range(place.line - 1, place.last)
    silent = any(_SILENT.search(file.tree.lines.line(number)) for number in lines)
    return silent or bool(hole_at(file.text, place.behind, file.tree).guards)


def _first(place: Place, answers: Mapping[Question, object]) -> tuple[str, str] | None:
    for way, text, question in place.proposed:
        if question is None:
            return way, text
        answer = answers.get(question)
        if question.about == "members" and answer is False:
            return way, text
        if question.about == "attributes" and answer is True:
            return way, text
        if question.about == "calls" and isinstance(answer, list):
            least, most = answer
            given = question.key[2]
            if way == "missing" and least == given:
                return way, text
            if way == "surplus" and most is not None and 0 < most - given + 1 <= _SURPLUS:
                return way, text.replace("None", ", ".join(["None"] * (most - given + 1)))
    return None


def _edited(
    file: SourceFile, edits: Sequence[tuple[Place, str, str]]
) -> tuple[str, list[Invention]]:
    text, made = file.text, []
    for place, way, new in sorted(edits, key=lambda e: e[0].begin, reverse=True):
        made.append(
            Invention(
                file.path, place.line, place.last, place.behind, place.kind, way, place.was, new
            )
        )
        text = text[: place.begin] + new + text[place.end :]
    _parsed(text)
    return text, made
