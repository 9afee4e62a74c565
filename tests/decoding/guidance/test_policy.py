"""What is pruned, what is let be and what is said about it, over a model that is a table."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future

import pytest

from analysis.names import NameSet, Tier
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.lexer import Lexer
from decoding.monitors.monitor import Monitor, Passage, Verdict
from decoding.monitors.names import AttributeMonitor
from decoding.vocabulary.tokens import Constraint
from tests.decoding.toy import END, LIST, Facts, closed, only, written


@pytest.mark.parametrize("tier", [Tier.OPEN, Tier.ABSTAIN])
def test_what_is_not_closed_never_prunes(tier: Tier) -> None:
    table = {"x.": {"push": 1.0}, "push": {"[0]": 1.0}}
    names = NameSet("attribute", tier, "a dynamic class", LIST.names)
    out = written("x.$0\n", table, Facts({"x": names}))
    assert out.text == "push[0]"
    event = only(out.events)
    assert (event.tier, event.chosen, event.rejected) == (tier.value, "push", "")


def test_a_name_that_cannot_be_is_replaced_however_sure_the_model_is() -> None:
    table = {"x.": {"push": 0.95, "pop": 0.05}, "push": {"[0]": 1.0}, "pop": {"()": 1.0}}
    out = written("x.$0\n", table, Facts({"x": LIST}))
    assert out.text == "pop()"
    event = only(out.events)
    assert not event.disputed
    assert (event.rejected, event.chosen) == ("push", "pop")


def test_a_name_that_is_assigned_may_be_new() -> None:
    table = {"self.": {"fresh": 0.6}, "fresh": {" =": 1.0}, " =": {" 1": 1.0}}
    out = written("def f(self):\n    self.$0\n", table, Facts({"self": LIST}))
    assert out.text == "fresh = 1"
    assert not only(out.events).rejected


def test_a_name_that_is_compared_has_to_exist() -> None:
    table = {
        "self.": {"fresh": 0.6, "pop": 0.4},
        "fresh": {" =": 1.0},
        " =": {"= 1": 1.0},
        "pop": {"()": 1.0},
    }
    out = written("def f(self):\n    self.$0\n", table, Facts({"self": LIST}))
    assert out.text == "pop()"


def test_no_more_than_two_names_are_replaced_in_a_line_then_it_is_silent() -> None:
    table = {
        "x.": {"push": 0.5, "pop": 0.3, "q": 0.2},
        "push": {" + ": 1.0},
        "pop": {" + ": 0.5, "q": 0.5},
        " + ": {"x.": 0.4, "q": 0.3, "r": 0.3},
    }
    out = written("y = x.$0\n", table, Facts({"x": LIST}))
    assert (out.text, out.stopped) == ("", "gave_up")
    assert [e.rejected for e in out.events] == ["push", "push", "push"]
    assert [e.chosen for e in out.events] == ["pop", "pop", ""]


def test_a_line_the_model_believes_in_is_let_be_instead() -> None:
    table = {
        "x.": {"push": 0.6, "pop": 0.4},
        "push": {END: 1.0},
        "pop": {" + ": 1.0},
        " + ": {"x.": 1.0},
    }
    out = written("y = x.$0\n", table, Facts({"x": LIST}))
    assert (out.text, out.stopped) == ("pop + x.pop + x.push", "end")
    assert [e.disputed for e in out.events] == [False, False, True]


def test_a_late_answer_is_applied_by_rollback() -> None:
    class Later(Facts):
        """Answers about x when the model is three tokens further."""

        def start(self, snapshot: Snapshot, hole: Hole) -> Future[NameSet]:
            future = super().start(snapshot, hole)
            if hole.receiver_text == "y":
                self.futures[0].set_result(LIST)
            return future

    table = {
        "x.": {"push": 0.6, "pop": 0.4},
        "push": {"(": 1.0},
        "push(": {"y.": 1.0},
        "y.": {"z": 1.0},
        "z": {")": 1.0},
        "pop": {"()": 1.0},
    }
    facts = Later({"x": LIST}, late=["x"])
    out = written("x.$0\n", table, facts, monitors=[AttributeMonitor()])
    assert out.text == "pop()"
    assert [e.rejected for e in out.events] == ["push"]
    assert len(facts.asked) == 2


def test_an_answer_that_does_not_come_in_time_abstains_and_says_so() -> None:
    table = {"x.": {"push": 1.0}, "push": {"[0]": 1.0}}
    out = written("x.$0\n", table, Facts({"x": LIST}, late=["x"]), query_deadline=0.02)
    assert out.text == "push[0]"
    event = only(out.events)
    assert (event.tier, event.reason) == ("abstain", "no answer within 20 ms")
    assert out.timing.analysis <= 1000


@pytest.mark.parametrize("when", ["at once", "in the future"])
def test_evidence_that_fails_abstains(when: str) -> None:
    class Broken(Facts):
        def start(self, snapshot: Snapshot, hole: Hole) -> Future[NameSet]:
            if when == "at once":
                raise OSError("the worker died")
            future: Future[NameSet] = Future()
            future.set_exception(OSError("the worker died"))
            return future

    table = {"x.": {"push": 1.0}, "push": {"[0]": 1.0}}
    out = written("x.$0\n", table, Broken({}))
    assert out.text == "push[0]"
    assert only(out.events).reason == "evidence failed: OSError"


def test_where_no_name_begins_with_what_is_typed_there_is_silence() -> None:
    table = {"x.zz": {"top": 0.95}, "zztop": {"()": 1.0}}
    out = written("x.zz$0\n", table, Facts({"x": LIST}))
    assert (out.text, out.stopped) == ("", "gave_up")
    event = only(out.events)
    assert (event.rejected, event.chosen, event.disputed) == ("zztop", "", False)
    assert "typed" in event.reason
    # It may be the beginning of a new name where one is assigned.
    table = {"self.zz": {"top": 0.95}, "zztop": {" =": 1.0}, " =": {" 1": 1.0}}
    new = written("def f(self):\n    self.zz$0\n", table, Facts({"self": LIST}))
    assert new.text == "top = 1"


def test_a_closed_set_without_names_is_a_mistake_and_lets_the_model_go_on() -> None:
    empty = written("x.$0\n", {"x.": {"push": 0.6}}, Facts({"x": closed()}))
    assert empty.text == "push"


def test_what_the_user_typed_whole_is_his_and_what_he_typed_in_part_is_completed() -> None:
    facts = Facts({"x": LIST})
    his = written("x.push$0\n", {"x.push": {"[0]": 1.0}}, facts)
    assert his.text == "[0]"
    assert not only(his.events).disputed
    # The model would end a name that is none; it is made to go on.
    part = written(
        "x.app$0\n", {"x.app": {"[0]": 0.95, "end": 0.05}, "append": {"[0]": 1.0}}, facts
    )
    assert part.text == "end[0]"
    assert only(part.events).rejected == "app"


def test_a_name_cut_by_the_limit_is_not_called_wrong() -> None:
    table = {"x.": {"po": 0.6}, "po": {"pi": 0.6}, "popi": {"tem": 1.0}}
    out = written("x.$0\n", table, Facts({"x": LIST}), max_tokens=1)
    assert (out.text, out.stopped) == ("po", "length")
    assert not only(out.events).rejected


def test_strings_and_comments_are_not_watched() -> None:
    table = {"y = ": {"'x.push' # x.push": 1.0}}
    facts = Facts({"x": LIST})
    assert written("y = $0\n", table, facts).text == "'x.push' # x.push"
    assert facts.asked == []


class Stranger(Monitor):
    """Watches everything, and rejects nothing."""

    name = "attribute"
    kinds = frozenset(HoleKind)

    def begins(self, lexer: Lexer) -> bool:
        return True

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        return Verdict.ALLOWED

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        return None


@pytest.mark.parametrize("error", [ZeroDivisionError, SystemExit, asyncio.CancelledError])
@pytest.mark.parametrize(
    "method",
    ["begins", "judge", "constraint", "concerns", "wanted", "filled", "impossible", "ending"],
)
def test_a_monitor_that_raises_is_left_aside(
    method: str, error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise error

    table = {"x.": {"push": 0.6, "pop": 0.4}, "push": {"[0]": 1.0}, "pop": {"()": 1.0}}
    # What fills a hole is asked of those that wait until something does.
    waits = {"wanted": lambda *_: True} if method == "filled" else {}
    stranger = type("Broken", (Stranger,), {**waits, method: broken})
    # Others speak before and behind it.
    for monitors in ([stranger(), AttributeMonitor()], [AttributeMonitor(), stranger()]):
        assert written("x.$0\n", table, Facts({"x": LIST}), monitors=monitors).text == "pop()"
    assert written("x.$0\n", table, Facts({"x": LIST}), monitors=[stranger()]).text == "push[0]"
    assert "monitor attribute failed" in caplog.text


@pytest.mark.parametrize("method", ["judge", "constraint", "wanted", "filled", "ending"])
def test_a_monitor_that_answers_nonsense_is_left_aside(method: str) -> None:
    table = {"x.": {"push": 0.6, "pop": 0.4}, "push": {"[0]": 1.0}, "pop": {"()": 1.0}}
    stranger = type("Odd", (Stranger,), {method: lambda *_: object()})
    monitors = [stranger(), AttributeMonitor()]
    assert written("x.$0\n", table, Facts({"x": LIST}), monitors=monitors).text == "pop()"


def test_analysis_is_told_what_the_model_wrote() -> None:
    table = {"y": {".": 1.0}, ".": {"pop": 1.0}, "pop": {" + x.": 0.5}, " + x.": {"pop": 1.0}}
    facts = Facts({"x": LIST, "y": LIST})
    written("y = 1\n$0\n", {**table, "y = 1\n": {"y": 1.0}}, facts)
    begun = len("y = 1\n")
    told = {hole.receiver_text: hole.written for _, hole in facts.asked if hole.start > begun}
    assert told
    assert set(told.values()) == {begun}
