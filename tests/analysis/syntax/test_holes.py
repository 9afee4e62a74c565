"""``hole_at`` on fixtures, on every offset of real files, on broken files, and its speed.

A fixture holds cases separated by blank lines: ``#? KIND [receiver=…] [prefix=…] [rest=…] [store]
[guards=a,b] [keyword=…] [reason=…]``, then the source with ``$0`` at the cursor.
"""

from __future__ import annotations

import ast
import asyncio.base_events
import dataclasses
import json.decoder
import random
import re
import textwrap
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.holes import hole_at, value_at
from analysis.syntax.tree import parse

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "holes"
_WORD = re.compile(r"(\w+)(?:=('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\S+))?")


def _cases() -> list[tuple[str, str, str]]:
    found = []
    for path in sorted(FIXTURES.glob("*.py")):
        for part in re.split(r"^#\? ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            expected, _, source = part.partition("\n")
            found.append((path.stem, expected, source.rstrip("\n")))
    return found


def _describe(hole: Hole, text: str) -> str:
    words = [hole.kind.value]
    if hole.receiver_text:
        words.append(f"receiver={hole.receiver_text!r}")
    if hole.prefix:
        words.append(f"prefix={hole.prefix!r}")
    if hole.end != hole.cursor:
        words.append(f"rest={text[hole.cursor : hole.end]!r}")
    if hole.store:
        words.append("store")
    if hole.guards:
        words.append(f"guards={','.join(hole.guards)}")
    if hole.keyword:
        words.append(f"keyword={hole.keyword!r}")
    if hole.reason:
        words.append(f"reason={hole.reason!r}")
    return " ".join(words)


def _seen(expected: str, text: str, offset: int) -> Hole:
    """The hole that a case is about: of what is at the cursor, or of the argument there."""
    if not expected.startswith(HoleKind.ARGUMENT_TYPE.value):
        return hole_at(text, offset)
    hole = value_at(text, offset)
    assert hole is not None, text
    return hole


def _parsed(expected: str) -> dict[str, object]:
    return {
        name: ast.literal_eval(value) if value[:1] in ("'", '"') else value
        for name, value in _WORD.findall(expected)
    }


@pytest.mark.parametrize(("theme", "expected", "source"), _cases())
def test_fixture(theme: str, expected: str, source: str) -> None:
    offset = source.index("$0")
    text = source.replace("$0", "")
    hole = _seen(expected, text, offset)
    came = _describe(hole, text)
    assert _parsed(came) == _parsed(expected), (
        f"{theme}.py\n{source}\nexpected: {expected}\ncame:     {came}"
    )
    assert text[hole.start : hole.cursor] == hole.prefix
    if hole.receiver:
        assert text[slice(*hole.receiver)] == hole.receiver_text


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
@pytest.mark.parametrize(("theme", "expected", "source"), _cases())
def test_line_ends_change_nothing(theme: str, expected: str, source: str, ends: str) -> None:
    plain = source.replace("$0", "")
    text = source.replace("\n", ends)
    offset = text.index("$0")
    hole = _seen(expected, text.replace("$0", ""), offset)
    reference = _seen(expected, plain, source.index("$0"))
    assert (hole.kind, hole.store, hole.guards) == (
        reference.kind,
        reference.store,
        reference.guards,
    ), source


def test_fixtures_cover_every_kind() -> None:
    # Where calls begin and end no cursor stands: test_calls, test_kinds_of_holes.
    calls = (HoleKind.CALL, HoleKind.CALL_END)
    kinds = {kind.value for kind in HoleKind if kind not in calls}
    assert {expected.split()[0] for _, expected, _ in _cases()} == kinds


@pytest.mark.parametrize(
    "source",
    ["($0", "[$0", "foo[$0", "foo(a + $0", "foo(*$0", "foo(($0", "foo('$0", "def foo(a=$0",
     "a = $0", "class A(x=$0", "foo(a=b=$0", "foo(a.b$0", ""],
)  # fmt: skip
def test_where_no_argument_begins(source: str) -> None:
    assert value_at(source.replace("$0", ""), max(0, source.find("$0"))) is None


@pytest.mark.parametrize("offset", [-5, 0, 7, 10**9])
def test_an_offset_outside_is_clamped(offset: int) -> None:
    hole = hole_at("x = a.b", offset)
    assert 0 <= hole.start <= hole.cursor <= hole.end <= 7


def test_the_cursor_may_be_in_an_empty_file() -> None:
    assert hole_at("", 0) == Hole(HoleKind.NAME, 0, 0, 0, guards=("may_store",))


#: How many offsets of one file are looked at; a longer file is walked in larger steps.
_OFFSETS = 6_000
REAL = [textwrap.__file__, json.decoder.__file__, dataclasses.__file__]


@pytest.mark.slow
@pytest.mark.parametrize("path", REAL, ids=[Path(path).name for path in REAL])
def test_every_offset_of_a_real_file(path: str) -> None:
    text = Path(path).read_text(encoding="utf-8")
    tree = parse(text)
    for offset in range(0, len(text) + 1, len(text) // _OFFSETS + 1):
        hole = hole_at(text, offset, tree)
        assert hole.start <= hole.cursor == offset <= hole.end


@pytest.mark.slow
@pytest.mark.parametrize("path", REAL, ids=[Path(path).name for path in REAL])
def test_attributes_of_a_real_file_are_those_python_sees(path: str) -> None:
    """Each attribute of Python's own tree is an attribute hole with that receiver and context."""
    text = Path(path).read_text(encoding="utf-8")
    tree = parse(text)
    seen = 0
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Attribute) or node.end_lineno is None:
            continue
        line = tree.lines.line(node.end_lineno - 1)
        column = len(line.encode()[: node.end_col_offset].decode())
        hole = hole_at(text, tree.lines.offset(node.end_lineno - 1, column), tree)
        receiver = ast.get_source_segment(text, node.value)
        assert hole.kind is HoleKind.ATTRIBUTE, (path, node.lineno, node.attr)
        assert hole.receiver_text.strip("()") == (receiver or "").strip("()"), node.lineno
        augmented = re.match(r"\s*[-+*/%|&^]{1,2}=", text[hole.end :])
        assert hole.store == (not isinstance(node.ctx, ast.Load) and not augmented), node.lineno
        seen += 1
    assert seen > 20


@pytest.mark.parametrize("path", REAL, ids=[Path(path).name for path in REAL])
def test_a_file_cut_behind_a_dot_still_shows_the_receiver(path: str) -> None:
    """What one sees while typing: the name is missing, and maybe all that follows."""
    text = Path(path).read_text(encoding="utf-8")
    dots = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Attribute)]
    whole = parse(text)
    for node in random.Random(7).sample(dots, min(40, len(dots))):
        assert node.end_lineno is not None
        end = whole.lines.offset(node.end_lineno - 1, node.end_col_offset or 0)
        start = end - len(node.attr)
        complete = hole_at(text, end, whole)
        for broken in (text[:start], text[:start] + text[end:]):
            hole = hole_at(broken, start)
            assert hole.kind is HoleKind.ATTRIBUTE
            assert hole.receiver_text == complete.receiver_text


def test_truncations_and_deletions_raise_nothing() -> None:
    rng = random.Random(11)
    text = Path(dataclasses.__file__).read_text(encoding="utf-8")[:20_000]
    for _ in range(150):
        cut = rng.randrange(len(text))
        broken = text[:cut] if rng.random() < 0.5 else text[:cut] + text[cut + rng.randrange(9) :]
        offset = min(cut, len(broken))
        assert hole_at(broken, offset).cursor == offset


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet="ab.()[]{}:;,='\"\\#f \t\n\r\f@*1é\u2028😀\ud800\x00"), st.integers(0, 60))
def test_any_text_at_any_offset(text: str, offset: int) -> None:
    hole = hole_at(text, offset)
    assert 0 <= hole.start <= hole.cursor <= hole.end <= len(text)


def test_a_file_of_50_000_lines_is_quick() -> None:
    """Of the processor, so that a busy machine is none the slower: 1 s to parse, 50 ms a hole."""
    source = Path(asyncio.base_events.__file__).read_text(encoding="utf-8")
    text = source * (50_000 // source.count("\n") + 1)
    start = time.process_time()
    tree = parse(text)
    parsing = time.process_time() - start
    assert parsing < 1.0
    rng = random.Random(3)
    times = []
    for _ in range(60):
        offset = rng.randrange(len(text))
        start = time.process_time()
        hole_at(text, offset, tree)
        times.append(time.process_time() - start)
    assert sorted(times)[-3] < 0.05
