"""Which name is written where one was rejected, over a model that is a table."""

from __future__ import annotations

from analysis.deadline import Cancellation
from decoding.loop.decode_state import DecodeState, Greedy
from decoding.loop.loop import best_name
from decoding.monitors.names import AttributeMonitor
from decoding.vocabulary import tokens as vocabulary
from decoding.vocabulary.tokens import Constraint, Names
from tests.decoding.toy import LIST, Facts, Toy, closed, only, written


def test_an_invented_member_is_replaced_by_the_most_probable_real_one() -> None:
    table = {
        "x.": {"push": 0.6, "pop": 0.1, "append": 0.3},
        "push": {"(1)": 1.0},
        "append": {"[2]": 1.0},
    }
    out = written("x.$0\n", table, Facts({"x": LIST}))
    assert out.text == "append[2]"
    event = only(out.events)
    assert (event.rejected, event.chosen, event.tier) == ("push", "append", "closed")
    assert not event.disputed


def test_a_private_name_is_chosen_only_by_the_model_or_where_nothing_else_is_left() -> None:
    both, private = closed("append", "__len__"), closed("__len__")
    likelier = {"x.": {"push": 0.5, "__": 0.4, "append": 0.1}, "__": {"len__": 1.0}}
    ends = {"push": {"(1)": 1.0}, "append": {"[2]": 1.0}, "__len__": {"()": 1.0}}
    assert written("x.$0\n", likelier | ends, Facts({"x": both})).text == "append[2]"
    assert written("x.$0\n", likelier | ends, Facts({"x": private})).text == "__len__()"
    own = {"x.": {"__": 0.8, "append": 0.2}, "__": {"len__": 1.0}}
    out = written("x.$0\n", own | ends, Facts({"x": both}))
    assert (out.text, only(out.events).rejected) == ("__len__()", "")


def test_in_its_own_class_a_private_name_is_as_good_as_another() -> None:
    table = {
        "self.": {"push": 0.5, "_items": 0.4, "append": 0.1},
        "push": {"(1)": 1.0},
        "_items": {"[0]": 1.0},
        "append": {"[2]": 1.0},
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
    assert only(out.events).offset == len("f(x).")


def test_the_byte_that_ends_a_name_counts_in_the_choice() -> None:
    # `pop` alone is more probable than `append`, but the model would go on to `popleft`.
    table = {
        "x.": {"push": 0.4, "pop": 0.35, "append": 0.25},
        "push": {"(": 1.0},
        "pop": {"left": 0.99, "(": 0.01},
        "append": {"[2]": 1.0},
    }
    assert written("x.$0\n", table, Facts({"x": LIST})).text == "append[2]"


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
    assert only(out.events).chosen == "append"


#: Forty names, each likelier at its beginning than the one that turns out to be best.
_MANY = [f"n{index:02}xyz" for index in range(40)]
_MISLEADING = {
    "x.": {"push": 0.5, "good": 0.01, **{name[:3]: 0.012 for name in _MANY}},
    "push": {"(1)": 1.0},
    "good": {"()": 1.0},
    **{name[:3]: {"xyz": 0.1, "(": 0.9} for name in _MANY},
    **{name: {"(": 0.01, "!": 0.99} for name in _MANY},
}


def test_a_search_does_not_cost_more_than_a_few_passes() -> None:
    toy = Toy(_MISLEADING)
    out = written("x.$0\n", _MISLEADING, Facts({"x": closed("good", *_MANY)}), runtime=toy)
    assert only(out.events).chosen in {"good", *_MANY}
    # The prompt, the search, and what stands behind the name.
    assert toy.passes <= 6


def test_a_search_may_cost_what_stands_before_it_and_no_more() -> None:
    passes = []
    for line in ("", "a+b+", "a+b+c+d+e+f+"):
        toy = Toy(_MISLEADING)
        words = vocabulary.load(toy.token_bytes())
        state = DecodeState(toy, words, toy.tokenize("y = "), Cancellation(), Greedy())
        state.feed()
        for token in toy.tokenize(f"{line}x."):
            state.append(token, -0.1)
        constraint = Constraint.over(Names.of(["good", *_MANY]))
        assert constraint is not None
        choice = best_name(state, constraint, kept=len(state.buffer.tokens), root=None)
        assert choice is not None
        passes.append(choice.passes)
    # Looking around, and on to the end of a name that is two tokens long.
    assert passes == sorted(passes)
    assert passes[0] <= 4
    assert passes[0] < passes[-1] <= 7
