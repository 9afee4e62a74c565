"""Samples over a model that is a table: side by side they are those written one by one."""

from __future__ import annotations

import threading

import pytest

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Snapshot, Workspace
from decoding.errors import CancelledError
from decoding.local_writer import LocalWriter
from decoding.writer import Completion, InfillRequest
from tests.decoding.toy import END, LIST, Branches, Facts, Toy

#: What follows a prompt: calls of a list's methods, one of which does not exist, and others.
TABLE = {
    "\x03": {"xs.": 0.5, "ys.": 0.3, "zs": 0.2},
    "xs.": {"appendix": 0.6, "pop": 0.4},
    "ys.": {"append": 0.5, "appendix": 0.5},
    "appendix": {"(": 1.0},
    "append": {"(": 1.0},
    "pop": {"(": 1.0},
    "(": {"zs": 0.5, ")": 0.5},
    "zs": {"zs": 0.5, ")": 0.2, END: 0.3},
    ")": {END: 1.0},
}
TEXT = "xs = []\nys = unknown()\nzs = 1\n"
COUNT = 7


def _writer(runtime: Toy) -> LocalWriter:
    return LocalWriter(runtime)


def _request(max_tokens: int = 48) -> InfillRequest:
    text = TEXT + "print()\n"
    return InfillRequest(
        Snapshot("/a.py", text, Workspace("/")), len(TEXT), max_tokens, temperature=0.9, seed=3
    )


def _facts() -> Facts:
    return Facts({"xs": LIST})


def _drawn(
    writer: LocalWriter,
    count: int,
    *,
    cancellation: Cancellation | None = None,
    deadline: Deadline | None = None,
    max_tokens: int = 48,
) -> list[Completion]:
    stop, until = cancellation or Cancellation(), deadline or Deadline.never()
    return list(
        writer.samples(
            _request(max_tokens=max_tokens), count, _facts(), deadline=until, cancellation=stop
        )
    )


def _lanes() -> list[str]:
    return [thread.name for thread in threading.enumerate() if "lane" in thread.name]


def test_side_by_side_they_are_those_written_one_by_one() -> None:
    toy, branching = Toy(TABLE), Branches(TABLE)
    alone, together = _drawn(_writer(toy), COUNT), _drawn(_writer(branching), COUNT)
    assert len(alone) == COUNT
    assert len({one.text for one in alone}) > 2
    for one, other in zip(alone, together, strict=True):
        assert (one.text, one.tokens, one.stopped) == (other.text, other.tokens, other.stopped)
        assert one.confidence == pytest.approx(other.confidence)
        assert [(event.rejected, event.chosen) for event in one.events] == [
            (event.rejected, event.chosen) for event in other.events
        ]
    assert any(event.rejected == "appendix" for one in alone for event in one.events)
    # The first group has all branches, the second the three that are left.
    assert [branch for branch, _ in branching.rounds[0]] == [0, 1, 2, 3]
    assert max(branch for branch, _ in branching.rounds[-1]) <= 2
    assert len(branching.rounds) < toy.passes


def test_the_prompt_is_read_once() -> None:
    branching = Branches(TABLE)
    writer = _writer(branching)
    first, *others = _drawn(writer, 4)
    assert branching.computed == first.prompt_tokens - 1
    assert first.reused_tokens == 0
    assert all(one.reused_tokens == one.prompt_tokens - 1 for one in others)
    again = _drawn(writer, 4)
    assert branching.computed == first.prompt_tokens - 1
    assert [one.text for one in again] == [one.text for one in (first, *others)]
    done = writer.complete(_request(), None, deadline=Deadline.never(), cancellation=Cancellation())
    assert done.reused_tokens == done.prompt_tokens - 1


def test_between_two_samples_the_writer_may_do_other_things() -> None:
    branching = Branches(TABLE)
    writer = _writer(branching)
    drawn = []
    for one in writer.samples(
        _request(), COUNT, _facts(), deadline=Deadline.never(), cancellation=Cancellation()
    ):
        drawn.append(one.text)
        assert branching.branches == []
        assert _lanes() == []
        writer.score("x = ", "ys.append(", cancellation=Cancellation())
    assert drawn == [one.text for one in _drawn(_writer(Branches(TABLE)), COUNT)]


def test_whoever_stops_early_leaves_nothing_behind() -> None:
    branching = Branches(TABLE)
    writer = _writer(branching)
    samples = writer.samples(
        _request(), COUNT, _facts(), deadline=Deadline.never(), cancellation=Cancellation()
    )
    next(samples)
    rounds = len(branching.rounds)
    del samples
    assert len(branching.rounds) == rounds
    assert branching.branches == []
    assert len(_drawn(writer, 2)) == 2


def test_a_cancellation_is_raised_behind_what_was_ready_and_the_next_call_works() -> None:
    branching, stop = Branches(TABLE), Cancellation()
    writer = _writer(branching)
    branching.before[1] = lambda _: stop.cancel()
    with pytest.raises(CancelledError):
        _drawn(writer, 4, cancellation=stop)
    assert branching.branches == []
    assert _lanes() == []
    assert [one.text for one in _drawn(writer, 4)] == [
        one.text for one in _drawn(_writer(Branches(TABLE)), 4)
    ]


def test_a_deadline_that_passes_leaves_what_is_ready_and_begins_no_more() -> None:
    undisturbed, branching = Branches(TABLE), Branches(TABLE)
    whole = _drawn(_writer(undisturbed), 4)

    def wait(cancellation: Cancellation) -> None:
        while not cancellation.cancelled:
            threading.Event().wait(0.001)

    branching.before[len(undisturbed.rounds) - 1] = wait
    drawn = _drawn(_writer(branching), COUNT, deadline=Deadline.after(0.8))
    assert len(drawn) == 4
    ready = [one for one in drawn if one.stopped != "deadline"]
    assert 0 < len(ready) < 4
    assert {one.text for one in ready} <= {one.text for one in whole}
    assert {one.text for one in drawn if one.stopped == "deadline"} == {""}


def test_where_there_is_no_room_for_two_they_are_written_one_by_one() -> None:
    branching = Branches(TABLE)
    writer = _writer(branching)
    few = _drawn(writer, 3, max_tokens=branching.context_size)
    assert branching.rounds == []
    assert [one.text for one in few] == [one.text for one in _drawn(_writer(Toy(TABLE)), 3)]


def test_streamed_each_is_told_when_it_is_written_and_has_the_text_of_its_seed() -> None:
    one_by_one, branching = _drawn(_writer(Toy(TABLE)), 9), Branches(TABLE)
    seeds, stop = range(3, 12), Cancellation()
    found = list(
        _writer(branching).stream(
            _request(), seeds, _facts(), deadline=Deadline.never(), cancellation=stop
        )
    )
    assert [one.text for _, one in sorted(found, key=lambda each: each[0])] == [
        one.text for one in one_by_one
    ]
    assert [seed for seed, _ in found] != list(seeds), "the shortest are there first"
    alone = _writer(Toy(TABLE)).stream(
        _request(), seeds, _facts(), deadline=Deadline.never(), cancellation=stop
    )
    assert [(seed, one.text) for seed, one in alone] == [
        (seed, one.text) for seed, one in zip(seeds, one_by_one, strict=True)
    ]


def test_a_stream_begins_none_once_the_deadline_passed() -> None:
    branching = Branches(TABLE)

    def wait(cancellation: Cancellation) -> None:
        while not cancellation.cancelled:
            threading.Event().wait(0.001)

    branching.before[2] = wait
    found = _writer(branching).stream(
        _request(),
        range(3, 40),
        _facts(),
        deadline=Deadline.after(0.5),
        cancellation=Cancellation(),
    )
    late = [one for _, one in found if one.stopped == "deadline"]
    assert 0 < len(late) <= branching.most_branches
    assert {one.text for one in late} == {""}
    assert branching.branches == []
