"""The facts of a text, also of one that does not parse: there are always some."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis.graph.extraction.reading import extract

FIXTURES = Path(__file__).parents[2] / "fixtures" / "holes"
#: Statements of every kind, of which some do not end.
STATEMENTS = [
    statement
    for path in sorted(FIXTURES.glob("*.py"))
    for statement in re.split(r"\n(?=\S)", path.read_text(encoding="utf-8"))
]
PIECES = ("", '"', 'f"{', "(", "}", "\\\n", "**", "lambda ", "@", ":=", "match x:\n case ")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=3).map("\n".join),
    st.integers(0, 2000),
    st.integers(0, 30),
    st.sampled_from(PIECES),
)
@example('"""""""{name}0\n', 0, 0, "")
def test_any_text_has_facts(text: str, start: int, length: int, piece: str) -> None:
    start %= len(text) + 1
    extract(text[:start] + piece + text[start + length :])


def test_starred_parameters_of_a_lambda_hide_what_the_module_calls_so() -> None:
    facts = extract("args = kept = 1\nf = lambda *args, **kept: (args, kept)\n")
    read = [site.span[0] for site in facts.sites if site.kind == "read"]
    assert read == []
