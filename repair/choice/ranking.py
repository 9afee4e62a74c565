"""Which of several plausible patches is the likeliest, by the model's own measure.

Patches that answer the same to every call that was tried are one choice, as likely as all of them
together (after CodeT, Chen et al., ICLR 2023). How likely one is: a prior by template and place,
times, with a model, the probability of the changed lines in their place over that of the lines they
replace. The measurement that led here: issue D (56 instead of 50 of 82 programs right).
"""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.deadline import Cancellation, Deadline
from decoding.writer import Writer
from repair.candidates.candidate import Candidate
from repair.choice.differences import essence
from repair.choice.likelihood import signs
from repair.sandbox.run import Behaviour
from repair.source.file import Source

#: Code points before the outermost function that is changed, and behind its beginning, that the
#: model reads; and lines behind the change that must still fit.
_BEFORE = 600
_INSIDE = 1600
_LINES_AFTER = 2
#: Plausible patches that the model judges at most, and of one behaviour.
_JUDGED = 12
_JUDGED_ALIKE = 3
#: Lines at which a behaviour's patches are counted together.
_PLACES = 2
#: What counts of the model's measure: half of it, and so much at most, for and against. Where it is
#: surer it is not righter. Fewer code points have a higher probability, whatever they say: each one
#: less costs so many nats. Chosen with the 0.5B on the development half of HumanEvalFix and on
#: mutated functions of packages, and tried on other ones.
_HEARD, _MOST_HEARD, _SHORTER = 0.5, 3.0, 0.3
#: What failing on all calls that another plausible patch answers costs.
_FAILING = 3.0
#: And each example of the file's own that is broken, as far as so many.
_BROKEN, _MOST_BROKEN = 2.0, 3
#: What changing all answers costs, and the functions of a file half of which is believed.
_CHANGED, _HALF_BELIEVED = 4.0, 10


@dataclass(frozen=True, slots=True)
class Ranked:
    """A plausible candidate with its score; higher is better.

    ``group`` numbers behaviours: candidates of one group answered alike. ``share`` is the
    probability of its whole group among all plausible ones. ``prior`` is the logarithm of how
    likely it was before anything was known of others: its value and what its text says.
    """

    candidate: Candidate
    score: float
    group: int = 0
    share: float = 1.0
    prior: float = 0.0


def rank(
    source: Source,
    candidates: Sequence[Candidate],
    writer: Writer | None,
    until: Deadline,
    cancellation: Cancellation,
    behaviour: Behaviour | None = None,
) -> list[Ranked]:
    """The candidates: the best of the likeliest behaviour, of the next one, and so on; then the
    rest. ``behaviour`` has a row for each of ``candidates``.

    The model judges as many of the likeliest as it can ``until`` then; the others stay behind
    those, though they may be as likely.

    Raises :class:`~decoding.errors.DecodingError`, when cancelled too.
    """
    prior = [
        math.log(max(candidate.value, 1e-6)) + text
        for candidate, text in zip(candidates, signs(source, candidates), strict=True)
    ]
    by_answers = _by_answers(candidates, behaviour, _CHANGED * believed(source))
    plain = [before + answers for before, answers in zip(prior, by_answers, strict=True)]
    groups = _groups(candidates, behaviour)
    heard: dict[int, float] = {}
    if writer is not None and len(set(groups)) > 1:
        heard = _judged(source, candidates, plain, groups, writer, until, cancellation)
    # Of what it had no time for it is taken to think as it does of the others.
    usual = sum(heard.values()) / len(heard) if heard else 0.0
    scores = [score + heard.get(index, usual) for index, score in enumerate(plain)]
    behind = set(range(len(scores))) - heard.keys() if heard else set()
    members: dict[int, list[int]] = {}
    for index in sorted(range(len(scores)), key=lambda i: (i in behind, -scores[i])):
        members.setdefault(groups[index], []).append(index)
    weights = {
        group: _together([(candidates[i].line, scores[i]) for i in inside])
        for group, inside in members.items()
    }
    total = _log_sum(list(weights.values())) if weights else 0.0
    order = sorted(members, key=lambda group: (members[group][0] in behind, -weights[group]))
    found = [members[group][0] for group in order]
    found += [i for group in order for i in members[group][1:]]
    return [
        Ranked(candidates[i], scores[i], groups[i], math.exp(weights[groups[i]] - total), prior[i])
        for i in found
    ]


def _judged(
    source: Source,
    candidates: Sequence[Candidate],
    plain: Sequence[float],
    groups: Sequence[int],
    writer: Writer,
    until: Deadline,
    cancellation: Cancellation,
) -> dict[int, float]:
    """What counts of the model's judgement, by index; those it had no time for are left out.

    One of each behaviour comes first, the likeliest before others.
    """
    alike: dict[int, int] = {}
    turns: list[tuple[int, float, int]] = []
    for index in sorted(range(len(plain)), key=lambda i: -plain[i]):
        before = alike[groups[index]] = alike.get(groups[index], -1) + 1
        if before < _JUDGED_ALIKE:
            turns.append((before, -plain[index], index))
    known: dict[tuple[int, int], float] = {}
    heard: dict[int, float] = {}
    for _before, _plain, index in sorted(turns)[:_JUDGED]:
        if until.expired() and heard:
            break
        nats = gain(source, candidates[index], writer, known, cancellation)
        heard[index] = _heard(candidates[index], nats)
    return heard


def _heard(candidate: Candidate, nats: float) -> float:
    """What it counts that the model finds the change so much likelier."""
    shorter = sum(edit.end - edit.start - len(edit.new) for edit in candidate.edits)
    heard = _HEARD * (nats - _SHORTER * max(0, shorter))
    return max(-_MOST_HEARD, min(_MOST_HEARD, heard))


def _groups(candidates: Sequence[Candidate], behaviour: Behaviour | None) -> list[int]:
    """The number of each candidate's behaviour; one that is not known is like no other, and so is
    one that no call tells from the program as it is: of what it changes nothing was seen."""
    numbers: dict[object, int] = {}
    rows = behaviour.variants if behaviour is not None and behaviour.calls else ()
    found = []
    for index in range(len(candidates)):
        row = rows[index] if index < len(rows) else None
        seen = row is not None and behaviour is not None and behaviour.tells(row)
        found.append(numbers.setdefault(essence(row) if row and seen else index, len(numbers)))
    return found


def believed(source: Source) -> float:
    """How far the program as it is can be trusted to answer rightly, for most calls: the more
    functions a file has, the likelier others use it, and what they met is fixed."""
    nodes = ast.walk(source.tree) if source.tree is not None else ()
    others = sum(isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) for n in nodes) - 1
    return max(0, others) / (max(0, others) + _HALF_BELIEVED)


def _by_answers(
    candidates: Sequence[Candidate], behaviour: Behaviour | None, changed: float
) -> list[float]:
    """What the answers say for each candidate, compared with the best of them.

    One that fails where others answer is less likely right, and so is one that breaks what the
    file's own examples promise, and, as far as ``changed``, one that changes what the program
    answers to more calls (after Qlose, D'Antoni et al., CAV 2016).
    """
    rows = behaviour.variants if behaviour is not None and behaviour.calls else ()
    against: dict[int, float] = {}
    for index, row in enumerate(rows):
        if row and behaviour is not None:
            failing = sum(text is not None and text.startswith("raises ") for text in row)
            broken = min(_MOST_BROKEN, len(behaviour.broken(row)))
            against[index] = _FAILING * failing / len(row) + _BROKEN * broken
            against[index] += changed * otherwise(behaviour.original, row)
    least = min(against.values(), default=0.0)
    return [least - against.get(index, least) for index in range(len(candidates))]


def otherwise(original: Sequence[str | None], row: Sequence[str | None]) -> float:
    """The share of calls that the program answers and the variant answers otherwise."""
    answered = [
        (old, new)
        for old, new in zip(essence(original), essence(row), strict=True)
        if old is not None and new is not None
    ]
    changed = sum(old not in ("raises", new) for old, new in answered)
    return changed / len(answered) if answered else 0.0


def _together(members: Sequence[tuple[int, float]]) -> float:
    """The logarithm of how likely a behaviour is, from its members' ``(line, score)``.

    The best of each line counts: many ways to the same result at one place mean that the place
    decides nothing there, at several places that it is the natural one.
    """
    best: dict[int, float] = {}
    for line, score in members:
        best[line] = max(score, best.get(line, score))
    return _log_sum(sorted(best.values())[-_PLACES:])


def _log_sum(values: Sequence[float]) -> float:
    highest = max(values)
    return highest + math.log(sum(math.exp(value - highest) for value in values))


def gain(
    source: Source,
    candidate: Candidate,
    writer: Writer,
    known: dict[tuple[int, int], float],
    cancellation: Cancellation,
) -> float:
    """How much likelier (nats) the model finds the changed lines than the old ones; ``known`` keeps
    those. Raises :class:`~decoding.errors.DecodingError`, when cancelled too."""
    first = source.line_of(min(edit.start for edit in candidate.edits))
    last = source.line_of(max(edit.end for edit in candidate.edits))
    start = source.line_starts[first - 1]
    behind = min(last + _LINES_AFTER, len(source.line_starts))
    end = source.line_starts[behind] if behind < len(source.line_starts) else len(source.text)
    before = source.text[_context(source, first, start) : start]
    if (start, end) not in known:
        old = source.text[start:end]
        known[start, end] = writer.score(before, old, cancellation=cancellation)
    grown = sum(len(edit.new) - (edit.end - edit.start) for edit in candidate.edits)
    new = source.apply(candidate.edits)[start : end + grown]
    return writer.score(before, new, cancellation=cancellation) - known[start, end]


def _context(source: Source, line: int, start: int) -> int:
    """Where what the model reads begins: for all changes of one function at the same place, so
    that it is evaluated once."""
    tops = [
        node.lineno
        for node in (source.tree.body if source.tree is not None else ())
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and node.lineno <= line
    ]
    top = source.line_starts[max(tops, default=1) - 1]
    if start - top > _INSIDE:
        return start - _INSIDE
    return max(0, top - _BEFORE)
