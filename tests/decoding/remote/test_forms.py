"""A choice told as a regular expression says what the constraint says."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from decoding.remote.forms import MOST_NAMES, choice
from decoding.vocabulary.tokens import ANY_END, Constraint, Names

NAMES = st.text("ab_1", min_size=1, max_size=4)


ENDS = st.sampled_from([ANY_END, frozenset(b"="), frozenset(b" \n(")])


@settings(deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=5), st.text("ab_1.( \n-=", max_size=7), ENDS)
def test_the_pattern_agrees_with_the_constraint(
    names: list[str], written: str, ends: frozenset[int]
) -> None:
    asked = choice(").", "", names, ends)
    constraint = Constraint.over(Names.of(names), ends=ends)
    assert asked is not None
    assert constraint is not None
    state = constraint.behind(b").").advance(f").{written}".encode())
    matched = re.fullmatch(asked.pattern, f").{written}")
    assert bool(matched) == (state is not None and state.ended)


def test_what_is_typed_is_left_out() -> None:
    asked = choice("", "ap", ["append", "apply", "pop", "ap"])
    assert asked is not None
    assert asked.names == ("", "pend", "ply")


def test_nothing_left_is_no_choice() -> None:
    assert choice("", "q", ["append"]) is None
    assert choice("", "", [f"n{i}" for i in range(MOST_NAMES + 1)]) is None
