"""Kept states of the lexer are what lexing the whole text gives."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.syntax.lexer import Lexer
from decoding.lexed import lexed

PIECES = st.lists(
    st.sampled_from(["x.", "'", '"""', "f(", "{", "}", "# c", "\n", "a b", "1e"]), max_size=9
)


@settings(deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=6))
def test_what_is_kept_changes_nothing(texts: list[list[str]]) -> None:
    for pieces in texts:
        for end in range(len(pieces) + 1):
            text = "".join(pieces[:end])
            assert lexed(text) == Lexer().advance(text)
