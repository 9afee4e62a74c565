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
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from analysis.deadline import Cancellation
from analysis.snapshot import Snapshot, Workspace
from decoding import vocabulary
from decoding.drafts import Price
from decoding.loop import write
from decoding.models import store
from decoding.page import shared
from decoding.runtimes.llama_cpp import LlamaCpp, Tuning
from decoding.sampling import sampler
from decoding.vocabulary import Vocabulary
from decoding.written import Written

if TYPE_CHECKING:
    from decoding.runtimes.runtime import Logits

pytestmark = pytest.mark.model

#: Tokens of real code that prompts are the beginnings of, and tokens written behind each.
WINDOW, WRITTEN = 320, 5
PROMPTS = 200
#: So many tokens at the end of a prompt stand in it before: there is something to guess from.
ALIKE = 4


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
    """Beginnings of real code that end like something before; neighbours share theirs, so that
    most of it is read once."""
    found = []
    for module in (argparse, json.decoder, textwrap):
        tokens = runtime.tokenize(inspect.getsource(module))
        for start in range(0, len(tokens) - WINDOW, WINDOW):
            window, seen = tokens[start : start + WINDOW], set()
            for end in range(ALIKE, WINDOW):
                run = tuple(window[end - ALIKE : end])
                if run in seen:
                    found.append(window[:end])
                seen.add(run)
    return found[:PROMPTS]


@dataclass(frozen=True)
class Both:
    """Writes behind one prompt with and without drafts."""

    runtime: Counting
    words: Vocabulary

    def write(self, prompt: list[int], seed: int | None, *, drafts: bool) -> Written:
        return write(
            self.runtime,
            prompt,
            vocabulary=self.words,
            snapshot=Snapshot("/a.py", "", Workspace("/")),
            offset=0,
            evidence=None,
            sampler=sampler(0.0 if seed is None else 0.8, seed or 0),
            stop=Never(),
            max_tokens=WRITTEN,
            cancellation=Cancellation(),
            drafts=Price() if drafts else None,
        )

    def differ(self, prompt: list[int], seed: int | None) -> str:
        """Where both write something else, what; nothing where they agree, or nothing was
        guessed."""
        before = self.runtime.verified
        drafted = self.write(prompt, seed, drafts=True)
        if self.runtime.verified == before:
            return ""
        plain = self.write(prompt, seed, drafts=False)
        return "" if plain.tokens == drafted.tokens else f"{plain.text!r} / {drafted.text!r}"


def test_the_same_tokens_with_and_without_drafts(model: tuple[Counting, Vocabulary]) -> None:
    runtime, words = model
    both, prompts = Both(runtime, words), _prompts(runtime)
    assert len(prompts) == PROMPTS
    other = []
    for number, prompt in enumerate(prompts):
        # Both find the prompt in the cache, so that it is computed in the same batches for both.
        runtime.truncate(shared(runtime.evaluated(), prompt))
        runtime.evaluate(prompt[len(runtime.evaluated()) :], Cancellation())
        for seed in (None, number):
            if differs := both.differ(prompt, seed):
                other.append((number, seed, differs))
    assert not other
    # Drafts did take part: where code repeats itself, something is guessed.
    assert runtime.verified > PROMPTS // 4
