from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.text import Document, Encoding, LineIndex, Position, TextEdit, TextError

TEXT = st.text(alphabet="ab é€😀\n\r\f\x85\u2028\u2029\x00\t", max_size=40)
ENCODINGS = st.sampled_from(list(Encoding))


def reference_lines(text: str) -> list[str]:
    """Lines by a second, slower definition: character by character."""
    lines, current, index = [], "", 0
    while index < len(text):
        if text[index] == "\r":
            index += 2 if text[index : index + 2] == "\r\n" else 1
        elif text[index] == "\n":
            index += 1
        else:
            current += text[index]
            index += 1
            continue
        lines.append(current)
        current = ""
    return [*lines, current]


@given(TEXT)
def test_lines_end_where_python_and_lsp_say(text: str) -> None:
    index = LineIndex(text)
    assert [index.line(i) for i in range(len(index))] == reference_lines(text)


@given(TEXT, st.integers(0, 40), ENCODINGS)
def test_an_offset_survives_the_way_to_a_position_and_back(
    text: str, offset: int, encoding: Encoding
) -> None:
    document = Document(text)
    offset = min(offset, len(text))
    back = document.offset(document.position(offset, encoding), encoding)
    if text[offset - 1 : offset + 1] == "\r\n" and offset:
        assert back == offset - 1
    else:
        assert back == offset


@given(TEXT, TEXT, st.data(), ENCODINGS)
def test_an_edit_replaces_exactly_its_range(
    text: str, new: str, data: st.DataObject, encoding: Encoding
) -> None:
    document = Document(text)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    first, last = (document.position(at, encoding) for at in (start, end))
    start, end = (document.offset(at, encoding) for at in (first, last))
    edited = document.apply([TextEdit(new, first, last)], encoding)
    assert edited.text == text[:start] + new + text[end:]
    assert edited.version == 1
    assert document.text == text
    assert [edited.lines.line(i) for i in range(len(edited.lines))] == reference_lines(edited.text)


@pytest.mark.parametrize(
    ("encoding", "column"), [(Encoding.UTF8, 10), (Encoding.UTF16, 5), (Encoding.UTF32, 4)]
)
def test_columns_in_each_encoding(encoding: Encoding, column: int) -> None:
    assert Document("aé€😀").position(4, encoding).column == column


@pytest.mark.parametrize(("encoding", "inside"), [(Encoding.UTF8, 3), (Encoding.UTF16, 2)])
def test_a_column_inside_a_character_is_its_beginning(encoding: Encoding, inside: int) -> None:
    assert Document("a😀b").offset(Position(0, inside), encoding) == 1


def test_positions_outside_are_clamped() -> None:
    document = Document("ab\r\ncd")
    assert document.offset(Position(0, 99)) == 2
    assert document.offset(Position(9, 0)) == 6
    assert document.position(99) == Position(1, 2)
    assert document.position(-1) == Position(0, 0)


def test_edits_apply_one_after_another() -> None:
    document = Document("ab", version=7)
    edits = [
        TextEdit("X", Position(0, 0), Position(0, 1)),
        TextEdit("\n", Position(0, 1), Position(0, 1)),
        TextEdit("Y", Position(1, 0), Position(1, 1)),
    ]
    assert document.apply(edits, version=9) == Document("X\nY", version=9)


def test_an_edit_may_split_a_windows_line_end() -> None:
    document = Document("a\r\nb")
    assert len(document.lines) == 2
    split = document.apply([TextEdit("x", Position(0, 1), Position(1, 0))])
    assert split.text == "axb"
    joined = Document("a\rb").apply([TextEdit("\n", Position(1, 0), Position(1, 0))])
    assert (joined.text, len(joined.lines)) == ("a\r\nb", 2)


def test_an_edit_without_a_range_replaces_everything() -> None:
    assert Document("a").apply([TextEdit("b")]).text == "b"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (Position(-1, 0), Position(0, 0)),
        (Position(0, -1), Position(0, 0)),
        (Position(0, 2), Position(0, 1)),
    ],
)
def test_an_edit_without_meaning_is_refused(start: Position, end: Position) -> None:
    with pytest.raises(TextError):
        Document("abc").apply([TextEdit("x", start, end)])
