from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from analysis.text import Document, Encoding
from lsp_server.features.inline_completion import Place, Suggestion, place_of, to_list

TEXT = st.text("ab(\n🎈", max_size=6)


def test_what_was_typed_of_a_suggestion_leaves_the_rest() -> None:
    kept = Suggestion("x = os.", "\ny\n", "getcwd()")
    assert kept.rest_at("x = os.\ny\n", 7) == "getcwd()"
    assert kept.rest_at("x = os.getc\ny\n", 11) == "wd()"
    assert kept.rest_at("x = os.getcwd()\ny\n", 15) == ""


@pytest.mark.parametrize(
    ("text", "offset", "why"),
    [
        ("x = os.gx\ny\n", 9, "something else was typed"),
        ("x = os.get\ny\n", 9, "the cursor went back"),
        ("x = os\ny\n", 6, "the cursor is before it"),
        ("x = os.getc()\ny\n", 11, "the editor closed a bracket behind the cursor"),
        ("z = os.getc\ny\n", 11, "an edit elsewhere"),
        ("x = os.getcwd()!\ny\n", 16, "more was typed than it has"),
    ],
)
def test_a_suggestion_is_no_longer_good(text: str, offset: int, why: str) -> None:
    assert Suggestion("x = os.", "\ny\n", "getcwd()").rest_at(text, offset) is None, why


@given(TEXT, TEXT, TEXT, st.data())
def test_accepting_late_ends_in_the_same_text(
    before: str, after: str, text: str, data: st.DataObject
) -> None:
    typed = data.draw(st.integers(0, len(text)))
    kept = Suggestion(before, after, text)
    now = before + text[:typed] + after
    cursor = len(before) + typed
    rest = kept.rest_at(now, cursor)
    assert rest == text[typed:]
    assert now[:cursor] + rest + now[cursor:] == before + text + after


def _params(
    line: int, character: int, selected: types.SelectedCompletionInfo | None = None
) -> types.InlineCompletionParams:
    return types.InlineCompletionParams(
        context=types.InlineCompletionContext(
            types.InlineCompletionTriggerKind.Automatic, selected
        ),
        text_document=types.TextDocumentIdentifier("untitled:a"),
        position=types.Position(line, character),
    )


@pytest.mark.parametrize(
    ("encoding", "character"), [(Encoding.UTF8, 11), (Encoding.UTF16, 8), (Encoding.UTF32, 7)]
)
def test_the_place_is_counted_in_the_clients_units(encoding: Encoding, character: int) -> None:
    document = Document("é = '🎈'.\r\n")
    place = place_of(document, _params(0, character, None), encoding)
    assert place == Place(document.text, 7, (7, 7))
    answer = to_list(document, place, ["upper()"], encoding)
    assert answer.items[0].range == types.Range(
        types.Position(0, character), types.Position(0, character)
    )


def test_an_entry_that_is_selected_in_the_list_is_continued() -> None:
    document = Document("os.ge\n")
    span = types.Range(types.Position(0, 3), types.Position(0, 5))
    params = _params(0, 5, types.SelectedCompletionInfo(span, "getcwd"))
    place = place_of(document, params, Encoding.UTF16)
    assert (place.text, place.offset) == ("os.getcwd\n", 9)
    (item,) = to_list(document, place, ["()"], Encoding.UTF16).items
    assert (item.insert_text, item.range) == ("getcwd()", span)


def test_dollar_signs_are_text_and_silence_is_no_item() -> None:
    document = Document("")
    place = Place("", 0, (0, 0))
    (item,) = to_list(document, place, ["f'${1:x}'"], Encoding.UTF16).items
    assert item.insert_text == "f'${1:x}'"
    assert to_list(document, place, [], Encoding.UTF16).items == []
