"""Lanes over a model that is a table: who computes beside whom, and what becomes of the others
when one fails, when all are stopped, and when nobody waits any more."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pytest

from analysis.deadline import Cancellation
from decoding.errors import CancelledError, DecodingError
from decoding.loop.lanes import refilled
from decoding.runtimes.runtime import Branching, Runtime
from tests.decoding.toy import Branches, Toy

TABLE = {"a": {"b": 0.6, "c": 0.4}, "b": {"c": 0.7, "a": 0.3}, "c": {"a": 1.0}}
#: Tokens that a lane has room for.
ROOM = 12


@pytest.fixture
def toy() -> Branches:
    runtime = Branches(TABLE)
    runtime.evaluate(runtime.tokenize("ab"), Cancellation())
    return runtime


@pytest.fixture(autouse=True)
def _no_lane_is_left() -> Iterator[None]:
    yield
    assert [thread.name for thread in threading.enumerate() if "lane" in thread.name] == []


def _greedily(count: int, lane: Runtime) -> str:
    """Writes so many tokens behind what is there."""
    return "".join(_steps(count, lane))


def _steps(count: int, lane: Runtime) -> Iterator[str]:
    token = lane.tokenize("c")[0]
    for _ in range(count):
        lane.evaluate([token], Cancellation())
        yield lane.token_bytes()[token].decode()
        token = int(np.argmax(lane.logits()))


def _run(
    toy: Branches, *works: Callable[[Runtime], str], stop: Cancellation | None = None
) -> list[str | Exception]:
    outcomes = dict(refilled(toy, works, len(works), ROOM, stop or Cancellation()))
    return [outcomes[number] for number in range(len(works))]


def test_only_a_runtime_with_branches_has_lanes(toy: Branches) -> None:
    assert isinstance(toy, Branching)
    assert not isinstance(Toy(TABLE), Branching)


def test_all_that_lanes_want_is_computed_together_until_each_has_ended(toy: Branches) -> None:
    counts = (3, 1, 4)
    assert _run(toy, *(partial(_greedily, count) for count in counts)) == ["cab", "c", "cabc"]
    assert [[branch for branch, _ in wanted] for wanted in toy.rounds] == [
        [0, 1, 2],
        [0, 2],
        [0, 2],
        [2],
    ]
    assert toy.branches == []
    assert list(toy.evaluated()) == toy.tokenize("ab")


def test_a_lane_is_a_runtime_of_its_own(toy: Branches) -> None:
    def cut_and_go_on(lane: Runtime) -> str:
        begun = list(lane.evaluated())
        rows = lane.evaluate_all(lane.tokenize("cab"), Cancellation())
        assert rows.shape == (3, lane.vocabulary_size)
        assert np.array_equal(lane.logits(), rows[-1])
        lane.truncate(len(begun) + 1)
        with pytest.raises(RuntimeError):
            lane.logits()
        lane.evaluate(lane.tokenize("a"), Cancellation())
        kept = lane.logits().copy()
        assert list(lane.evaluated()) == lane.tokenize("abca")
        lane.truncate(1)
        lane.evaluate(lane.tokenize("a"), Cancellation())
        assert np.array_equal(lane.logits(), kept), "both texts end with the same letter"
        return "ended"

    straight = "cabca"
    assert _run(toy, cut_and_go_on, partial(_greedily, 5)) == ["ended", straight]


def test_logits_of_a_lane_stay_while_others_go_on(toy: Branches) -> None:
    seen: list[str] = []

    def holds(lane: Runtime) -> str:
        lane.evaluate(lane.tokenize("b"), Cancellation())
        mine, before = lane.logits(), lane.logits().copy()
        seen.append("held")
        lane.evaluate(lane.tokenize("a"), Cancellation())
        assert np.array_equal(mine, before)
        assert not np.array_equal(lane.logits(), before)
        return "held"

    assert _run(toy, holds, partial(_greedily, 6))[0] == "held"
    assert seen


@pytest.mark.parametrize("seed", range(3))
def test_what_is_computed_together_does_not_depend_on_time(toy: Branches, seed: int) -> None:
    chance = random.Random(seed)

    def slowly(count: int, lane: Runtime) -> str:
        text = ""
        for piece in _steps(count, lane):
            time.sleep(chance.random() / 500)
            text += piece
        return text

    texts = _run(toy, *(partial(slowly, count) for count in (4, 2, 5, 3)))
    assert [len(str(text)) for text in texts] == [4, 2, 5, 3]
    assert [len(wanted) for wanted in toy.rounds] == [4, 4, 3, 2, 1]


def test_an_error_in_one_lane_is_its_own(toy: Branches) -> None:
    def fails(lane: Runtime) -> str:
        lane.evaluate(lane.tokenize("c"), Cancellation())
        raise ValueError("mine")

    first, second, third = _run(toy, partial(_greedily, 4), fails, partial(_greedily, 2))
    assert (first, third) == ("cabc", "ca")
    assert isinstance(second, ValueError)


def test_a_lane_that_wants_more_than_its_room_fails_alone(toy: Branches) -> None:
    fits, too_long = _run(toy, partial(_greedily, ROOM), partial(_greedily, ROOM + 1))
    assert fits == "cab" * (ROOM // 3)
    assert isinstance(too_long, DecodingError)


def test_a_pass_that_fails_is_raised_where_it_was_wanted(toy: Branches) -> None:
    def broken(_: Cancellation) -> None:
        raise DecodingError("no pass", where="toy")

    def tries_again(lane: Runtime) -> str:
        with pytest.raises(DecodingError, match="no pass"):
            _greedily(3, lane)
        return _greedily(1, lane)

    toy.before[1] = broken
    first, second = _run(toy, tries_again, partial(_greedily, 3))
    assert isinstance(second, DecodingError)
    assert first == "c"


def test_a_cancellation_ends_all_lanes_and_what_was_ready_stays(toy: Branches) -> None:
    stop = Cancellation()
    toy.before[2] = lambda _: stop.cancel()
    works = [partial(_greedily, count) for count in (9, 2, 9)]
    first, second, third = _run(toy, *works, stop=stop)
    assert second == "ca"
    assert isinstance(first, CancelledError)
    assert isinstance(third, CancelledError)
    assert len(toy.rounds) == 2
    assert toy.branches == []
    assert list(toy.evaluated()) == toy.tokenize("ab")


def test_where_nobody_waits_any_more_the_lanes_end(toy: Branches) -> None:
    ended: list[str] = []

    def interrupted(_: Cancellation) -> None:
        raise KeyboardInterrupt

    def cleans_up(lane: Runtime) -> str:
        try:
            return _greedily(9, lane)
        finally:
            ended.append(threading.current_thread().name)

    toy.before[1] = interrupted
    with pytest.raises(KeyboardInterrupt):
        _run(toy, cleans_up, cleans_up)
    assert sorted(ended) == ["lane-0", "lane-1"]
    assert toy.branches == []


def test_what_ends_is_followed_by_the_next_at_once_and_told_when_it_ends(toy: Branches) -> None:
    counts = (5, 1, 2, 3, 1)
    works = [partial(_greedily, count) for count in counts]
    told = list(refilled(toy, works, 2, ROOM, Cancellation()))
    assert told == [(1, "c"), (2, "ca"), (0, "cabca"), (4, "c"), (3, "cab")]
    assert [len(wanted) for wanted in toy.rounds] == [2, 2, 2, 2, 2, 2], "no lane waits"
    assert [branch for branch, _ in toy.rounds[-1]] == [0, 1]
    assert toy.branches == []


def test_whoever_takes_no_more_ends_what_is_under_way(toy: Branches) -> None:
    begun: list[int] = []

    def works() -> Iterator[Callable[[Runtime], str]]:
        for number in range(9):
            begun.append(number)
            yield partial(_greedily, 1 + number)

    told = refilled(toy, works(), 2, ROOM, Cancellation())
    assert next(told) == (0, "c")
    told.close()
    assert begun == [0, 1]
    assert toy.branches == []


def test_once_it_is_cancelled_no_more_begin(toy: Branches) -> None:
    stop = Cancellation()
    toy.before[2] = lambda _: stop.cancel()
    works = [partial(_greedily, count) for count in (1, 9, 9, 9, 9)]
    told = dict(refilled(toy, works, 2, ROOM, stop))
    assert told.pop(0) == "c"
    assert sorted(told) == [1, 2]
    assert all(isinstance(one, CancelledError) for one in told.values())
