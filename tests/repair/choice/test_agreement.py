"""Of the bodies that pass, one is chosen that does what most of those written do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from repair.candidates.candidate import Candidate
from repair.choice.agreement import Vote, agreed
from repair.choice.kinds import Told
from repair.sandbox.run import Behaviour
from repair.source.file import OffsetEdit

CALLS = ("f(1)", "f(2)", "f(3)", "f(4)")


def _body(text: str) -> Candidate:
    return Candidate((OffsetEdit(0, 3, text),), "body", 1.0, 1)


def _own(text: str, draws: int = 1) -> Vote:
    return Vote(_body(text), _body(text), float(draws))


Row = tuple[str | None, ...]


def _ranked(
    answers: Mapping[Vote, Row | None],
    *wanted: str,
    failing: Sequence[Row] = (),
    told: Told | None = None,
) -> list[str]:
    """The texts in their order; bodies that give the answers ``failing`` were written once each."""
    known = (*wanted, *[None] * (len(CALLS) - len(wanted)))
    behaviour = Behaviour(CALLS, (None,) * len(CALLS), (*answers.values(), *failing), known)
    return _texts(agreed(list(answers), behaviour, [1.0] * len(failing), told))


def _texts(groups: list[list[Vote]]) -> list[str]:
    return [vote.candidate.edits[0].new for group in groups for vote in group]


def test_the_behaviour_that_most_share_wins_and_the_shortest_of_it_stands_for_it() -> None:
    same, other = ("1", "2", "3", "4"), ("1", "2", "3", "5")
    votes = {_own("return long(x)"): same, _own("return y"): other, _own("return x"): same}
    assert _ranked(votes) == ["return x", "return long(x)", "return y"]


def test_what_was_written_twice_counts_twice() -> None:
    same, other = ("1", "2", "3", "4"), ("1", "2", "3", "5")
    votes = {_own("a"): same, _own("b"): same, _own("c", 3): other}
    assert _ranked(votes)[0] == "c"


def test_edits_of_one_body_that_do_the_same_are_one_vote() -> None:
    """Many ways to the same result at one place say nothing about whether it is meant."""
    body, right, wrong = _body("wrong"), ("1", "2", "3", "4"), ("1", "2", "0", "0")
    edited = {Vote(_body(f"edit {n}"), body, 0.4): wrong for n in range(4)}
    assert _ranked({**edited, _own("written"): right})[0] == "written"
    others = {Vote(_body(f"edit {n}"), _body(f"wrong {n}"), 0.4): wrong for n in range(4)}
    assert _ranked({**others, _own("written"): right}, failing=[wrong] * 4)[0] != "written"


def test_what_raises_on_all_calls_or_breaks_an_example_is_doubted() -> None:
    raising = ("raises KeyError: 1",) * 4
    assert _ranked({_own("a", 3): raising, _own("b"): ("1", "2", "3", "4")})[0] == "b"
    off, right = ("0", "2", "3", "4"), ("1", "2", "3", "4")
    assert _ranked({_own("a", 3): off, _own("b"): right}, "1")[0] == "b"
    assert _ranked({_own("a", 3): off, _own("b"): right})[0] == "a"


def test_one_of_which_nothing_is_known_stands_for_itself() -> None:
    answers = ("1", "2", "3", "4")
    votes = {_own("a"): None, _own("b"): None, _own("c"): answers, _own("d"): answers}
    assert _ranked(votes)[:2] == ["c", "d"]
    assert _texts(agreed([_own("a"), _own("b", 2)], None)) == ["b", "a"]


def test_where_all_differ_the_one_is_chosen_that_shares_most_with_all_that_were_written() -> None:
    """Those that fail are wrong on some calls and right on others."""
    votes: dict[Vote, Row | None] = {
        _own("a"): ("1", "2", "0", "0"),
        _own("b"): ("1", "2", "3", "0"),
    }
    failing = [("9", "2", "3", "4"), ("1", "9", "3", "4")]
    assert _ranked(votes, failing=failing)[0] == "b"
    assert _ranked(votes, failing=[("9", "2", "0", "0")] * 2)[0] == "a"
    # Two that do the same count more than likeness.
    votes |= {_own("c"): ("1", "2", "0", "0")}
    assert set(_ranked(votes, failing=failing)[:2]) == {"a", "c"}


def test_failing_alike_is_no_agreement() -> None:
    votes: dict[Vote, Row | None] = {
        _own("a"): ("1", "raises KeyError: 1", "raises KeyError: 1", "5"),
        _own("b"): ("1", "2", "3", "4"),
    }
    failing = [("0", "raises ValueError: 1", "raises ValueError: 1", "4")] * 3
    assert _ranked(votes, failing=failing)[0] == "b"


def test_answers_of_another_kind_than_is_told_or_shown_are_doubted() -> None:
    votes: dict[Vote, Row | None] = {
        _own("a", 2): ("1", "None", "None", "4"),
        _own("b"): ("1", "2", "0", "4"),
    }
    assert _ranked(votes)[0] == "a"
    assert _ranked(votes, told=Told("f", frozenset({"number"})))[0] == "b"
    assert _ranked(votes, told=Told("f", frozenset({"number", "None"})))[0] == "a"
    assert _ranked(votes, "1", told=Told("f"))[0] == "b"
    assert _ranked(votes, told=Told("f"))[0] == "a"
    # Nothing is told of other functions.
    assert _ranked(votes, "1", told=Told("g", frozenset({"number"})))[0] == "a"
