"""How far a suggestion goes where nobody has said it: by how fast the real model writes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from analysis.deadline import Cancellation
from analysis.snapshot import Snapshot, Workspace
from decoding.models import store
from decoding.opening import OpenWriter, open_writer
from decoding.prompts.room import DecodeRate, PromptRoom
from engine.features.complete import CompleteAnswer, CompleteRequest, complete, ends_its_line

#: Its body takes several lines.
BODY = """\
def count_words(text: str) -> dict[str, int]:
    \'\'\'How often each word stands in ``text``.\'\'\'
    counts: dict[str, int] = {}
    $0
"""
#: Seconds a token of two slow cores, and of a GPU.
SLOW, FAST = 1 / 28, 1 / 400


@pytest.fixture(scope="module")
def room() -> PromptRoom:
    return PromptRoom()


@pytest.fixture(scope="module")
def writer(room: PromptRoom) -> Iterator[OpenWriter]:
    opened = open_writer(store.resolve("complete"), room=room)
    yield opened
    opened.close()


def _ask(writer: OpenWriter, marked: str, multiline: bool | None) -> CompleteAnswer:
    before, _, behind = marked.partition("$0")
    snapshot = Snapshot("/words.py", before + behind, Workspace("/"))
    line, character = before.count("\n"), len(before) - before.rfind("\n") - 1
    request = CompleteRequest(snapshot, line, character, multiline=multiline)
    return complete(request, writer, None, Cancellation())


@pytest.mark.model
@pytest.mark.parametrize(("seconds", "lines"), [(SLOW, False), (FAST, True)])
def test_a_fast_model_writes_to_the_end_of_the_block_and_a_slow_one_a_line(
    writer: OpenWriter, room: PromptRoom, seconds: float, lines: bool
) -> None:
    room.writing = DecodeRate(seconds)
    text = _ask(writer, BODY, None).completion.text
    assert text
    assert ("\n" in text) is lines
    if lines:
        compile(BODY.replace("$0", text), "words.py", "exec")


@pytest.mark.model
def test_what_was_said_counts_more_than_the_speed(writer: OpenWriter, room: PromptRoom) -> None:
    room.writing = DecodeRate(FAST)
    assert "\n" not in _ask(writer, BODY, multiline=False).completion.text
    room.writing = DecodeRate(SLOW)
    assert "\n" in _ask(writer, BODY, multiline=True).completion.text


@pytest.mark.model
def test_the_speed_is_that_of_what_was_written(writer: OpenWriter, room: PromptRoom) -> None:
    room.writing = DecodeRate()
    assert writer.tokens_within(60) == 0
    done = _ask(writer, BODY, multiline=True).completion
    # What was written and taken back counts as well, and the last token is rounded off.
    assert done.tokens - 1 <= writer.tokens_within(done.ms.decode / 1000) <= 2 * done.tokens


@pytest.mark.parametrize(
    ("text", "at", "ends"),
    [("x = 1\ny", 5, True), ("x = 1  \ny", 5, True), ("f(x)", 3, False), ("f(x)", 4, True)],
)
def test_a_line_ends_where_only_blanks_follow(text: str, at: int, ends: bool) -> None:
    assert ends_its_line(text, at) is ends
