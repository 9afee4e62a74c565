"""Every kind of hole in the loop, over a table of a model: when it is asked about and replaced."""

from __future__ import annotations

import time
from concurrent.futures import Future
from dataclasses import replace
from threading import Timer

import pytest

from analysis.names import (
    NOTHING,
    Accepted,
    Display,
    Name,
    NameSet,
    Parameter,
    Signature,
    Tier,
    arity_of,
)
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole, HoleKind
from decoding.monitors.calls import (
    ArgumentTypeMonitor,
    ArityMonitor,
    CallEndMonitor,
    CallMonitor,
    KeywordMonitor,
    SurplusMonitor,
)
from decoding.monitors.monitor import Monitor, Passage
from decoding.monitors.names import NameMonitor
from decoding.writer import Written
from tests.decoding.toy import END, Facts, closed, only, written


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
    event = only(out.events)
    assert (event.monitor, event.rejected, event.chosen) == ("keyword", "tries", "timeout")
    # Positional arguments cost no question.
    assert [hole.kind for _, hole in facts.asked] == [HoleKind.KEYWORD]


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
    ends = written("get(url, err=1, $0\n", table, nothing, monitors=[KeywordMonitor()])
    event = only(ends.events)
    assert (ends.text, event.rejected, event.chosen) == (")", "err", ")")


def test_behind_a_keyword_only_a_keyword_stands_however_sure_the_model_is() -> None:
    table = {
        "get(url, err=1, ": {"color": 0.97, "depth": 0.03},
        "color": {")": 0.9, "=": 0.1},
        "color=": {"2)": 1.0},
    }
    for tier in (Tier.CLOSED, Tier.OPEN):
        facts = Facts({"get": closed("color", "depth", tier=tier)})
        out = written("get(url, err=1, $0\n", table, facts, monitors=[KeywordMonitor()])
        assert out.text == "color=2)"
        event = only(out.events)
        assert (event.rejected, event.chosen, event.disputed) == ("color", "color", False)


def test_an_argument_that_is_no_keyword_is_a_name_like_any_other() -> None:
    # What is called takes any keyword: until the name has ended it may be one.
    table = {
        "get(": {"line": 1.0},
        "get(line": {", ": 1.0},
        "line, ": {"timeouts": 0.6, "timeout": 0.4},
        "timeouts": {")": 1.0},
        "timeout": {")": 1.0},
    }
    known = {"get": closed("line", tier=Tier.OPEN), "": closed("get", "line", "timeout")}
    facts = Facts(known)
    out = written("line = 1\n$0\n", {"line = 1\n": {"get(": 1.0}, **table}, facts)
    assert out.text == "get(line, timeout)"
    names = [text for text, hole in facts.asked if hole.kind is HoleKind.NAME and hole.start > 9]
    # It is asked about as a statement that ends there.
    assert names[-1] == "line = 1\nget(line, )\n"


def test_an_import_list_ends_before_a_name_that_does_not_exist() -> None:
    table = {
        "import ": {"path": 1.0},
        "path": {", ": 1.0},
        ", ": {"paths": 0.6, "sep": 0.4},
        "paths": {"\n": 1.0},
        "sep": {"\n": 1.0},
    }
    known = {"os": closed("path", "sep")}
    out = written("from os import $0\n", table, Facts(known))
    assert (out.text, out.stopped) == ("path", "rule")
    last = out.events[-1]
    assert (last.monitor, last.rejected, last.chosen) == ("import_member", "paths", "")
    # The comma is the user's: there another name takes its place.
    out = written("from os import path, $0\n", table, Facts(known))
    assert out.text == "sep"


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
    # It ends before the wrong one; the bracket is closed behind the loop.
    assert out.text == "(path"
    assert [e.rejected for e in out.events] == ["", "joined"]


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
    event = only(out.events)
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


def test_a_call_of_which_a_third_argument_cannot_be_ends_before_it() -> None:
    five = {"5": 0.4, "q": 0.3, "r": 0.3}
    table = {
        "get(": {"timeout": 1.0},
        **{word: {"=": 1.0} for word in ("timeout", "tries", "verify", "retries")},
        **{f"{word}=": five for word in ("timeout", "tries", "verify", "retries")},
        "5": {", ": 1.0},
        ", ": {"tries": 0.4, "verify": 0.2, "retries": 0.2, "x": 0.2},
        "retries=5": {", ": 1.0},
    }
    names = closed("timeout", "verify", "retries", "port")
    optional = tuple(Parameter(name.name, required=False) for name in names.names)
    arity = arity_of([Signature(optional)], NOTHING, closed=True, reason="")
    facts = Facts({"get": replace(names, arity=arity)})
    out = written("get($0\n", table, facts, monitors=[KeywordMonitor()])
    assert [event.rejected for event in out.events][-1] == "tries"
    assert out.text.endswith("=5")
    assert "tries" not in out.text.replace("retries", "")
    # Not where something is required still, or where that is not known.
    for doubt in (replace(arity, missing=("url",)), replace(arity, closed=False)):
        facts = Facts({"get": replace(names, arity=doubt)})
        out = written("get($0\n", table, facts, monitors=[KeywordMonitor()])
        assert (out.text, out.stopped) == ("", "gave_up")
    # Nor where a name stands that the model was sure of, against the evidence.
    sure = {**table, "timeout=": {"5 + oops.x": 0.95, "q": 0.05}, "5 + oops.x": {", ": 1.0}}
    facts = Facts({"get": replace(names, arity=arity), "": closed("fine")})
    watching: list[Monitor] = [KeywordMonitor(), NameMonitor()]
    out = written("get($0\n", sure, facts, monitors=watching)
    assert "oops" in [event.rejected for event in out.events]
    assert (out.text, out.stopped) == ("", "gave_up")


def _text_only(*misfits: str) -> NameSet:
    accepted = Accepted("str", (Display.STR,), misfits)
    names = (Name("box"), Name("label"))
    return NameSet("argument_type", Tier.CLOSED, "known", names, accepted=accepted)


MEMBER = {
    "y = ": {"f(": 1.0},
    "f(": {"box": 0.6, "label": 0.4},
    "box": {".size": 1.0},
    ".size": {")": 1.0},
    "label": {")": 1.0},
    ")": {"\n": 1.0},
}


def test_a_member_is_asked_about_with_all_of_it_there_and_another_name_is_written() -> None:
    facts = Facts({"f": _text_only("box.size")})
    out = written("y = $0\n", MEMBER, facts, monitors=[ArgumentTypeMonitor()])
    assert out.text == "f(label)"
    event = only(out.events)
    assert (event.monitor, event.chosen) == ("argument_type", "label")
    text, hole = facts.asked[0]
    assert text == "y = f(box.size)\n"
    assert text[hole.start : hole.end] == hole.prefix == "box.size"


@pytest.mark.parametrize("written_out", ["3 + box.size", "lambda: box.size", "not f(box)"])
def test_what_only_ends_with_a_member_or_a_call_is_none(written_out: str) -> None:
    monitor = ArgumentTypeMonitor()
    assert monitor.filled(Passage("y = f(", f"{written_out})", "\n")) == ""
    assert monitor.filled(Passage("y = f(", "box.size)", "\n")) == "box.size"


def test_what_the_last_word_of_a_line_asked_is_waited_for() -> None:
    class Soon(Facts):
        def start(self, snapshot: Snapshot, hole: Hole) -> Future[NameSet]:
            future = super().start(snapshot, hole)
            Timer(0.05, lambda: future.set_result(self.answer_to(hole))).start()
            return future

    facts = Soon({"f": _text_only("box.size")}, late=["f"])
    out = written("y = $0\n", MEMBER, facts, monitors=[ArgumentTypeMonitor()], query_deadline=60)
    assert out.text == "f(label)"


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
    event = only(out.events)
    assert (event.monitor, event.rejected, event.chosen) == ("argument", ")", "here")


def test_a_call_that_requires_nothing_may_end() -> None:
    facts = Facts({"chdir": _call()})
    assert written("y = $0\n", CHDIR, facts, monitors=[ArityMonitor()]).text == "chdir()"


def test_calls_with_arguments_are_not_asked_about() -> None:
    table = {**CHDIR, "chdir": {"(": 1.0}}
    facts = Facts({"chdir": _call("path")})
    assert written("y = $0\n", table, facts, monitors=[ArityMonitor()]).text == "chdir(here)"
    assert facts.asked == []


def test_at_the_end_nobody_waits_long_for_what_a_call_requires() -> None:
    facts = Facts({"chdir": _call("path")}, late=["chdir"])
    begun = time.monotonic()
    out = written("y = $0\n", CHDIR, facts, monitors=[ArityMonitor()], query_deadline=2.0)
    assert (out.text, time.monotonic() - begun < 2.0) == ("chdir()", True)


@pytest.mark.parametrize("opening", [{"size": 1.0}, {"size(": 0.7, "size": 0.3}])
def test_what_cannot_be_called_is_not(opening: dict[str, float]) -> None:
    table = {
        "y = ": opening,
        "size": {"(": 0.6, " + 1": 0.4},
        "(": {")": 1.0},
        " + 1": {"\n": 1.0},
        ")": {"\n": 1.0},
    }
    arity = replace(arity_of([], NOTHING, closed=False, reason=""), uncallable=True)
    watching: list[Monitor] = [CallMonitor(), ArityMonitor()]
    facts = Facts({"size": replace(_call(), tier=Tier.OPEN, arity=arity)})
    out = written("y = $0\n", table, facts, monitors=watching)
    assert out.text == "size + 1"
    event = only(out.events)
    assert (event.monitor, event.rejected, event.chosen) == ("call", "(", "+")
    facts = Facts({"size": replace(_call(), arity=replace(arity, uncallable=False))})
    assert written("y = $0\n", table, facts, monitors=watching).text == "size()"


MOVE = {
    "y = ": {"move(": 1.0},
    "move(": {"here": 0.8, ")": 0.2},
    "here": {")": 0.6, ", ": 0.3, ",": 0.1},
    "here, ": {"there": 1.0},
    "there": {")": 0.6, ", ": 0.4},
    "there, ": {"here": 1.0},
    ")": {"\n": 1.0},
}
ENDING: list[Monitor] = [CallEndMonitor(), ArityMonitor(), SurplusMonitor()]


def _both(*parameters: str) -> Facts:
    return Facts({"move": _call(*parameters)})


def test_a_call_goes_on_behind_an_argument_while_another_is_required() -> None:
    facts = _both("source", "target")
    out = written("y = $0\n", MOVE, facts, monitors=ENDING)
    assert out.text == "move(here, there)"
    event = only(out.events)
    assert (event.monitor, event.rejected, event.chosen) == ("call_end", ")", ",")
    # One question for the call, whatever place in it is judged.
    assert [hole.kind for _, hole in facts.asked] == [HoleKind.ARGUMENT]
    assert facts.asked[0][0] == "y = move()\n"


def test_a_call_that_has_what_it_requires_ends() -> None:
    assert written("y = $0\n", MOVE, _both("source"), monitors=ENDING).text == "move(here)"
    optional = arity_of([Signature((Parameter("x", required=False),))], NOTHING, closed=True,
                        reason="")  # fmt: skip
    facts = Facts({"move": replace(_call(), arity=optional)})
    assert written("y = $0\n", MOVE, facts, monitors=ENDING).text == "move(here)"


def test_a_call_that_takes_nothing_ends_before_its_first_argument() -> None:
    out = written("y = $0\n", MOVE, _both(), monitors=ENDING)
    assert out.text == "move()"
    event = only(out.events)
    assert (event.monitor, event.rejected, event.chosen) == ("argument", "here", ")")


def test_a_bracket_that_was_open_at_the_cursor_is_judged_as_well() -> None:
    facts = _both("source", "target")
    assert written("y = move(he$0\n", {"y = move(he": {"re": 1.0}, **MOVE}, facts,
                   monitors=ENDING).text == "re, there)"  # fmt: skip
    out = written("y = move(max(move(there, $0\n", {
        "move(there, ": {"here": 1.0}, "there, here": {")": 1.0}, "there, here)": {")": 1.0},
        "there, here))": {")": 0.6, ", ": 0.4}, "there, here)), ": {"here": 1.0},
        "there, here)), here": {")": 1.0}, "there, here)), here)": {"\n": 1.0},
    }, facts, monitors=ENDING)  # fmt: skip
    assert out.text == "here)), here)"


def test_the_number_of_arguments_counts_whatever_the_names_are() -> None:
    names = replace(_call("source", "target"), tier=Tier.OPEN)
    out = written("y = $0\n", MOVE, Facts({"move": names}), monitors=ENDING)
    assert out.text == "move(here, there)"
    assert names.arity is not None
    doubtful = replace(names, arity=replace(names.arity, closed=False))
    out = written("y = $0\n", MOVE, Facts({"move": doubtful}), monitors=ENDING)
    assert out.text == "move(here)"


def test_calls_that_may_be_refused_or_that_another_version_makes_are_left_alone() -> None:
    code = "try:\n    y = $0\nexcept TypeError:\n    pass\n"
    names = replace(_call("source", "target"), tier=Tier.OPEN)
    out = written(code, MOVE, Facts({"move": names}), monitors=ENDING)
    assert out.text == "move(here)"


def test_builtins_are_not_asked_about_before_their_arguments() -> None:
    table = {"y = ": {"max(": 1.0}, "max(": {"here": 1.0}, "here": {")": 1.0}}
    facts = Facts({"max": _call()})
    assert written("y = $0\n", table, facts, monitors=ENDING).text == "max(here)"
    assert facts.asked == []


def test_what_a_call_takes_is_waited_for_at_the_end() -> None:
    class Later(Facts):
        """Answers once the text has ended."""

        def start(self, snapshot: Snapshot, hole: Hole) -> Future[NameSet]:
            future = super().start(snapshot, hole)
            Timer(0.2, lambda: future.set_result(self.answer_to(hole))).start()
            return future

    facts = Later({"move": _call("source", "target")}, late=["move"])
    assert written("y = $0\n", MOVE, facts, monitors=ENDING).text == "move(here, there)"
