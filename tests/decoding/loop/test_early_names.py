"""Names that are not waited for, over a model that is a table."""

from __future__ import annotations

from tests.decoding.toy import LIST, Facts, Toy, only, written


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
        "append": {"[2]": 1.0},
    }
    toy = Toy(table)
    out = written("x.$0\n", table, Facts({"x": LIST}), runtime=toy)
    assert out.text == "append[2]"
    assert only(out.events).rejected == "pushing"
    # The prompt, the other names' ends in one pass, and what was chosen of them.
    assert toy.passes == 3


def test_a_store_is_no_reason_to_replace_early() -> None:
    table = {"self.": {"fresh": 0.8, "append": 0.2}, "fresh": {" = 1": 1.0}}
    out = written("self.$0\n", table, Facts({"self": LIST}))
    assert out.text == "fresh = 1"
    assert not only(out.events).rejected
