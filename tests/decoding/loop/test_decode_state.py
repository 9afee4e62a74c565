"""How tokens get into the cache, over a model that is a table."""

from __future__ import annotations

import numpy as np

from analysis.deadline import Cancellation
from decoding.loop.decode_state import DecodeState, Greedy
from decoding.loop.drafts import PromptLookup, SpeculationCost
from decoding.vocabulary import tokens as vocabulary
from tests.decoding.toy import Toy

TABLE = {"a": {"b": 1.0}, "b": {"c": 0.6, "a": 0.4}, "c": {"a": 1.0}}


def _state(runtime: Toy, price: SpeculationCost) -> DecodeState:
    words = vocabulary.load(runtime.token_bytes())
    prompt = runtime.tokenize("ab")
    state = DecodeState(
        runtime, words, prompt, Cancellation(), Greedy(), PromptLookup(prompt, price)
    )
    state.feed()
    return state


def _dear() -> SpeculationCost:
    """On a machine where four tokens at once take far longer than one after the other."""
    price = SpeculationCost()
    price.note(1, 0.02)
    for _ in range(4):
        price.note(4, 0.2)
    return price


def test_where_a_batch_is_dearer_than_its_tokens_they_are_computed_one_by_one() -> None:
    passes, found = [], []
    for price in (SpeculationCost(), _dear()):
        runtime = Toy(TABLE)
        state, begun = _state(runtime, price), runtime.passes
        found.append(state.rows_behind(runtime.tokenize("bcab"), 3))
        passes.append(runtime.passes - begun)
    assert passes == [1, 4]
    assert np.array_equal(found[0], found[1])


def test_what_the_cache_lacks_of_a_text_is_computed_one_by_one_too_if_that_is_sooner() -> None:
    passes = []
    for price in (SpeculationCost(), _dear()):
        runtime = Toy(TABLE)
        state, begun = _state(runtime, price), runtime.passes
        assert state.logits_behind(runtime.tokenize("bcab")).argmax() == runtime.tokenize("c")[0]
        passes.append(runtime.passes - begun)
    assert passes == [1, 4]


def test_one_slow_batch_is_no_reason_to_do_without() -> None:
    price = SpeculationCost()
    price.note(1, 0.02)
    price.note(4, 0.2)
    runtime = Toy(TABLE)
    state, begun = _state(runtime, price), runtime.passes
    state.rows_behind(runtime.tokenize("bcab"), 3)
    assert runtime.passes - begun == 1
