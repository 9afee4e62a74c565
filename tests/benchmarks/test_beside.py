"""What a llama-server wrote in the way of llama.vscode, and what prompts of a length show."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.beside import parses, shown, window
from benchmarks.dot_sites import DotSite


@pytest.mark.parametrize(
    ("written", "rest", "following", "expected"),
    [
        ("value\n", "", [], "value"),
        ("\nvalue", "", [], ""),
        ("a)\nb", ")", [], "a"),
        ("a\n\nnext = 1\n", "", ["", "next = 1", "more = 2"], "a"),
        ("a\n\nnext = 1\nother", "", ["", "next = 1", "more = 2"], "a\n\nnext = 1\nother"),
        ("a\nb", "", ["c"], "a\nb"),
    ],
)
def test_what_repeats_the_file_is_not_shown(
    written: str, rest: str, following: list[str], expected: str
) -> None:
    assert shown(written, rest, following) == expected


def test_a_longer_prompt_shows_more_of_the_file_on_both_sides() -> None:
    text = "a = 1\n" * 400 + "x = y.z\n" + "b = 2\n" * 400
    start = text.index("z\n")
    site = DotSite("p", Path("/p"), Path("/p/m.py"), 400, "attribute", start, "z", "z", text, True)
    short, long = (window(site, tokens, lambda t: list(t.encode())) for tokens in (416, 832))
    assert short in long
    assert 700 < len(long) <= 833
    assert parses(site.with_text("z"))
    assert not parses(site.with_text("(z"))
