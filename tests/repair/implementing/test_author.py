"""What the model writes is taken as it comes, from a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

import pytest

from analysis.deadline import Cancellation, Deadline
from repair.implementing.author import Author, Text

SOON = 30.0


def test_a_text_is_there_before_the_group_that_it_belongs_to_ends() -> None:
    taken = threading.Event()

    def group() -> Iterator[str]:
        yield "short"
        assert taken.wait(SOON)
        yield "long"

    author = Author(iter([group()]), Cancellation())
    author.begin()
    author.wait(Deadline.after(SOON))
    assert author.take() == ["short"]
    taken.set()
    assert _rest(author) == ["long"]
    author.begin()
    assert _rest(author) == []
    assert author.ended
    author.close()


def test_what_writing_raises_is_raised_behind_what_was_written() -> None:
    def group() -> Iterator[str]:
        yield "ready"
        raise ValueError("mine")

    author = Author(iter([group()]), Cancellation())
    author.begin()
    author.wait(Deadline.after(SOON))
    assert author.take() == ["ready"]
    with pytest.raises(ValueError, match="mine"):
        _rest(author)
    assert not author.busy
    author.close()


def test_a_group_is_written_when_it_is_begun_and_no_sooner() -> None:
    begun: list[int] = []

    def groups() -> Iterator[Iterable[int]]:
        for number in range(2):
            begun.append(number)
            yield [number]

    author = Author(groups(), Cancellation())
    assert begun == []
    author.begin()
    assert _rest(author) == [0]
    assert begun == [0]
    author.close()


def _rest(author: Author[Text]) -> list[Text]:
    found: list[Text] = []
    while author.busy:
        author.wait(Deadline.after(SOON))
        found += author.take()
    return found
