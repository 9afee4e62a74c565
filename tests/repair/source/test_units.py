"""Functions alone in a module: where their bodies begin decides what ran at import."""

from __future__ import annotations

from repair.source.file import Edit, Source
from repair.source.units import Units

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


RULES = """\
def make(sign):
    def rule(text):
        if text:
            return text + sign
        return sign
    def brief(it): return it
    return rule, brief
"""


def test_an_edit_belongs_to_the_innermost_function_whose_lines_tell_whether_it_ran() -> None:
    units = Units(Source("m.py", RULES))
    (unit,) = units.all

    def body(old: str) -> range:
        start = RULES.index(old)
        return units.body(unit, Edit(start, start + len(old), "new"))

    assert body("text + sign") == range(3, 6)
    # Defining it ran these lines whether or not it was called.
    assert body("rule(text)") == body("return it") == range(2, 8)
    assert body("return rule, brief") == range(2, 8)
