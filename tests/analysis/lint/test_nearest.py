from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.lint.nearest import distance, nearest, similar, unmistakable
from analysis.names import Name

WORD = st.text(alphabet="abc_", max_size=6)
API = ("read_text", "read_bytes", "write_text", "_private", "stat", "start", "exists")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("readText", "read_text"), ("_privat", "_private"), ("exist", "exists"), ("zzz", "")],
)
def test_the_nearest_comes_first(name: str, expected: str) -> None:
    assert (nearest(name, API) or ("",))[0] == expected


def test_private_names_are_not_offered_for_public_ones() -> None:
    assert "_private" not in nearest("private", API)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("readText", "read_text"),
        ("exsits", "exists"),
        ("exist", "exists"),
        ("star", ""),  # too short, and two are near
        ("raed_text", "read_text"),
        ("raed_txet", ""),
        ("private", ""),
    ],
)
def test_only_an_unmistakable_slip_is_safe(name: str, expected: str) -> None:
    assert unmistakable(name, API) == expected


@given(WORD, WORD)
def test_the_distance_is_symmetric_and_bounded(a: str, b: str) -> None:
    assert distance(a, b) == distance(b, a)
    assert (distance(a, b) == 0) == (a == b)
    assert abs(len(a) - len(b)) <= distance(a, b) <= max(len(a), len(b))


MEMBERS = (
    Name("read_text", "function"),
    Name("read_bytes", "function"),
    Name("text_width", "statement"),
    Name("write_text", "function"),
    Name("_read_lines", "function"),
    Name("stat", "function"),
)


@pytest.mark.parametrize(
    ("name", "called", "expected"),
    [
        ("readlines", True, ()),
        ("read_lines", True, ("read_bytes", "read_text")),
        ("_read_all", True, ("_read_lines", "read_bytes", "read_text")),
        ("get_text", False, ("text_width", "read_text", "write_text")),
        ("all_text_read", True, ("read_text", "read_bytes", "write_text")),
        ("as_is", True, ()),
        ("save", True, ("write_text",)),
        ("load_text", True, ("read_text", "write_text", "read_bytes")),
    ],
)
def test_what_shares_words_and_can_be_used_so_is_akin(
    name: str, called: bool, expected: tuple[str, ...]
) -> None:
    assert similar(name, MEMBERS, called=called) == expected
