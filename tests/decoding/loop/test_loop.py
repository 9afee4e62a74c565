"""The loop over a model that is a table: the order of things, what is computed, and how it ends."""

from __future__ import annotations

import math
from concurrent.futures import Future

import pytest

from analysis.deadline import Cancellation
from analysis.names import NameSet
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole
from decoding.errors import CancelledError
from tests.decoding.toy import LIST, Facts, Toy, written


def test_unguided_it_writes_what_the_model_says() -> None:
    out = written("x.$0\n", {"x.": {"push": 0.6, "pop": 0.4}, "push": {"(1)": 1.0}}, None)
    assert (out.text, out.stopped, out.events) == ("push(1)", "end", ())
    assert out.spans[0].logprob == pytest.approx(math.log(0.6), abs=1e-4)


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
