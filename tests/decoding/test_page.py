"""How tokens get into the cache, over a model that is a table."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from analysis.deadline import Cancellation
from decoding import vocabulary
from decoding.page import Page
from decoding.sampling import Greedy
from tests.decoding.toy import Toy

if TYPE_CHECKING:
    from decoding.runtimes.runtime import Logits

TABLE = {"a": {"b": 1.0}, "b": {"c": 0.6, "a": 0.4}, "c": {"a": 1.0}}


class DearInBatches(Toy):
    """A machine on which two tokens at once take far longer than one after the other."""

    def evaluate_all(self, tokens: Sequence[int], cancellation: Cancellation) -> Logits:
        time.sleep(0.002 if len(tokens) == 1 else 0.03)
        return super().evaluate_all(tokens, cancellation)


def _page(runtime: Toy) -> Page:
    words = vocabulary.load(runtime.token_bytes())
    page = Page(runtime, words, runtime.tokenize("ab"), Cancellation(), Greedy())
    page.feed()
    return page


def test_where_a_batch_is_dearer_than_its_tokens_they_are_computed_one_by_one() -> None:
    quick, dear = Toy(TABLE), DearInBatches(TABLE)
    tokens = quick.tokenize("cab")
    passes, found = [], []
    for runtime in (quick, dear):
        page = _page(runtime)
        for token in tokens:
            page.logits_behind([token])
        page.rows_behind(tokens, 3)
        begun = runtime.passes
        found.append(page.rows_behind([tokens[2], *tokens], 3))
        passes.append(runtime.passes - begun)
    assert passes == [1, 4]
    assert np.array_equal(found[0], found[1])


def test_what_the_cache_lacks_of_a_text_is_computed_one_by_one_too_if_that_is_sooner() -> None:
    runtime = DearInBatches(TABLE)
    page, tokens = _page(runtime), runtime.tokenize("cab")
    for token in tokens:
        page.logits_behind([token])
    page.rows_behind(tokens, 3)
    begun = runtime.passes
    assert page.logits_behind([tokens[2], *tokens]).argmax() == runtime.tokenize("c")[0]
    assert runtime.passes - begun == 4
