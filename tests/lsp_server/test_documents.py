"""Document sync against a model of the text, and what is kept of an open document.

The model is written from the protocol's words alone: lines end at ``\\n``, ``\\r\\n`` and ``\\r``;
columns count units of the encoding. It shares no code with what it tests.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types
from lsprotocol.converters import get_converter

from analysis.text import Encoding, TextError
from analysis.text.overlay import Buffer, Content
from lsp_server.documents import Documents
from lsp_server.failures import FeatureError

pytestmark = pytest.mark.process

URI = "file:///w/a%20b.py"
CONVERTER = get_converter()
#: Characters that text tools get wrong, among some that they do not.
ALPHABET = "ab \t()é\u05d0🎈𝒳\u200d\n\r\f\v\x00\x1c\x85\u2028\u2029"
PIECES = st.text(ALPHABET, max_size=8) | st.sampled_from(["\r\n", "\n", "\r", "x.y", "🎈\r\n"])
TEXTS = st.lists(PIECES, max_size=8).map("".join)


def width(char: str, encoding: str) -> int:
    if encoding == "utf-8":
        return len(char.encode())
    return 2 if encoding == "utf-16" and ord(char) > 0xFFFF else 1


def client_position(text: str, offset: int, encoding: str) -> dict[str, int]:
    """Where an editor that counts as the protocol says shows ``offset``."""
    line = column = index = 0
    while index < offset:
        if text[index] == "\n" or (text[index] == "\r" and text[index + 1 : index + 2] != "\n"):
            line, column = line + 1, 0
        else:
            column += width(text[index], encoding)
        index += 1
    return {"line": line, "character": column}


def is_addressable(text: str, offset: int) -> bool:
    """Between the two characters of one line end there is no position."""
    return text[offset - 1 : offset + 1] != "\r\n" or offset == 0


@st.composite
def sessions(draw: st.DrawFn) -> tuple[str, list[list[tuple[int, int, str] | str]]]:
    """A text and batches of edits: ``(start, end, new)`` as fractions of 1000, or a whole text."""
    place = st.integers(0, 1000)
    edit = st.tuples(place, place, PIECES) | TEXTS
    return draw(TEXTS), draw(st.lists(st.lists(edit, min_size=1, max_size=3), max_size=5))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("count", [400, pytest.param(10_000, marks=pytest.mark.slow)])
def test_edits_keep_the_text_that_the_editor_shows(encoding: str, count: int) -> None:
    ran = 0

    @settings(max_examples=count, deadline=None)
    @given(sessions())
    def check(session: tuple[str, list[list[tuple[int, int, str] | str]]]) -> None:
        nonlocal ran
        ran += 1
        text, batches = session
        documents = Documents(Encoding(encoding))
        documents.open(types.TextDocumentItem(URI, "python", 1, text), 0.0)
        for version, batch in enumerate(batches, 2):
            changes: list[dict[str, Any]] = []
            for edit in batch:
                if isinstance(edit, str):
                    text = edit
                    changes.append({"text": edit})
                    continue
                places = [n for n in range(len(text) + 1) if is_addressable(text, n)]
                start, end = sorted(places[p * (len(places) - 1) // 1000] for p in edit[:2])
                span = {
                    "start": client_position(text, start, encoding),
                    "end": client_position(text, end, encoding),
                }
                changes.append({"range": span, "text": edit[2]})
                text = text[:start] + edit[2] + text[end:]
            message = {
                "textDocument": {"uri": URI, "version": version},
                "contentChanges": changes,
            }
            params = CONVERTER.structure(
                json.loads(json.dumps(message)), types.DidChangeTextDocumentParams
            )
            document = documents.change(
                params.text_document.uri, params.text_document.version, params.content_changes, 1.0
            )
            assert document.text == text
            assert document.version == version

    check()
    assert ran >= count


def _open(text: str = "one\ntwo\n", encoding: Encoding = Encoding.UTF16) -> Documents:
    documents = Documents(encoding)
    documents.open(types.TextDocumentItem(URI, "python", 3, text), 0.0)
    return documents


def _change(
    start: tuple[int, int], end: tuple[int, int], text: str
) -> types.TextDocumentContentChangePartial:
    return types.TextDocumentContentChangePartial(
        types.Range(types.Position(*start), types.Position(*end)), text
    )


def test_an_old_version_stays_what_it_was() -> None:
    documents = _open()
    before = documents.get(URI)
    after = documents.change(URI, 4, [_change((0, 0), (0, 3), "1")], 1.0)
    assert before is not None
    assert (before.text, before.version) == ("one\ntwo\n", 3)
    assert (after.text, after.version, after.path) == ("1\ntwo\n", 4, "/w/a b.py")
    assert documents.is_current(after)
    assert not documents.is_current(before)


def test_positions_past_the_end_are_clamped() -> None:
    documents = _open()
    assert documents.change(URI, 4, [_change((0, 99), (0, 99), "!")], 1.0).text == "one!\ntwo\n"
    assert documents.change(URI, 5, [_change((99, 0), (99, 9), "end")], 1.0).text.endswith("end")


def test_an_edit_that_makes_no_sense_drops_the_document() -> None:
    documents = _open()
    with pytest.raises(TextError, match="ends before it starts"):
        documents.change(URI, 4, [_change((1, 0), (0, 0), "x")], 1.0)
    assert documents.get(URI) is None


def test_documents_that_are_not_open_are_refused() -> None:
    documents = _open()
    with pytest.raises(FeatureError, match="not open"):
        documents.change("file:///w/other.py", 1, [], 1.0)
    assert documents.close(URI)
    assert not documents.close(URI)
    with pytest.raises(FeatureError, match="not open"):
        documents.entry(URI)


def test_buffers_are_the_texts_that_stand_over_files() -> None:
    documents = _open()
    for uri in ("file:///w/other.py", "untitled:Untitled-1"):
        documents.open(types.TextDocumentItem(uri, "python", 1, "x"), 0.0)
    other = Buffer("/w/other.py", Content("x"))
    assert documents.buffers() == (Buffer("/w/a b.py", Content("one\ntwo\n")), other)
    assert documents.buffers(but=URI) == (other,)
    documents.change("file:///w/other.py", 2, [_change((0, 0), (0, 0), "y")], 1.0)
    assert documents.buffers(but=URI) == (Buffer("/w/other.py", Content("yx")),)


def test_a_file_under_two_spellings_of_its_uri_is_one() -> None:
    documents = Documents(Encoding.UTF8)
    for now, (uri, text) in enumerate(
        [("file:///w/a.py", "old"), ("file:///w/x/../a.py", "new"), ("file:///w/b.py", "b")]
    ):
        documents.open(types.TextDocumentItem(uri, "python", 1, text), float(now))
    assert [b.content.text for b in documents.buffers()] == ["new", "b"]
    # Either of them is asked about: what the other holds does not stand over it.
    for uri in ("file:///w/a.py", "file:///w/x/../a.py"):
        assert [b.content.text for b in documents.buffers(but=uri)] == ["b"]
    whole = types.TextDocumentContentChangeWholeDocument("newest")
    documents.change("file:///w/a.py", 2, [whole], 9.0)
    assert [b.content.text for b in documents.buffers()] == ["newest", "b"]
