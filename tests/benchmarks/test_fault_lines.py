"""What counts as the wrong line, and its rank."""

from __future__ import annotations

import pytest

from benchmarks.fault_lines import faulty, rank, statements

PROGRAM = '''\
def f(a, b):
    """Of a

    and b."""
    c = a + (
        b
    )
    if c:
        c = 0

    # done
    return c
'''


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("c = a + (", "c = a - (", {5}),
        ("        b\n", "        b + 1\n", {5}),
        ("if c:", "if not c:", {8}),
        ("    if c:\n        c = 0\n", "", {8, 9}),
        ("    return c\n", "    c += 1\n    return c\n", {9, 12}),
        ("# done", "# finished", set()),
        ("Of a", "On a", set()),
    ],
)
def test_wrong_lines_are_those_that_the_fix_changes(old: str, new: str, wrong: set[int]) -> None:
    assert faulty(PROGRAM, PROGRAM.replace(old, new)) == wrong


def test_lines_of_one_statement_have_one_rank() -> None:
    owner = statements(PROGRAM)
    assert rank([6, 5, 7, 10, 8, 12], owner, {12}) == 3
    assert rank([6, 5], owner, {12}) is None
