"""How long prompts are: by what was read, in how long."""

from __future__ import annotations

import pytest

from decoding.prompts.room import DecodeRate, PrefillRate, PromptRoom
from decoding.prompts.templates import Budget, Prompter
from tests.decoding.prompts.test_prompts import QWEN, WordModel

WINDOW = 4000


def _size(room: PromptRoom, most: int = WINDOW) -> int:
    budget = room.budget(most)
    return budget.before + budget.behind


def test_the_rate_is_learnt_from_long_prompts() -> None:
    rate = PrefillRate()
    rate.note(10, 5.0)
    assert rate.measured == 0
    rate.note(100, 2.0)
    assert rate.seconds == pytest.approx(0.02)
    rate.note(100, 1.0)
    assert rate.seconds == pytest.approx(0.015)


def test_what_is_written_in_a_time_is_known_by_what_was_written_before() -> None:
    writing = DecodeRate()
    writing.note(3, 9.0)
    assert writing.within(1.2) == 0
    writing.note(28, 1.0)
    assert writing.within(1.2) == 33
    for _ in range(9):
        writing.note(100, 0.5)
    assert 230 <= writing.within(1.2) <= 240


def test_before_anything_is_measured_and_on_two_cores_a_prompt_is_the_smallest() -> None:
    room = PromptRoom()
    assert room.budget(WINDOW) == Budget()
    for tokens, seconds in ((416, 3.3), (300, 3.0), (64, 0.4)):
        room.rate.note(tokens, seconds)
        assert room.budget(WINDOW) == Budget()


def test_it_grows_with_the_measured_rate_up_to_the_window() -> None:
    room, sizes = PromptRoom(wait=1.2), []
    for _ in range(6):
        room.rate.note(_size(room), _size(room) / 10_000)
        sizes.append(_size(room))
    assert sizes == [832, 1664, 3328, WINDOW, WINDOW, WINDOW]
    assert room.budget(WINDOW).behind == Budget.MOST_BEHIND


def test_it_is_what_is_read_within_the_wait() -> None:
    room = PromptRoom(wait=1.0)
    for size in (832, 1000, 1000):
        room.rate.note(1000, 1.0)
        assert _size(room) == size
    # A little faster or slower changes nothing: another length is another beginning.
    for _ in range(9):
        room.rate.note(1000, 0.9)
        assert _size(room) == 1000
    for _ in range(9):
        room.rate.note(1000, 2.0)
    assert 500 <= _size(room) <= 625
    for _ in range(9):
        room.rate.note(1000, 20.0)
    assert room.budget(WINDOW) == Budget()


def test_nothing_new_was_measured_and_nothing_changes() -> None:
    room = PromptRoom()
    room.rate.note(416, 0.01)
    assert [_size(room) for _ in range(3)] == [832, 832, 832]


def test_a_window_that_is_smaller_than_the_smallest_prompt_gets_that() -> None:
    assert PromptRoom().budget(100) == Budget()


def test_a_prompt_that_may_be_longer_stays_while_somebody_types() -> None:
    model = WordModel()
    prompter, room = Prompter(model), PromptRoom()
    above = "value = compute(other)\n" * 800
    prompter.budget = room.budget(WINDOW)
    first = prompter.prompt("/a.py", above + "x = \n" + above, len(above) + 4)
    assert len(first.tokens) <= 416 + len(QWEN)
    room.rate.note(416, 0.01)
    prompter.budget = room.budget(WINDOW)
    typed = prompter.prompt("/a.py", above + "x = y\n" + above, len(above) + 5)
    assert typed.tokens[: len(first.tokens)] == first.tokens
    prompter.forget()
    longer = prompter.prompt("/a.py", above + "x = y\n" + above, len(above) + 5)
    assert 640 < len(longer.tokens) <= 832 + len(QWEN)


def test_room_that_is_not_needed_before_the_cursor_is_used_behind_it() -> None:
    model = WordModel()
    below = "value = compute(other)\n" * 800
    sizes = {}
    for tokens in (Budget.LEAST, 2000):
        prompter = Prompter(model, Budget.of(tokens))
        sizes[tokens] = len(prompter.prompt("/a.py", "x = \n" + below, 4).tokens)
    assert sizes[Budget.LEAST] <= 96 + 10
    assert 900 < sizes[2000] <= 1000 + 10
