"""Of the bodies that pass, one is chosen that does what most of those written do."""

from __future__ import annotations

from collections.abc import Mapping

from repair.agreement import Vote, agreed
from repair.candidates.candidate import Candidate
from repair.sandbox.run import Behaviour
from repair.source import Edit

CALLS = ("f(1)", "f(2)", "f(3)", "f(4)")


def _body(text: str) -> Candidate:
    return Candidate((Edit(0, 3, text),), "body", 1.0, 1)


def _own(text: str, draws: int = 1) -> Vote:
    return Vote(_body(text), _body(text), float(draws))


def _ranked(answers: Mapping[Vote, tuple[str | None, ...] | None], *wanted: str) -> list[str]:
    known = (*wanted, *[None] * (len(CALLS) - len(wanted)))
    behaviour = Behaviour(CALLS, (None,) * len(CALLS), tuple(answers.values()), known)
    return [candidate.edits[0].new for candidate in agreed(list(answers), behaviour)]


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
    assert _ranked({**others, _own("written"): right})[0] != "written"


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
    assert [c.edits[0].new for c in agreed([_own("a"), _own("b", 2)], None)] == ["b", "a"]
