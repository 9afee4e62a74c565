"""Which names a place can see: each case holds its expectation, the interpreter is the judge.

A case is a source with ``$0`` where the question is. ``sees`` must be visible and ``blind`` not.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from analysis.program.visible import visible
from analysis.syntax.tree import parse


@dataclass(frozen=True)
class Case:
    source: str
    sees: str = ""
    blind: str = ""


CASES = (
    Case("def f(a, /, b=1, *c, d: int = 2, **e):\n    return $0", "a b c d e f"),
    Case("def f(a=$0): ...", "f", "a"),
    Case("def f(a: $0): ...", "f", "a"),
    Case("@$0\ndef f(a): ...", "f", "a"),
    Case("x = 1\ndef f():\n    y = 2\n    def g():\n        z = 3\n        return $0\n    w = 4",
         "x y z w f g"),
    Case("def f():\n    y = 1\ndef g():\n    return $0", "f g", "y"),
    # A class hides its names from its methods, not from its own body.
    Case("class A:\n    x = 1\n    y = $0", "x y A __qualname__"),
    Case("class A:\n    x = 1\n    def f(self):\n        return $0", "self A __class__", "x f"),
    Case("class A:\n    x = 1\n    def f(self, y=$0): ...", "x f", "self y"),
    Case("class A:\n    x = 1\n    y = [$0 for z in x]", "z A", "x"),
    Case("class A:\n    x = 1\n    y = [z for z in $0]", "x A", "z"),
    Case("class A:\n    x = 1\n    y = lambda q: $0", "q A", "x"),
    Case("class A($0):\n    x = 1", "A", "x"),
    Case("x = [a for a, (b, *c) in d if $0]", "a b c x"),
    Case("x = [a for a in d]\ny = $0", "x y", "a"),
    Case("x = [b for a in d for b in $0]", "a b x"),
    Case("x = {k: $0 for k, v in d.items()}", "k v"),
    Case("f = lambda a, *b, c=1, **d: $0", "a b c d f"),
    Case("f = lambda a, b=$0: 1", "f", "a b"),
    Case("if (n := 1) and [m := q for q in x]:\n    y = $0", "n m", "q"),
    Case("def f():\n    [m := q for q in x]\n    return $0", "m", "q"),
    Case("def f():\n    global g\n    g = 1\n    h = 2\ny = $0", "f g", "h"),
    Case("def f():\n    n = 0\n    def g():\n        nonlocal n\n        return $0", "f g n"),
    Case("try: ...\nexcept* (A, B) as e:\n    x = $0", "e x", "A B"),
    Case("with a as b, (c as d), open(f) as (g, h):\n    x = $0", "b d g h", "a c f"),
    Case("for i, (j, *k) in x:\n    pass\nelse:\n    l = 1\nfor a.b in y: ...\nz = $0",
         "i j k l z", "a b y"),
    Case("import a.b, c as d\nfrom e import f, g as h\nfrom .i import (j, k as l)\nx = $0",
         "a d f h j l", "b c e g i k"),
    Case("from __future__ import annotations\nx = $0", "annotations"),
    Case("x: int\na.b: int = 1\nx = y = z = 1\n(p, [q]), *r = 1\ns += 1\nd[k] = 1\nt = $0",
         "x y z p q r s t", "a b d k"),
    Case("if a:\n    b = 1\nelif c:\n    d = 1\nelse:\n    e = 1\nwhile f:\n    g = 1\n"
         "try:\n    h = 1\nfinally:\n    i = 1\nj = $0", "b d e g h i j", "a c f"),
    Case("match x:\n    case A(b, c=d) | [e, *f] | {'k': g, K.x: q, **h} as i if j:\n"
         "        y = $0\n    case B.c: ...\n    case (k as l) | -1: ...", "d e f g h i b l k q",
         "A B c j K x"),
    Case("def f[T: int, *Ts, **P](a: $0) -> T: ...", "T Ts P f", "a"),
    Case("class A[T](B):\n    def f[U](self, x: U) -> $0: ...", "T U A f", "self x B"),
    Case("type X[T] = list[$0]\ntype Y = int", "X Y T"),
    Case("del a\ndel (b, c[d])\nx = $0", "a b", "c d"),
    Case("'é'; é = 1\nx = $0", "é x"),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[c.source for c in CASES])
def test_case(case: Case) -> None:
    offset = case.source.index("$0")
    text = case.source.replace("$0", "hole", 1)
    seen = set(visible(parse(text), offset).names)
    assert set(case.sees.split()) <= seen
    assert not set(case.blind.split()) & seen


def test_star_imports_come_with_the_scopes_that_see_them() -> None:
    text = "from a.b import *\nfrom .. import *\ndef f():\n    x"
    stars = visible(parse(text), text.rindex("x")).stars
    assert [star.text for star in stars] == ["a.b", ".."]


@pytest.mark.parametrize(
    "text", ["", "def f(:\n  x", "class", "[x for", "lambda a, : x", "match x:"]
)
def test_broken_text_has_scopes_everywhere(text: str) -> None:
    tree = parse(text)
    for offset in range(len(text) + 1):
        visible(tree, offset)
