"""Kept states of the lexer are what lexing the whole text gives."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.syntax.lexer import Lexer
from decoding.guidance.text_around import CursorSite, lexer_after

PIECES = st.lists(
    st.sampled_from(
        ["x.", "'", '"""', "f(", "{", "}", "# c", "\n", "a b", "1e", "\\", "\r", "é\n"]
    ),
    max_size=9,
).map("".join)
#: Longer than what lies between two kept states.
LONG = st.sampled_from(["value = call(one, 'two')\n" * 60, "word " * 300, "\n" * 1_100, "'x\\"])


@settings(deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=6))
def test_what_is_kept_changes_nothing(texts: list[str]) -> None:
    for text in texts:
        for end in range(len(text) + 1):
            assert lexer_after(text[:end]) == Lexer().advance(text[:end])


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.one_of(PIECES, LONG), max_size=8).map("".join),
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.integers(0, 40), PIECES), max_size=8),
)
def test_edits_and_movements_in_a_long_text_change_nothing(
    text: str, edits: list[tuple[float, float, int, str]]
) -> None:
    for place, cursor, removed, added in edits:
        at = int(place * len(text))
        text = text[:at] + added + text[at + removed :]
        before = text[: int(cursor * len(text))]
        assert lexer_after(before) == Lexer().advance(before)
        assert lexer_after(text[: at + len(added)]) == Lexer().advance(text[: at + len(added)])


def test_a_long_text_with_code_in_its_docstring_is_lexed_from_its_beginning() -> None:
    text = '"""Examples.\n\n' + "def shown(it):\n    return [it\n\n" * 800
    site = CursorSite.at(text, len(text))
    assert site.lexer == Lexer().advance(text)
    assert not site.in_code


def test_what_lies_before_a_change_is_not_lexed_again() -> None:
    text = "class Store:\n" + "    items = {'one': [1, 2.5], 'two': (3, None)}\n" * 4_000
    lexer_after(text)
    began = time.process_time()
    whole = Lexer().advance(text)
    all_of_it, began = time.process_time() - began, time.process_time()
    for end in range(len(text) - 2_000, len(text), 100):
        lexer_after(f"{text[:end]}\n    changed")
    assert time.process_time() - began < all_of_it
    assert lexer_after(text) == whole
