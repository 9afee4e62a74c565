"""Functions alone in a module: where their bodies begin decides what ran at import."""

from __future__ import annotations

from typing import Any

from repair.source.file import OffsetEdit, Source
from repair.source.units import Units, groups, towards

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
        return units.body(unit, OffsetEdit(start, start + len(old), "new"))

    assert body("text + sign") == range(3, 6)
    # Defining it ran these lines whether or not it was called.
    assert body("rule(text)") == body("return it") == range(2, 8)
    assert body("return rule, brief") == range(2, 8)


MEANT = '''\
"""The same, as it is meant."""

def make(sign):
    if not sign:
        return None
    return sign

class Rule:
    def brief(self, it):
        return it + 1
    def other(self, many):
        return many
'''


def test_functions_get_the_bodies_that_they_have_elsewhere() -> None:
    text = """\
class Rule:
    def brief(self, it):
        return it
    def other(self, one):
        return one

def make(
    sign
):
    return sign

def only(here):
    return here
"""
    source = Source("m.py", text)
    edits = towards(source, Source("m.py", MEANT))
    changed = groups(Units(source), edits)
    assert changed is not None
    assert [unit.name for unit, _ in changed] == ["brief", "make"]
    scope: dict[str, Any] = {}
    exec(source.apply(edits), scope)
    rule = scope["Rule"]()
    assert (rule.brief(1), rule.other(1), scope["only"](1)) == (2, 1, 1)
    assert (scope["make"](0), scope["make"](2)) == (None, 2)


def test_a_literal_default_belongs_to_its_function_unless_a_decorator_has_seen_it() -> None:
    text = "@staticmethod\ndef plain(n=1, *, by=-2): ...\n\n@cached\ndef seen(n=1): ...\n"
    source = Source("m.py", text)

    def owner(at: int, old: str) -> str | None:
        unit = Units(source).around(OffsetEdit(at, at + len(old), "7"))
        return unit.name if unit else None

    assert owner(text.index("1"), "1") == owner(text.index("-2"), "-2") == "plain"
    assert owner(text.rindex("1"), "1") is owner(text.index("n=1"), "n=1") is None
