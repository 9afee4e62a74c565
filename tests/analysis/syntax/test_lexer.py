"""The lexer against Python's own ``tokenize`` on the standard library, and cases it cannot show."""

from __future__ import annotations

import io
import keyword
import random
import sysconfig
import tokenize
from pathlib import Path

import pytest

from analysis.syntax.lexer import Area, Clause, Lexer

STDLIB = Path(sysconfig.get_path("stdlib"))
FILES = [
    "ast.py",
    "_pydecimal.py",
    "inspect.py",
    "typing.py",
    "unittest/mock.py",
    "test/test_grammar.py",
    "test/test_fstring.py",
    "test/test_tokenize.py",
    "test/test_string_literals.py",
]
_SKIPPED = {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING}


def _tokens(text: str) -> list[tuple[int, int, int, str]]:
    """(type, start, end, spelling) of each token, offsets in code points."""
    lines = [0]
    for line in io.StringIO(text, newline=""):
        lines.append(lines[-1] + len(line))
    return [
        (t.type, lines[t.start[0] - 1] + t.start[1], lines[t.end[0] - 1] + t.end[1], t.string)
        for t in tokenize.generate_tokens(io.StringIO(text, newline="").readline)
    ]


def _ends_value(kind: int, spelling: str) -> bool:
    if kind == tokenize.NAME:
        return spelling not in set(keyword.kwlist) - {"None", "True", "False"}
    return kind in (tokenize.NUMBER, tokenize.STRING) or spelling in (")", "]", "}", "...")


def _walk(text: str, seed: int) -> list[Lexer]:
    """States behind random pieces of a text."""
    rng, at, states = random.Random(seed), 0, [Lexer()]
    while at < len(text):
        step = rng.choice((1, 1, 2, 3, 7, 40, 300))
        states.append(states[-1].advance(text[at : at + step]))
        at += step
    return states


@pytest.mark.parametrize("name", FILES)
def test_agrees_with_tokenize_wherever_the_text_is_cut(name: str) -> None:
    text = (STDLIB / name).read_text("utf-8")
    tokens = _tokens(text)
    area = [Area.CODE] * (len(text) + 1)
    dots: set[int] = set()
    opens: list[int] = []
    depth = [0] * (len(text) + 1)
    before, at = (tokenize.NEWLINE, ""), 0
    for kind, start, end, spelling in tokens:
        depth[at:start] = [len(opens)] * (start - at)
        depth[start:end] = [len(opens)] * (end - start)
        at = end
        if kind == tokenize.STRING:
            area[start + 1 : end] = [Area.STRING] * (end - start - 1)
        elif kind == tokenize.COMMENT:
            area[start + 1 : end + 1] = [Area.COMMENT] * (end - start)
        elif kind == tokenize.OP:
            if spelling in "([{":
                opens.append(start)
            elif spelling in ")]}":
                opens.pop()
            elif spelling == "." and _ends_value(*before):
                dots.add(end)
        if kind not in _SKIPPED:
            before = (kind, spelling)
    for seed in range(2):
        for state in _walk(text, seed):
            here = state.offset
            if here >= len(text):
                continue
            if not state.in_string and (here in dots or text[here - 1 : here].strip(" \t\\\n")):
                assert (here in dots) == state.dereference, text[here - 40 : here]
            if area[here] is Area.CODE and here and area[here - 1] is Area.CODE:
                assert not state.in_string or text[here - 1] in "rRbBuUfF'\"", text[
                    here - 60 : here
                ]
            if area[here] is Area.STRING and area[here - 1] is Area.STRING:
                assert state.in_string or text[here - 1] in "\"'", text[here - 60 : here]
            if area[here] is Area.COMMENT:
                assert state.area is Area.COMMENT, text[here - 60 : here]
            if area[here] is Area.CODE and state.ready:
                brackets = [f for f in state.frames if isinstance(f, str) and f in "([{"]
                assert len(brackets) == depth[here], text[here - 60 : here]


@pytest.mark.parametrize("name", FILES)
def test_the_state_does_not_depend_on_how_the_text_was_cut(name: str) -> None:
    text = (STDLIB / name).read_text("utf-8")
    whole = Lexer().advance(text)
    assert [_walk(text, seed)[-1] for seed in range(2)] == [whole] * 2
    assert whole.frames == ()


#: Text before the cursor, and whether a name written there is an attribute.
DOTS = [
    ("x.", True),
    ("x .", True),
    ("x\\\n.", True),
    ("(x\n # why\n .", True),
    ("f(1)[2].", True),
    ("{}.", True),
    ("''.", True),
    ("r'\\'.", False),
    ("b'''a'''.", True),
    ("'''a''.", False),
    ("1.", False),
    ("1..", True),
    ("1.0.", True),
    ("1e5.", True),
    ("1e-5.", True),
    ("0x1f.", True),
    ("1_0j.", True),
    ("x = .", False),
    ("...", False),
    ("....", True),
    ("x..", False),
    ("1if x.", True),
    ("0or x.", True),
    ("1else.", False),
    ("return.", False),
    ("None.", True),
    ("print.", True),
    ("x.import.", True),
    ("# x.", False),
    ("'x.", False),
    ("'x\n.", False),
    ("'x\\\n.", False),
    ("ärger.", True),
    ("e\u0301.", True),
    ("f'{x.", True),
    ("f'{x}.", False),
    ("f'{{x.", False),
    ("f'{{{x.", True),
    ("f'{x!r:>{w.", True),
    ("f'{x:w.", False),
    ("f'{x:{w}.", False),
    ('f\'{d["a"].', True),
    ("f'{d['a'].", True),
    ("f'{f'{f'{x.", True),
    ("f'{x:{y:{z.", True),
    ("f'{ {1: 2}.", True),
    ("f'{lambda x: y}.", False),
    ("f'\\N{DASH.", False),
    ("f'\\N{DASH}{x.", True),
    ("rf'\\{x.", True),
    ("f'\\{x.", True),
    ("f'''{\nx.", True),
    ("f'{x}'.", True),
    ("f'{x:'.", True),
    ("f''.", True),
    ("rb''.", True),
    ("for x in y.", True),
]


@pytest.mark.parametrize(("text", "expected"), DOTS)
def test_dots(text: str, expected: bool) -> None:
    assert Lexer().advance(text).dereference is expected
    state = Lexer()
    for character in text:
        state = state.advance(character)
    assert state == Lexer().advance(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import ", Clause.MODULE),
        ("import os.", Clause.MODULE),
        ("import os as o, ", Clause.MODULE),
        ("import os\n", Clause.NONE),
        ("import os; ", Clause.NONE),
        ("if x: import ", Clause.MODULE),
        ("try:\n    from ", Clause.ORIGIN),
        ("from ..", Clause.ORIGIN),
        ("from . import ", Clause.MEMBER),
        ("from a.b import (\n    c, # d\n", Clause.MEMBER),
        ("from a.b import (c)\n", Clause.NONE),
        ("from a import b, \\\n  ", Clause.MEMBER),
        ("raise x from ", Clause.NONE),
        ("yield from ", Clause.NONE),
        ("x.import ", Clause.NONE),
        ("(from ", Clause.NONE),
        ("'import '; ", Clause.NONE),
    ],
)
def test_import_statements(text: str, expected: Clause) -> None:
    assert Lexer().advance(text).clause is expected


def test_where_a_statement_begins() -> None:
    text = "a = (1,\n 2); b\r\n  c"
    states = [Lexer().advance(text[:i]).statement for i in range(len(text) + 1)]
    assert sorted(set(states)) == [0, text.index(";") + 1, text.index("\r") + 1]
