"""What the model writes is taken as it comes, from a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

import pytest

from analysis.deadline import Cancellation, Deadline
from repair.implementing.background_groups import BackgroundGroups, Text

SOON = 30.0


def test_a_text_is_there_before_the_group_that_it_belongs_to_ends() -> None:
    taken = threading.Event()

    def group() -> Iterator[str]:
        yield "short"
        assert taken.wait(SOON)
        yield "long"

    background = BackgroundGroups(iter([group()]), Cancellation())
    background.begin()
    background.wait(Deadline.after(SOON))
    assert background.take() == ["short"]
    taken.set()
    assert _rest(background) == ["long"]
    background.begin()
    assert _rest(background) == []
    assert background.ended
    background.close()


def test_what_writing_raises_is_raised_behind_what_was_written() -> None:
    def group() -> Iterator[str]:
        yield "ready"
        raise ValueError("mine")

    background = BackgroundGroups(iter([group()]), Cancellation())
    background.begin()
    background.wait(Deadline.after(SOON))
    assert background.take() == ["ready"]
    with pytest.raises(ValueError, match="mine"):
        _rest(background)
    assert not background.busy
    background.close()


def test_a_group_is_written_when_it_is_begun_and_no_sooner() -> None:
    begun: list[int] = []

    def groups() -> Iterator[Iterable[int]]:
        for number in range(2):
            begun.append(number)
            yield [number]

    background = BackgroundGroups(groups(), Cancellation())
    assert begun == []
    background.begin()
    assert _rest(background) == [0]
    assert begun == [0]
    background.close()


def _rest(background: BackgroundGroups[Text]) -> list[Text]:
    found: list[Text] = []
    while background.busy:
        background.wait(Deadline.after(SOON))
        found += background.take()
    return found
