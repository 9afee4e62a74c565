"""What the text of a passing patch says for and against it: two changes, the likelier one first."""

from __future__ import annotations

import pytest

from repair.candidates.candidate import Candidate
from repair.choice.likelihood import signs, size
from repair.source.file import OffsetEdit, Source

CASES = {
    "a variable that nothing reads any more": (
        "def gap(one, other):\n    return one - other\n",
        ("one - other", "abs(one - other)"),
        ("other", "1"),
    ),
    "a variable that is read at last": (
        "def total(items, tax):\n    return sum(items)\n",
        ("sum(items)", "sum(items) + tax"),
        ("sum(items)", "sum(items) + 2"),
    ),
    "a parameter that is read at last, before a variable": (
        "def total(items, tax):\n    rate = 2\n    return sum(items)\n",
        ("sum(items)", "sum(items) + tax"),
        ("sum(items)", "sum(items) + rate"),
    ),
    "a value that is lost before it is read": (
        "def f(a):\n    b = a + 1\n    c = a\n    return b - c\n",
        ("c = a", "c = 2"),
        ("c = a", "b = 2"),
    ),
    "a value that is lost no longer": (
        "def f(a):\n    b = a + 1\n    b = a + 2\n    c = 1\n    return b - c\n",
        ("b = a + 2", "c = a + 2"),
        ("c = 1", "c = a + 2"),
    ),
    "a chain that goes up and down": (
        "def inside(low, x, high):\n    return low <= x <= high\n",
        ("x <=", "x <"),
        ("low <=", "low >="),
    ),
    "an operation on nothing but itself": (
        "def ratio(one, other, rest):\n    return one / other + rest\n",
        ("other +", "rest +"),
        ("other +", "one +"),
    ),
    "whole numbers where any are promised": (
        "def mean(items, n) -> float:\n    return sum(items) / n\n",
        ("/", "*"),
        ("/", "//"),
    ),
    "statements that are never reached": (
        "def entered(rows):\n    found = {}\n    found.update(rows)\n    return found\n",
        ("update(rows)", "update(sorted((row, len(row)) for row in rows))"),
        ("found = {}", "found = {}\n    return found"),
    ),
    "all turns of a loop count, not only the last": (
        "def total(rows):\n    length = 0\n    for row in rows:\n        length += row.width\n"
        "    return length\n",
        ("row.width", "row.height"),
        ("+=", "="),
    ),
    "what stands nearby": (
        "def mean(items):\n    print(len(items))\n    return sum(items) / 2\n",
        ("2", "len(items)"),
        ("2", "max(items)"),
    ),
    "a smaller change": (
        "def shout(text):\n    return text.upper()\n",
        ("upper", "lower"),
        ("upper", "removeprefix"),
    ),
}


def _candidate(source: Source, old: str, new: str, kind: str = "variable") -> Candidate:
    start = source.text.rindex(old)
    edit = OffsetEdit(start, start + len(old), new)
    return Candidate((edit,), f"template: {kind}", 0.5, 1)


@pytest.mark.parametrize("name", CASES)
def test_the_likelier_of_two(name: str) -> None:
    text, likelier, other = CASES[name]
    source = Source("m.py", text)
    better, worse = signs(source, [_candidate(source, *likelier), _candidate(source, *other)])
    assert better > worse


def test_two_mistakes_are_less_likely_than_one_that_explains_it_all() -> None:
    source = Source("m.py", "def f(a, b):\n    return a + b + a\n")
    one = _candidate(source, "a", "b")
    joined = Candidate((*one.edits, OffsetEdit(0, 0, " ")), f"{one.strategy} + order", 0.5, 1)
    alone, both = signs(source, [one, joined])
    assert alone - both > 0.9


def test_a_check_taken_away_is_doubted() -> None:
    source = Source("m.py", "def f(a, b):\n    return a and b\n")
    kinds = ("variable", "superfluous condition")
    kept, gone = signs(source, [_candidate(source, "a and b", "a", kind) for kind in kinds])
    assert kept > gone


@pytest.mark.parametrize("kind", ["missing condition", "missing term"])
def test_one_of_many_that_might_be_added_is_doubted(kind: str) -> None:
    source = Source("m.py", "def f(a, b):\n    return a < b\n")
    changed, added = signs(
        source, [_candidate(source, "a < b", "b > a", name) for name in ("comparison", kind)]
    )
    assert changed > added


def test_a_statement_that_hid_what_another_one_had_made_is_taken_away_without_doubt() -> None:
    text = "def f(a, b):\n    c = a + b\n    c = a\n    d = b\n    return c + d\n"
    source = Source("m.py", text)
    kinds = ("variable", "superfluous statement")
    for statement, doubted in (("    c = a\n", False), ("    d = b\n", True)):
        kept, gone = signs(source, [_candidate(source, statement, "", kind) for kind in kinds])
        assert (kept > gone) is doubted


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [("islower", "isupper", 6), ("x", "abs(x)", 5), ("a + b", "a - b", 2), ("same", "same", 0)],
)
def test_the_size_is_what_differs(old: str, new: str, changed: int) -> None:
    source = Source("m.py", old)
    assert size(source, [OffsetEdit(0, len(old), new)]) == changed
