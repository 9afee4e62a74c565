"""The loop over a model that is a table: what is pruned, what is let be, and what it costs."""

from __future__ import annotations

import math
from concurrent.futures import Future

import pytest

from analysis.deadline import Cancellation
from analysis.names import Name, NameSet, Tier
from analysis.signatures import NOTHING, Parameter, Signature, arity_of
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.lexer import Lexer
from decoding.completion import Event
from decoding.constraint import Constraint
from decoding.errors import CancelledError
from decoding.monitors.arity import ArityMonitor
from decoding.monitors.attribute import AttributeMonitor
from decoding.monitors.bare_name import NameMonitor
from decoding.monitors.keyword_argument import KeywordMonitor
from decoding.monitors.monitor import Passage, Verdict
from decoding.written import Written
from tests.decoding.toy import END, Facts, Toy, closed, written

LIST = closed("append", "extend", "pop", "popitem")


def _only(events: tuple[Event, ...]) -> Event:
    assert len(events) == 1, events
    return events[0]


def test_unguided_it_writes_what_the_model_says() -> None:
    out = written("x.$0\n", {"x.": {"push": 0.6, "pop": 0.4}, "push": {"(1)": 1.0}}, None)
    assert (out.text, out.stopped, out.events) == ("push(1)", "end", ())
    assert out.logprobs[0] == pytest.approx(math.log(0.6), abs=1e-4)


def test_an_invented_member_is_replaced_by_the_most_probable_real_one() -> None:
    table = {
        "x.": {"push": 0.6, "pop": 0.1, "append": 0.3},
        "push": {"(1)": 1.0},
        "append": {"(2)": 1.0},
    }
    out = written("x.$0\n", table, Facts({"x": LIST}))
    assert out.text == "append(2)"
    event = _only(out.events)
    assert (event.rejected, event.chosen, event.tier) == ("push", "append", "closed")
    assert not event.disputed


def test_a_private_name_is_chosen_only_by_the_model_or_where_nothing_else_is_left() -> None:
    both, private = closed("append", "__len__"), closed("__len__")
    likelier = {"x.": {"push": 0.5, "__": 0.4, "append": 0.1}, "__": {"len__": 1.0}}
    ends = {"push": {"(1)": 1.0}, "append": {"(2)": 1.0}, "__len__": {"()": 1.0}}
    assert written("x.$0\n", likelier | ends, Facts({"x": both})).text == "append(2)"
    assert written("x.$0\n", likelier | ends, Facts({"x": private})).text == "__len__()"
    own = {"x.": {"__": 0.8, "append": 0.2}, "__": {"len__": 1.0}}
    out = written("x.$0\n", own | ends, Facts({"x": both}))
    assert (out.text, _only(out.events).rejected) == ("__len__()", "")


def test_in_its_own_class_a_private_name_is_as_good_as_another() -> None:
    table = {
        "self.": {"push": 0.5, "_items": 0.4, "append": 0.1},
        "push": {"(1)": 1.0},
        "_items": {"[0]": 1.0},
        "append": {"(2)": 1.0},
    }
    names = closed("append", "_items", "__init__")
    assert written("self.$0\n", table, Facts({"self": names})).text == "_items[0]"


def test_a_trigger_inside_a_token_keeps_what_the_token_held_before_the_name() -> None:
    table = {
        "y = ": {"f(x).push": 0.6, "z": 0.4},
        "f(x).push": {"(1)": 1.0},
        "y = f": {"(": 0.2, "(x).": 0.8},
        "y = f(x).": {"po": 1.0},
        "po": {"p": 1.0},
        "pop": {"()": 1.0},
    }
    out = written("y = $0\n", table, Facts({"f(x)": LIST}), monitors=[AttributeMonitor()])
    assert out.text == "f(x).pop()"
    assert _only(out.events).offset == len("f(x).")


def test_the_byte_that_ends_a_name_counts_in_the_choice() -> None:
    # `pop` alone is more probable than `append`, but the model would go on to `popleft`.
    table = {
        "x.": {"push": 0.4, "pop": 0.35, "append": 0.25},
        "push": {"(": 1.0},
        "pop": {"left": 0.99, "(": 0.01},
        "append": {"(2)": 1.0},
    }
    assert written("x.$0\n", table, Facts({"x": LIST})).text == "append(2)"


def test_the_end_of_a_chosen_name_is_forced() -> None:
    # Behind its only real choice the model insists on a longer, invented name.
    table = {
        "x.": {"popp": 0.6, "pop": 0.4},
        "popp": {"(": 1.0},
        "pop": {"left": 0.9, "(": 0.06, ")": 0.04},
        "pop(": {")": 1.0},
    }
    out = written("x.$0\n", table, Facts({"x": closed("pop")}))
    assert out.text == "pop()"
    assert len([e for e in out.events if e.rejected]) <= 1


def test_one_token_ends_a_name_and_begins_the_next() -> None:
    table = {
        "a": {".b.push": 0.7, ".b": 0.3},
        ".b.push": {"(": 1.0},
        ".b": {".": 1.0},
        ".b.": {"pop": 1.0},
        "pop": {"()": 1.0},
    }
    out = written("a$0\n", table, Facts({"a": closed("b", "c"), "a.b": LIST}))
    assert out.text == ".b.pop()"
    assert [(e.offset, e.rejected, e.chosen) for e in out.events] == [
        (1, "", "b"),
        (3, "push", "pop"),
    ]


def test_a_partly_typed_name_is_completed_by_any_token() -> None:
    table = {
        "x.ap": {"pendix": 0.6, "p": 0.4},
        "app": {"e": 1.0},
        "appe": {"nd": 1.0},
        "append": {"()": 1.0},
    }
    out = written("x.ap$0\n", table, Facts({"x": LIST}))
    assert out.text == "pend()"
    assert _only(out.events).chosen == "append"


@pytest.mark.parametrize("tier", [Tier.OPEN, Tier.ABSTAIN])
def test_what_is_not_closed_never_prunes(tier: Tier) -> None:
    table = {"x.": {"push": 1.0}, "push": {"(1)": 1.0}}
    names = NameSet("attribute", tier, "a dynamic class", LIST.names)
    out = written("x.$0\n", table, Facts({"x": names}))
    assert out.text == "push(1)"
    event = _only(out.events)
    assert (event.tier, event.chosen, event.rejected) == (tier.value, "push", "")


def test_a_very_sure_model_keeps_its_name_and_the_event_says_disputed() -> None:
    table = {"x.": {"push": 0.95, "pop": 0.05}, "push": {"(1)": 1.0}}
    out = written("x.$0\n", table, Facts({"x": LIST}))
    assert out.text == "push(1)"
    event = _only(out.events)
    assert event.disputed
    assert (event.rejected, event.chosen) == ("push", "push")


def test_a_name_that_is_assigned_may_be_new() -> None:
    table = {"self.": {"fresh": 0.6}, "fresh": {" =": 1.0}, " =": {" 1": 1.0}}
    out = written("def f(self):\n    self.$0\n", table, Facts({"self": LIST}))
    assert out.text == "fresh = 1"
    assert not _only(out.events).rejected


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
    table = {"x.": {"push": 1.0}, "push": {"(1)": 1.0}}
    out = written("x.$0\n", table, Facts({"x": LIST}, late=["x"]), query_deadline=0.02)
    assert out.text == "push(1)"
    event = _only(out.events)
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

    table = {"x.": {"push": 1.0}, "push": {"(1)": 1.0}}
    out = written("x.$0\n", table, Broken({}))
    assert out.text == "push(1)"
    assert _only(out.events).reason == "evidence failed: OSError"


def test_a_closed_set_that_leaves_nothing_to_write_lets_the_model_go_on() -> None:
    table = {"x.zz": {"top": 0.5, END: 0.1}, "zztop": {"()": 1.0}}
    out = written("x.zz$0\n", table, Facts({"x": LIST}))
    assert out.text == "top()"
    assert _only(out.events).disputed
    assert "typed" in _only(out.events).reason
    empty = written("x.$0\n", {"x.": {"push": 0.6}}, Facts({"x": closed()}))
    assert empty.text == "push"


def test_what_the_user_typed_whole_is_his_and_what_he_typed_in_part_is_completed() -> None:
    facts = Facts({"x": LIST})
    his = written("x.push$0\n", {"x.push": {"(1)": 1.0}}, facts)
    assert his.text == "(1)"
    assert not _only(his.events).disputed
    # The model would end a name that is none; it is made to go on.
    part = written(
        "x.app$0\n", {"x.app": {"(1)": 0.95, "end": 0.05}, "append": {"(1)": 1.0}}, facts
    )
    assert part.text == "end(1)"
    assert _only(part.events).rejected == "app"


def test_a_name_cut_by_the_limit_is_not_called_wrong() -> None:
    table = {"x.": {"po": 0.6}, "po": {"pi": 0.6}, "popi": {"tem": 1.0}}
    out = written("x.$0\n", table, Facts({"x": LIST}), max_tokens=1)
    assert (out.text, out.stopped) == ("po", "length")
    assert not _only(out.events).rejected


def test_a_name_with_one_way_on_is_written_at_once_and_ended() -> None:
    table = {
        "x.": {"ap": 0.6},
        "ap": {"p": 0.5},
        "app": {"e": 0.5},
        "appe": {"n": 0.5},
        "appen": {"d": 0.5},
        "append": {"ed": 0.6, "(": 0.4},
    }
    slow, fast = Toy(table), Toy(table)
    out = written("x.$0\n", table, Facts({"x": LIST}), runtime=fast)
    written("x.$0\n", table, None, runtime=slow)
    assert out.text == "append("
    assert fast.passes < slow.passes


def test_a_name_that_no_other_begins_like_is_replaced_before_it_is_computed() -> None:
    table = {
        "x.": {"pushing": 0.6, "append": 0.4},
        "pushing": {"_": 1.0},
        "append": {"(2)": 1.0},
    }
    toy = Toy(table)
    out = written("x.$0\n", table, Facts({"x": LIST}), runtime=toy)
    assert out.text == "append(2)"
    assert _only(out.events).rejected == "pushing"
    # The prompt, the other names' ends in one pass, and what was chosen of them.
    assert toy.passes == 3


def test_a_store_is_no_reason_to_replace_early() -> None:
    table = {"self.": {"fresh": 0.8, "append": 0.2}, "fresh": {" = 1": 1.0}}
    out = written("self.$0\n", table, Facts({"self": LIST}))
    assert out.text == "fresh = 1"
    assert not _only(out.events).rejected


def test_rolling_back_does_not_evaluate_the_prompt_again() -> None:
    long = "# " + "words " * 200 + "\nx.$0\n"
    table = {
        "x.": {"push": 0.6, "pop": 0.1, "append": 0.3},
        "push": {"(1)": 1.0},
        "append": {"(2)": 1.0},
    }
    toy = Toy(table)
    prompt = len(toy.tokenize(long.split("$0", maxsplit=1)[0]))
    assert written(long, table, Facts({"x": LIST}), runtime=toy).text == "append(2)"
    assert toy.computed < prompt + 12
    again = written(long, table, Facts({"x": LIST}), runtime=toy)
    assert (again.prompt_tokens, again.reused_tokens) == (prompt, prompt - 1)


def test_cancelling_stops_between_two_tokens_and_while_waiting() -> None:
    table = {"x.": {"a": 1.0}, "a": {"a": 1.0}}

    class Cancelling(Facts):
        def start(self, snapshot: Snapshot, hole: Hole) -> Future[NameSet]:
            cancellation.cancel()
            return super().start(snapshot, hole)

    cancellation = Cancellation()
    with pytest.raises(CancelledError):
        written("x.$0\n", table, Cancelling({}), cancellation=cancellation)

    class WhileWaiting(Facts):
        def start(self, snapshot: Snapshot, hole: Hole) -> Future[NameSet]:
            future = super().start(snapshot, hole)
            # Nobody answers; the loop asks the future whether it is done, and is cancelled then.
            future.done = lambda: waiting.cancel() or False  # type: ignore[method-assign,func-returns-value]
            return future

    waiting = Cancellation()
    with pytest.raises(CancelledError):
        written("x.$0\n", {"x.": {"a": 1.0}}, WhileWaiting({}, late=["x"]), cancellation=waiting)


def test_a_keyword_that_is_not_taken_is_replaced_and_asked_about_when_it_has_its_equals() -> None:
    table = {
        "get(": {"url": 1.0},
        "url": {", ": 1.0},
        ", ": {"tries": 0.5, "timeout": 0.3, "x": 0.2},
        "tries": {"=": 1.0},
        "timeout": {"=": 1.0},
        "tries=": {"3)": 1.0},
        "timeout=": {"5)": 1.0},
    }
    facts = Facts({"get": closed("timeout", "verify")})
    out = written("get($0\n", table, facts, monitors=[KeywordMonitor()])
    assert out.text == "url, timeout=5)"
    event = _only(out.events)
    assert (event.monitor, event.rejected, event.chosen) == ("keyword", "tries", "timeout")
    # Positional arguments cost no question.
    assert [hole.kind for _, hole in facts.asked] == [HoleKind.KEYWORD]


def test_imports_are_watched_component_by_component() -> None:
    table = {
        "import ": {"os": 0.6, "sys": 0.4},
        "import os": {".": 1.0},
        "os.": {"paths": 0.6, "path": 0.4},
        "paths": {END: 1.0},
    }
    known = {"": closed("os", "sys"), "os": closed("path")}
    out = written("import $0\n", table, Facts(known))
    assert out.text == "os.path"
    assert [(e.monitor, e.rejected, e.chosen) for e in out.events] == [
        ("import_module", "", "os"),
        ("import_module", "paths", "path"),
    ]


def test_every_name_of_an_import_list_is_watched() -> None:
    table = {
        "import ": {"(path, ": 1.0},
        "(path, ": {"joined": 0.6, "sep": 0.4},
        "joined": {")": 1.0},
        "sep": {")": 1.0},
    }
    facts = Facts({"os": closed("path", "sep")})
    out = written("from os import $0\n", table, facts)
    assert out.text == "(path, sep)"
    assert [e.rejected for e in out.events] == ["", "joined"]


def test_strings_and_comments_are_not_watched() -> None:
    table = {"y = ": {"'x.push' # x.push": 1.0}}
    facts = Facts({"x": LIST})
    assert written("y = $0\n", table, facts).text == "'x.push' # x.push"
    assert facts.asked == []


def test_a_monitor_that_raises_is_left_aside() -> None:
    class Broken:
        name = "attribute"
        kinds = frozenset(HoleKind)

        def begins(self, lexer: Lexer) -> bool:
            raise ZeroDivisionError

        def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
            raise ZeroDivisionError

        def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
            raise ZeroDivisionError

    table = {"x.": {"push": 0.6, "pop": 0.4}, "push": {"(1)": 1.0}, "pop": {"()": 1.0}}
    both = written("x.$0\n", table, Facts({"x": LIST}), monitors=[Broken(), AttributeMonitor()])
    assert both.text == "pop()"
    alone = written("x.$0\n", table, Facts({"x": LIST}), monitors=[Broken()])
    assert alone.text == "push(1)"


NAMED = {
    "y = ": {"np": 0.5, "data": 0.3, "y": 0.2},
    "np": {".": 1.0},
    "np.": {"mean": 1.0},
    "mean": {"(data)": 1.0},
    "y = data": {".x": 0.9},
    "y = data.": {"x": 1.0},
}


def _named(text: str) -> Written:
    return written(text, NAMED, Facts({"": closed("data", "y")}), monitors=[NameMonitor()])


def test_a_name_that_nobody_binds_is_replaced_when_it_is_read() -> None:
    out = _named("data = 1\ny = $0\n")
    assert out.text == "data.x"
    event = _only(out.events)
    assert (event.monitor, event.rejected, event.chosen, event.offset) == ("name", "np", "data", 0)


def test_a_name_that_stands_elsewhere_in_the_file_is_not_asked_about() -> None:
    facts = Facts({"": closed("data", "y")})
    out = written("import np, data\ny = $0\n", NAMED, facts, monitors=[NameMonitor()])
    assert out.text == "np.mean(data)"
    assert facts.asked == []


def test_the_last_word_of_a_text_is_looked_at_as_well() -> None:
    table = {"y = ": {"np": 0.6, "data": 0.4}, "np": {END: 1.0}, "y = data": {END: 1.0}}
    facts = Facts({"": closed("data", "y")})
    out = written("data = 1\ny = $0\n", table, facts, monitors=[NameMonitor()])
    assert (out.text, out.stopped) == ("data", "end")


def test_a_name_begun_by_the_user_is_looked_at_from_where_it_begins() -> None:
    table = {"y = da": {"te": 0.6, "ta": 0.4}, "date": {".x": 1.0}, "y = data": {".x": 1.0}}
    facts = Facts({"": closed("data", "y")})
    out = written("data = 1\ny = da$0\n", table, facts, monitors=[NameMonitor()])
    assert out.text == "ta.x"


def _call(*missing: str) -> NameSet:
    parameters = tuple(Parameter(name) for name in missing)
    arity = arity_of([Signature(parameters)], NOTHING, closed=True, reason="")
    names = (Name("path", "keyword", origin="os"), Name("here"), Name("there"))
    return NameSet("argument", Tier.CLOSED, "a call", names, "chdir", arity=arity)


CHDIR = {
    "y = ": {"chdir": 1.0},
    "chdir": {"()": 0.6, "(": 0.4},
    "chdir(": {"here": 0.7, "there": 0.3},
    "here": {")": 1.0},
    "()": {"\n": 0.7, ".x": 0.3},
}


def test_a_call_does_not_end_before_it_has_what_it_requires() -> None:
    facts = Facts({"chdir": _call("path")})
    out = written("y = $0\n", CHDIR, facts, monitors=[ArityMonitor()])
    assert out.text == "chdir(here)"
    event = _only(out.events)
    assert (event.monitor, event.rejected, event.chosen) == ("argument", ")", "here")


def test_a_call_that_requires_nothing_may_end() -> None:
    facts = Facts({"chdir": _call()})
    assert written("y = $0\n", CHDIR, facts, monitors=[ArityMonitor()]).text == "chdir()"


def test_calls_with_arguments_are_not_asked_about() -> None:
    table = {**CHDIR, "chdir": {"(": 1.0}}
    facts = Facts({"chdir": _call("path")})
    assert written("y = $0\n", table, facts, monitors=[ArityMonitor()]).text == "chdir(here)"
    assert facts.asked == []


def test_at_the_end_nobody_waits_for_what_a_call_requires() -> None:
    facts = Facts({"chdir": _call("path")}, late=["chdir"])
    assert written("y = $0\n", CHDIR, facts, monitors=[ArityMonitor()]).text == "chdir()"


def test_a_keyword_is_not_given_twice_whatever_is_known_of_the_call() -> None:
    table = {
        "get(url, err=1, ": {"err": 0.6, "color": 0.4},
        "err": {"=": 1.0},
        "err=": {"True)": 1.0},
        "color": {"=": 1.0},
        "color=": {"2)": 1.0},
    }
    # As analysis says it: what is given already is not among the names.
    facts = Facts({"get": closed("color", tier=Tier.OPEN)})
    out = written("get(url, err=1, $0\n", table, facts, monitors=[KeywordMonitor()])
    assert out.text == "color=2)"
    nothing = Facts({})
    same = written("get(url, err=1, $0\n", table, nothing, monitors=[KeywordMonitor()])
    assert (same.text, _only(same.events).disputed) == ("err=True)", True)
