"""A writer behind which two threads may stand, and that scores a text once."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Snapshot, Workspace
from decoding.writer import Completion, InfillRequest, Writer
from repair.search.remembering import RememberingWriter
from tests.scripted import Scripted

REQUEST = InfillRequest(Snapshot("m.py", "", Workspace("/")), 0)


class _Slow(Scripted):
    """Answers when ``go`` is set; counts calls, and how many were inside at once."""

    def __init__(self) -> None:
        super().__init__()
        self.go, self.begun = threading.Event(), threading.Event()
        self.calls = self.inside = self.most = 0

    def answer(self, request: InfillRequest, cancellation: Cancellation) -> Completion:
        self._pass()
        return Completion(f"{request.seed}")

    def score(self, before: str, text: str, *, cancellation: Cancellation) -> float:
        self._pass()
        return super().score(before, text, cancellation=cancellation)

    def _pass(self) -> None:
        self.calls += 1
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.begun.set()
        self.go.wait(10)
        self.inside -= 1


def _samples(writer: Writer, count: int) -> Iterator[str]:
    found = writer.samples(
        REQUEST, count, None, deadline=Deadline.never(), cancellation=Cancellation()
    )
    return (one.text for one in found)


def test_a_text_is_scored_once() -> None:
    slow = _Slow()
    slow.go.set()
    writer = RememberingWriter(slow)
    scores = [writer.score("a", text, cancellation=Cancellation()) for text in ("b", "cd", "b")]
    assert scores == [-1.0, -2.0, -1.0]
    assert slow.calls == 2
    assert writer.name == slow.name


def test_who_comes_second_waits_and_takes_what_the_first_one_found() -> None:
    slow = _Slow()
    writer = RememberingWriter(slow)
    threads = [
        threading.Thread(target=writer.score, args=("a", "b"), kwargs={"cancellation": stop})
        for stop in (Cancellation(), Cancellation())
    ]
    threads[0].start()
    assert slow.begun.wait(10)
    threads[1].start()
    slow.go.set()
    for thread in threads:
        thread.join()
    assert (slow.calls, slow.most) == (1, 1)


def test_between_two_samples_others_have_their_turn() -> None:
    slow = _Slow()
    slow.go.set()
    writer = RememberingWriter(slow)
    samples = _samples(writer, 2)
    assert next(samples) == "0"
    assert writer.score("", "abc", cancellation=Cancellation()) == -3.0
    assert list(samples) == ["1"]
    found = writer.complete(REQUEST, None, deadline=Deadline.never(), cancellation=Cancellation())
    assert found.text == "0"
