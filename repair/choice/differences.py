"""What a person should know of a patch that passes: what else it changes, how weak the tests are.

Read off the answers to calls like those of the tests (``repair.sandbox.probe.behaviour``).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from analysis.text.files import read_bytes
from repair.candidates.candidate import Candidate
from repair.choice.evidence import is_check
from repair.sandbox.run import Behaviour

_SHOWN = 3
#: How the sentence about them begins.
CHANGES = "it changes"
#: Of the calls that a patch answers differently so many are kept.
MOST_CHANGES = 20


def notes(
    chosen: Candidate,
    candidates: Sequence[Candidate],
    behaviour: Behaviour | None,
    weakness: str = "",
    confidence: float | None = None,
) -> tuple[str, ...]:
    """Sentences about ``chosen``, one of the plausible ``candidates``, whose answers
    ``behaviour`` holds in the same order; ``weakness`` is what is known of the tests besides,
    ``confidence`` how likely it is the right one among those that behave differently."""
    found = [f"the tests are weak: {weakness}"] if weakness else []
    if behaviour is None or chosen not in candidates:
        return tuple(found)
    rows: Mapping[Candidate, tuple[str | None, ...] | None]
    rows = dict(zip(candidates, behaviour.variants, strict=False))
    mine = rows.get(chosen)
    if mine is None:
        return tuple(found)
    if broken := behaviour.broken(mine):
        found.append(f"an example in the file fails with it: {broken[0]}")
    like = essence(mine)
    others = {row for row in rows.values() if row is not None and essence(row) != like}
    if others:
        call, one, other = _example(
            behaviour.calls, mine, min(others, key=lambda r: _apart(r, mine))
        )
        sure = f" (confidence {confidence:.0%})" if confidence is not None else ""
        many = "another patch passes" if len(others) == 1 else f"{len(others)} other patches pass"
        found.append(
            f"the tests do not settle it{sure}: {many} them too and behave"
            f"{'s' if len(others) == 1 else ''} differently, e.g. {call}: {one}, not {other}"
        )
    if told := changes(chosen, candidates, behaviour):
        of = sum(a is not None for a in mine)
        found.append(f"{CHANGES} {len(told)} of {of} calls like those of the tests, e.g. ")
        found[-1] += "; ".join(
            f"{call} {_outcome(new)} instead of {_outcome(old, doing=True)}"
            for call, old, new in told[:_SHOWN]
        )
    return tuple(found)


def changes(
    chosen: Candidate, candidates: Sequence[Candidate], behaviour: Behaviour | None
) -> tuple[tuple[str, str, str], ...]:
    """The calls that ``chosen`` answers differently, with the answers before and after; the
    shortest first. An answer is a value, or ``raises`` and an exception."""
    if behaviour is None or chosen not in candidates:
        return ()
    rows = dict(zip(candidates, behaviour.variants, strict=False))
    told = [
        (call, old, new)
        for call, old, new in zip(
            behaviour.calls, behaviour.original, rows.get(chosen) or (), strict=False
        )
        if old is not None and new is not None and old != new
    ]
    return tuple(sorted(told, key=lambda row: sum(map(len, row))))


def _outcome(text: str, *, doing: bool = False) -> str:
    """An answer in words: ``returns 3``, ``raises KeyError`` (``returning``, ``raising``)."""
    raised = text.removeprefix("raises ") if text.startswith("raises ") else ""
    verb = "rais" if raised else "return"
    return f"{verb}{'ing' if doing else 'es' if raised else 's'} {raised or text}"


def essence(row: Sequence[str | None]) -> tuple[str | None, ...]:
    """A row of answers without what nobody relies on: by which exception a wrong call fails."""
    return tuple("raises" if text and text.startswith("raises ") else text for text in row)


def agreement(one: Sequence[str | None] | None, other: Sequence[str | None] | None) -> float:
    """The share of calls that two rows answer the same; none, where that is not known."""
    if not one or not other:
        return 0.0
    return 1.0 - _apart(one, other) / len(one)


def _apart(row: Sequence[str | None], other: Sequence[str | None]) -> int:
    return sum(a != b for a, b in zip(essence(row), essence(other), strict=True))


def _example(
    calls: Sequence[str], mine: Sequence[str | None], other: Sequence[str | None]
) -> tuple[str, str, str]:
    """The shortest call that tells two rows of answers apart."""
    apart = [
        (call, one or "no answer", two or "no answer")
        for call, one, two in zip(calls, mine, other, strict=True)
        if essence((one,)) != essence((two,))
    ]
    return min(apart, key=lambda entry: len(entry[0]) + len(entry[1]) + len(entry[2]))


def weakness(files: Sequence[str], failing: Sequence[str]) -> str:
    """Why the failing tests say little, as far as their text shows; ``""`` if it does not.

    One assertion in all, or nothing but round trips: ``f(g(x)) == x`` holds for much that is wrong.
    """
    functions = {test.rpartition("::")[2].partition("[")[0].rpartition(".")[2] for test in failing}
    asserts: list[ast.AST] = []
    for file in files:
        try:
            tree = ast.parse(read_bytes(file))
        except (OSError, SyntaxError, ValueError):
            return ""
        tests = [n for n in ast.walk(tree) if getattr(n, "name", None) in functions]
        for scope in tests or [tree]:
            asserts += [n for n in ast.walk(scope) if is_check(n)]
    if asserts and all(_is_round_trip(node) for node in asserts):
        return "nothing but round trips"
    cases = max(len(failing), 1)
    return "a single assertion" if len(asserts) == 1 and cases == 1 else ""


def _is_round_trip(node: ast.AST) -> bool:
    """Whether an assert compares a name with a call of a call of that name."""
    if not isinstance(node, ast.Assert) or not isinstance(node.test, ast.Compare):
        return False
    sides = (node.test.left, *node.test.comparators)
    if len(sides) != 2 or not isinstance(node.test.ops[0], ast.Eq):
        return False
    for outer, plain in (sides, sides[::-1]):
        if isinstance(outer, ast.Call) and isinstance(plain, ast.Name | ast.Constant):
            for inner in outer.args:
                if isinstance(inner, ast.Call) and any(
                    ast.dump(argument) == ast.dump(plain) for argument in inner.args
                ):
                    return True
    return False
