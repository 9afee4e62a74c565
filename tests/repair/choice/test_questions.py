"""Which question is asked where patches that pass differ, and what follows from its answer."""

from __future__ import annotations

import _pytest.outcomes
from hypothesis import given
from hypothesis import strategies as st

from repair.choice.questions import as_test, changing, parting, refutes
from repair.job import Reply
from repair.sandbox.run import Behaviour

ROWS = st.lists(
    st.tuples(*[st.sampled_from(["1", "2", "raises KeyError", "raises ValueError", None])] * 6),
    min_size=2,
    max_size=7,
)


def behaviour(rows: list[tuple[str | None, ...]], own: tuple[bool, ...] = ()) -> Behaviour:
    calls = tuple(f"f({number})" for number in range(len(rows[0])))
    return Behaviour(calls, tuple("0" for _ in calls), tuple(rows), own=own)


@given(ROWS, st.data())
def test_answers_leave_what_is_meant_and_every_one_refutes_something(
    rows: list[tuple[str | None, ...]], data: st.DataObject
) -> None:
    seen = behaviour(rows)
    meant = data.draw(st.sampled_from(rows))
    left, told = list(rows), list[str]()
    while (question := parting(seen, [(row, 1.0) for row in left], told)) is not None:
        answer = meant[question.index]
        told.append(question.call)
        if answer is None:
            continue
        reply = Reply(question.call, answer, question.answers)
        kept = [row for row in left if not refutes(reply, seen, row)]
        assert meant in kept
        assert len(kept) < len(left)
        left = kept
        assert len(told) <= len(seen.calls)


def test_the_call_that_says_the_most_is_asked_and_among_equals_the_tests_own() -> None:
    rows: list[tuple[str | None, ...]] = [
        ("1", "1", "1", "1"),
        ("1", "2", "1", "2"),
        ("1", "2", "3", "2"),
        ("1", "1", "1", "1"),
    ]
    seen = behaviour(rows, own=(True, False, False, True))
    question = parting(seen, [(row, 1.0) for row in rows], ())
    assert question is not None
    assert (question.call, question.answers, question.before) == ("f(3)", ("1", "2"), "0")
    question = parting(seen, [(row, 1.0) for row in rows], ["f(3)"])
    assert question is not None
    assert question.call == "f(1)"
    assert parting(seen, [(rows[0], 1.0), (rows[3], 1.0)], ()) is None


def test_which_exception_a_call_raises_is_no_question() -> None:
    rows: list[tuple[str | None, ...]] = [("raises KeyError",) * 4, ("raises TypeError",) * 4]
    assert parting(behaviour(rows), [(row, 1.0) for row in rows], ()) is None


def test_what_a_patch_changes_beside_the_calls_of_the_tests_can_be_asked() -> None:
    row = ("1", "0", "raises ValueError", "7")
    seen = behaviour([row], own=(True, False, False, False))
    question = changing(seen, row, ())
    assert question is not None
    assert (question.call, question.answers) == ("f(3)", ("7", "0"))
    assert not question.splits
    again = changing(seen, row, ["f(3)"])
    assert again is not None
    assert again.answers == ("raises ValueError", "0")
    assert changing(seen, row, ["f(2)", "f(3)"]) is None


def test_none_of_these_refutes_what_was_shown() -> None:
    seen = behaviour([("1", "2")])
    reply = Reply("f(1)", None, ("2", "3"))
    assert refutes(reply, seen, ("1", "2"))
    assert not refutes(reply, seen, ("1", "4"))
    assert not refutes(reply, seen, ("1", None))
    assert not refutes(Reply("f(9)", "1"), seen, ("1", "2"))


def _holds(text: str, result: str) -> bool:
    """Whether a test holds of a module ``m`` whose function ``f`` does what ``result`` says."""
    scope: dict[str, object] = {}
    exec(f"def f(*a, **k):\n    {result}\n", scope)
    exec(text.replace("from m import f\n", ""), scope)
    try:
        scope["test_f_1"]()  # type: ignore[operator]
    except (AssertionError, ValueError, _pytest.outcomes.Failed):
        return False
    return True


def test_an_answer_becomes_a_test_that_tells() -> None:
    text = as_test(Reply("f([1, 2], k='x')", "[3]"), "m", 1)
    assert _holds(text, "return [3]")
    assert not _holds(text, "return [4]")
    text = as_test(Reply("f(1)", "raises ValueError"), "m", 1)
    assert _holds(text, "raise ValueError")
    assert not _holds(text, "return 1")
    assert as_test(Reply("f(1)", "True"), "m", 1).endswith("f(1) is True\n")
    for call, answer in (
        ("f(Thing())", "1"),
        ("Basket.total(Basket)", "1"),
        ("f(1)", "Thing()"),
        ("f(1)", "raises 1"),
        ("f(1)", None),
    ):
        assert as_test(Reply(call, answer), "m", 1) == ""
