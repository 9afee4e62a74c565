"""Which calls are open at a place, and what they hold before it."""

from __future__ import annotations

import pytest

from analysis.names import Arguments
from analysis.syntax.hole import HoleKind
from analysis.syntax.holes import calls_at, hole_at

CASES = {
    "f(a‸)": [("f", Arguments(1))],
    "f(a, b=1‸)": [("f", Arguments(1, ("b",)))],
    "f(*a, **b‸)": [("f", Arguments(0, (), True, True))],
    "x.f(g(a), h[0](b, c‸)": [("x.f", Arguments(2)), ("h[0]", Arguments(2))],
    "f((a, b), [c, d], {e: 1, f: 2}‸)": [("f", Arguments(3))],
    "f(x for x in y‸)": [("f", Arguments(1))],
    "f(lambda a, b: a, c‸)": [("f", Arguments(2))],
    "f(key=lambda a, b=1: {a: b}, c=1‸)": [("f", Arguments(0, ("key", "c")))],
    "f(a)(b‸)": [("f(a)", Arguments(1))],
    "f(\n    a,  # one, two\n    b\n‸)": [("f", Arguments(2))],
    "@f(a‸)": [("f", Arguments(1))],
    'f"{g(a‸)}"': [("g", Arguments(1))],
    "raise E(a‸)": [("E", Arguments(1))],
    # Brackets of other kinds.
    "(a, b‸)": [],
    "def f(a, b‸)": [],
    "class A(B, C‸)": [],
    "class A(f(B‸)": [("f", Arguments(1))],
    "match x:\n    case A(b, c‸)": [],
    "from m import (a, b‸)": [],
    "except (A, B‸)": [],
    "return (a, b‸)": [],
    'f("a‸)': [],
    "f(a) # g(b‸)": [],
}


@pytest.mark.parametrize("code", CASES)
def test_open_calls(code: str) -> None:
    at = code.index("‸")
    text = code.replace("‸", "")
    found = calls_at(text, at)
    assert [(hole.receiver_text, hole.given) for hole in found] == CASES[code]
    assert {hole.kind for hole in found} <= {HoleKind.CALL_END}
    assert all(hole.start == hole.end == at for hole in found)


def test_what_a_lambda_takes_is_no_argument_of_the_call() -> None:
    text = "f(lambda a, b: a, "
    assert hole_at(text, len(text)).given == Arguments(1)
    assert hole_at("f(lambda a, ", 12).kind is HoleKind.NONE
