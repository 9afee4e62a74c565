"""Drafts change no token of a real model, over real code: greedy and drawn with a seed.

How ties are handled: the last bits of a logit depend on how many tokens are computed at once. Where
they could decide which token is next (two logits, or for a draw the ends of a token's share, nearer
than what batches move), a drafted token's logits are not used, and it is computed alone, as it
would be without drafts.
"""

from __future__ import annotations

import argparse
import inspect
import json.decoder
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest

from analysis.deadline import Cancellation
from analysis.snapshot import Snapshot, Workspace
from decoding import vocabulary
from decoding.loop import write
from decoding.models import store
from decoding.runtimes.llama_cpp import LlamaCpp, Tuning
from decoding.sampling import sampler
from decoding.vocabulary import Vocabulary
from decoding.written import Written

if TYPE_CHECKING:
    from decoding.runtimes.runtime import Logits

pytestmark = pytest.mark.model

#: Tokens in front of the first prompt of a window, between two prompts, and written behind each.
FIRST, STEP, WRITTEN = 96, 9, 8
PROMPTS_A_WINDOW, PROMPTS = 20, 200


class Counting(LlamaCpp):
    """Counts the batches that drafts are verified in."""

    verified = 0

    def evaluate_all(self, tokens: Sequence[int], cancellation: Cancellation) -> Logits:
        self.verified += 1
        return super().evaluate_all(tokens, cancellation)


class Never:
    """Goes on until there are enough tokens."""

    def cut(self, text: str) -> int | None:
        return None


@pytest.fixture(scope="module")
def model() -> Iterator[tuple[Counting, Vocabulary]]:
    runtime = Counting(store.resolve("quick").path, tuning=Tuning(context=512))
    yield runtime, vocabulary.load(runtime.token_bytes())
    runtime.close()


def _prompts(runtime: LlamaCpp) -> list[list[int]]:
    """Real code, cut at many places; neighbours share their beginning, so that it is read once."""
    found = []
    for module in (argparse, json.decoder, textwrap):
        tokens = runtime.tokenize(inspect.getsource(module))
        window = FIRST + STEP * PROMPTS_A_WINDOW
        for start in range(0, len(tokens) - window, window):
            found += [tokens[start : start + FIRST + STEP * cut] for cut in range(PROMPTS_A_WINDOW)]
    return found[:: len(found) // PROMPTS][:PROMPTS]


def _write(
    runtime: LlamaCpp, words: Vocabulary, prompt: list[int], seed: int | None, *, drafts: bool
) -> Written:
    return write(
        runtime,
        prompt,
        vocabulary=words,
        snapshot=Snapshot("/a.py", "", Workspace("/")),
        offset=0,
        evidence=None,
        sampler=sampler(0.0 if seed is None else 0.8, seed or 0),
        stop=Never(),
        max_tokens=WRITTEN,
        cancellation=Cancellation(),
        drafts=drafts,
    )


@pytest.mark.parametrize("drawn", [False, True])
def test_the_same_tokens_with_and_without_drafts(
    model: tuple[Counting, Vocabulary], drawn: bool
) -> None:
    runtime, words = model
    prompts = _prompts(runtime)
    assert len(prompts) == PROMPTS
    before, other = runtime.verified, []
    for index, prompt in enumerate(prompts):
        seed = index if drawn else None
        plain, drafted = (
            _write(runtime, words, prompt, seed, drafts=drafts) for drafts in (False, True)
        )
        if plain.tokens != drafted.tokens:
            other.append((index, plain.text, drafted.text))
    assert not other
    # Drafts did take part: where code repeats itself, something is guessed.
    assert runtime.verified - before >= PROMPTS // 10
