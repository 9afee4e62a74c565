"""Functions alone in a module: where their bodies begin decides what ran at import."""

from __future__ import annotations

from repair.source import Source
from repair.units import Units

TEXT = """\
def one(): return 1


def many(
    first: int,
    second: int = 2,
) -> int:
    return first + second
"""


def test_a_signature_over_several_lines_is_no_part_of_the_body() -> None:
    one, many = Units(Source("m.py", TEXT)).all
    assert (one.first_line, one.body_line, one.last_line) == (1, 1, 1)
    assert (many.first_line, many.body_line, many.last_line) == (4, 8, 8)
