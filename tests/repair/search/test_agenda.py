"""What the search tries next: by value and cost, slow ones again, parts of a repair together."""

from __future__ import annotations

from repair.candidates.candidate import Candidate
from repair.search.agenda import PATIENCE, Agenda, Turn
from repair.search.trials import Kind, Trial
from repair.source.file import OffsetEdit


def _candidate(name: str, value: float, start: int = 0) -> Candidate:
    return Candidate((OffsetEdit(start, start + 1, name),), f"template: {name}", value, 1)


def _agenda(*queue: Candidate, failing: str = "ab", hung: bool = False) -> Agenda:
    # A cheap trial takes a hundredth of a second; one that begins with "dear" a whole one.
    def cost(candidate: Candidate, patience: float) -> float:
        dear = candidate.edits[0].new.startswith("dear")
        return (1.0 if dear else 0.01) + (0.05 * patience if patience > 1 else 0.0)

    return Agenda(queue, cost, frozenset(failing), hung)


def _names(agenda: Agenda) -> list[str]:
    found = []
    while (turn := agenda.pop()) is not None:
        found.append("+".join(edit.new for edit in turn.candidate.edits))
    return found


def test_what_promises_the_most_by_the_second_comes_first() -> None:
    agenda = _agenda(_candidate("low", 0.1), _candidate("dear", 0.9), _candidate("high", 0.5))
    assert _names(agenda) == ["high", "low", "dear"]


def test_its_worth_is_what_the_next_one_promises_by_the_second() -> None:
    agenda = _agenda(_candidate("low", 0.1), _candidate("dear", 0.9), _candidate("high", 0.5))
    seen = [agenda.worth()]
    while agenda.pop() is not None:
        seen.append(agenda.worth())
    assert seen == [50.0, 10.0, 0.9, 0.0]
    agenda.slow(Turn(_candidate("slow", 0.82)))
    assert 0.9 < agenda.worth() < 1.1


def test_a_slow_one_comes_again_before_what_is_worth_less_for_its_time() -> None:
    slow = _candidate("slow", 0.8)
    agenda = _agenda(slow, _candidate("next", 0.5), _candidate("tail", 0.001))
    assert agenda.pop() == Turn(slow)
    agenda.slow(Turn(slow))
    following = [agenda.pop(), agenda.pop(), agenda.pop()]
    assert [t and t.candidate.edits[0].new for t in following] == ["next", "slow", "tail"]
    assert [t and t.patience for t in following] == [1.0, PATIENCE[1], 1.0]


def test_a_slow_one_gets_more_time_each_time_and_then_is_left() -> None:
    slow = Turn(_candidate("slow", 0.8))
    agenda = _agenda()
    seen = [slow.patience]
    agenda.slow(slow)
    while (turn := agenda.pop()) is not None:
        seen.append(turn.patience)
        agenda.slow(turn)
    assert tuple(seen) == PATIENCE


def test_where_the_program_hangs_slow_ones_wait_longer() -> None:
    # Worth 0.8 / 0.41 of a second, halved or worse.
    between = _candidate("between", 0.006)
    for hung, first in ((False, "slow"), (True, "between")):
        agenda = _agenda(between, hung=hung)
        agenda.slow(Turn(_candidate("slow", 0.8)))
        turn = agenda.pop()
        assert turn is not None
        assert turn.candidate.edits[0].new == first


def test_two_edits_that_fix_everything_between_them_come_at_once() -> None:
    one, other = _candidate("one", 0.1, 0), _candidate("other", 0.1, 10)
    agenda = _agenda(_candidate("likely", 0.9, 20))
    agenda.partial(Trial(one, Kind.PARTIAL, 1, fixed=frozenset("a")))
    agenda.partial(Trial(other, Kind.PARTIAL, 1, fixed=frozenset("b")))
    assert _names(agenda)[:2] == ["one+other", "likely"]


def test_one_that_fixes_a_part_is_joined_with_the_likeliest_of_the_rest() -> None:
    agenda = _agenda(_candidate("likely", 0.9, 20), _candidate("tail", 0.1, 30))
    agenda.partial(Trial(_candidate("part", 0.1, 0), Kind.PARTIAL, 1))
    assert _names(agenda) == ["likely", "part+likely", "tail", "part+tail"]


def test_edits_of_the_same_text_are_not_joined() -> None:
    agenda = _agenda(_candidate("same place", 0.9, 0))
    agenda.partial(Trial(_candidate("part", 0.1, 0), Kind.PARTIAL, 1))
    assert _names(agenda) == ["same place"]


def test_what_turns_out_to_cost_less_comes_earlier() -> None:
    seconds = {"dear": 1.0}

    def cost(candidate: Candidate, _patience: float) -> float:
        return seconds.get(candidate.edits[0].new[:4], 0.01)

    queue = [_candidate(name, value) for name, value in (("dear1", 0.9), ("dear2", 0.8))]
    queue += [_candidate("high", 0.5), _candidate("low", 0.005), _candidate("tail", 0.001)]
    agenda = Agenda(queue, cost, frozenset("a"), False)
    first = agenda.pop()
    assert first is not None
    assert first.candidate.edits[0].new == "high"
    assert agenda.pop() == Turn(queue[0])
    seconds["dear"] = 0.1
    assert _names(agenda) == ["dear2", "low", "tail"]
    agenda = Agenda(queue, cost, frozenset("a"), False)
    seconds["dear"] = 10.0
    assert _names(agenda) == ["high", "low", "tail", "dear1", "dear2"]
