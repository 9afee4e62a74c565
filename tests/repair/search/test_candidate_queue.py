"""What the search tries next: by value and cost, slow ones again, parts of a repair together."""

from __future__ import annotations

from repair.candidates.candidate import Candidate
from repair.search.candidate_queue import PATIENCE, CandidateQueue, Turn
from repair.search.trials import Kind, Trial
from repair.source.file import OffsetEdit


def _candidate(name: str, value: float, start: int = 0) -> Candidate:
    return Candidate((OffsetEdit(start, start + 1, name),), f"template: {name}", value, 1)


def _queue(*queue: Candidate, failing: str = "ab", hung: bool = False) -> CandidateQueue:
    # A cheap trial takes a hundredth of a second; one that begins with "dear" a whole one.
    def cost(candidate: Candidate, patience: float) -> float:
        dear = candidate.edits[0].new.startswith("dear")
        return (1.0 if dear else 0.01) + (0.05 * patience if patience > 1 else 0.0)

    return CandidateQueue(queue, cost, frozenset(failing), hung)


def _names(queue: CandidateQueue) -> list[str]:
    found = []
    while (turn := queue.pop()) is not None:
        found.append("+".join(edit.new for edit in turn.candidate.edits))
    return found


def test_what_promises_the_most_by_the_second_comes_first() -> None:
    queue = _queue(_candidate("low", 0.1), _candidate("dear", 0.9), _candidate("high", 0.5))
    assert _names(queue) == ["high", "low", "dear"]


def test_its_worth_is_what_the_next_one_promises_by_the_second() -> None:
    queue = _queue(_candidate("low", 0.1), _candidate("dear", 0.9), _candidate("high", 0.5))
    seen = [queue.worth()]
    while queue.pop() is not None:
        seen.append(queue.worth())
    assert seen == [50.0, 10.0, 0.9, 0.0]
    queue.slow(Turn(_candidate("slow", 0.82)))
    assert 0.9 < queue.worth() < 1.1


def test_a_slow_one_comes_again_before_what_is_worth_less_for_its_time() -> None:
    slow = _candidate("slow", 0.8)
    queue = _queue(slow, _candidate("next", 0.5), _candidate("tail", 0.001))
    assert queue.pop() == Turn(slow)
    queue.slow(Turn(slow))
    following = [queue.pop(), queue.pop(), queue.pop()]
    assert [t and t.candidate.edits[0].new for t in following] == ["next", "slow", "tail"]
    assert [t and t.patience for t in following] == [1.0, PATIENCE[1], 1.0]


def test_a_slow_one_gets_more_time_each_time_and_then_is_left() -> None:
    slow = Turn(_candidate("slow", 0.8))
    queue = _queue()
    seen = [slow.patience]
    queue.slow(slow)
    while (turn := queue.pop()) is not None:
        seen.append(turn.patience)
        queue.slow(turn)
    assert tuple(seen) == PATIENCE


def test_where_the_program_hangs_slow_ones_wait_longer() -> None:
    # Worth 0.8 / 0.41 of a second, halved or worse.
    between = _candidate("between", 0.006)
    for hung, first in ((False, "slow"), (True, "between")):
        queue = _queue(between, hung=hung)
        queue.slow(Turn(_candidate("slow", 0.8)))
        turn = queue.pop()
        assert turn is not None
        assert turn.candidate.edits[0].new == first


def test_two_edits_that_fix_everything_between_them_come_at_once() -> None:
    one, other = _candidate("one", 0.1, 0), _candidate("other", 0.1, 10)
    queue = _queue(_candidate("likely", 0.9, 20))
    queue.partial(Trial(one, Kind.PARTIAL, 1, fixed=frozenset("a")))
    queue.partial(Trial(other, Kind.PARTIAL, 1, fixed=frozenset("b")))
    assert _names(queue)[:2] == ["one+other", "likely"]


def test_one_that_fixes_a_part_is_joined_with_the_likeliest_of_the_rest() -> None:
    queue = _queue(_candidate("likely", 0.9, 20), _candidate("tail", 0.1, 30))
    queue.partial(Trial(_candidate("part", 0.1, 0), Kind.PARTIAL, 1))
    assert _names(queue) == ["likely", "part+likely", "tail", "part+tail"]


def test_edits_of_the_same_text_are_not_joined() -> None:
    queue = _queue(_candidate("same place", 0.9, 0))
    queue.partial(Trial(_candidate("part", 0.1, 0), Kind.PARTIAL, 1))
    assert _names(queue) == ["same place"]


def test_what_turns_out_to_cost_less_comes_earlier() -> None:
    seconds = {"dear": 1.0}

    def cost(candidate: Candidate, _patience: float) -> float:
        return seconds.get(candidate.edits[0].new[:4], 0.01)

    waiting = [_candidate(name, value) for name, value in (("dear1", 0.9), ("dear2", 0.8))]
    waiting += [_candidate("high", 0.5), _candidate("low", 0.005), _candidate("tail", 0.001)]
    queue = CandidateQueue(waiting, cost, frozenset("a"), False)
    first = queue.pop()
    assert first is not None
    assert first.candidate.edits[0].new == "high"
    assert queue.pop() == Turn(waiting[0])
    seconds["dear"] = 0.1
    assert _names(queue) == ["dear2", "low", "tail"]
    queue = CandidateQueue(waiting, cost, frozenset("a"), False)
    seconds["dear"] = 10.0
    assert _names(queue) == ["high", "low", "tail", "dear1", "dear2"]
