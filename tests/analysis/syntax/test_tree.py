from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.syntax.tree import parse, reparse

SOURCE = Path(__file__).read_text(encoding="utf-8")
PIECES = st.sampled_from(
    ["", "x", "é", "😀", "\r\n", "\n", "\f", "\u2028", "(", '"""', "foo.", "def f():\n", "# c\n"]
)


def test_a_good_file_has_no_errors() -> None:
    assert parse("x = 1\n").errors == ()


def test_errors_are_in_code_points() -> None:
    tree = parse("s = 'é😀'\nx = = 1\n")
    assert [tree.text[e.start : e.end] for e in tree.errors] == ["="]


def test_unparsable_texts_have_a_tree() -> None:
    for text in ("", "(" * 500, "\x00", "'''", "\ufeffx = 1", "def def def", "\ud800"):
        assert parse(text).root.type == "module" or parse(text).errors


@given(st.text(alphabet="aé€😀\n\ud800", max_size=60), st.integers(0, 60))
def test_bytes_and_code_points_round_trip(text: str, offset: int) -> None:
    tree = parse(text)
    offset = min(offset, len(text))
    byte = tree.to_byte(offset)
    assert byte == len(text[:offset].encode("utf-8", "surrogatepass"))
    assert tree.to_offset(byte) == offset


def test_conversions_hold_far_into_a_long_text() -> None:
    text = "aé😀" * 5000
    tree = parse(text)
    for offset in (0, 1, 2, 2047, 2048, 2049, 9999, len(text)):
        assert tree.to_offset(tree.to_byte(offset)) == offset
    assert tree.to_offset(tree.to_byte(2) + 1) == 2  # inside a character


@settings(deadline=None, max_examples=120)
@given(st.data())
def test_reparse_gives_what_parse_gives(data: st.DataObject) -> None:
    text = SOURCE
    tree = parse(text)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 40)))
        text = text[:start] + data.draw(PIECES) + text[end:]
        tree = reparse(tree, text)
        assert tree.text == text
        assert tree.data == parse(text).data
    fresh = parse(text)
    if not fresh.errors:
        # Where the code is broken, tree-sitter's recovery may depend on what it reuses.
        assert str(tree.root) == str(fresh.root)


def test_a_lone_return_ends_a_line() -> None:
    tree = parse("a = 1\rb = 2\r\nc\r")
    assert tree.errors == ()
    assert [tree.slice(node) for node in tree.root.named_children] == ["a = 1", "b = 2", "c"]
    assert str(reparse(tree, "a = 1\rb = 23\r\nc\r").root) == str(tree.root)


def test_reparse_leaves_the_old_tree_alone() -> None:
    old = parse("a = 1\n")
    before = str(old.root)
    reparse(old, "a = foo(1)\nb = 2\n")
    assert str(old.root) == before
