"""Drafts change no token of a real model, over real code: greedy and drawn with a seed.

How ties are handled: the last bits of a logit depend on how many tokens are computed at once. Where
they could decide which token is next (two logits, or for a draw the ends of a token's share, nearer
than what batches move), a drafted token's logits are not used, and it is computed alone, as it
would be without drafts. What stands before it in the cache was still computed in a batch, so a tie
of the last bits may fall the other way: nothing else may, and that seldom (three of 200 greedy
prompts, six of 200 drawn ones, when this was written).
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
from decoding.loop.decode_state import NOISE, Sampler, sampler, shared
from decoding.loop.drafts import SpeculationCost
from decoding.loop.loop import write
from decoding.models import store
from decoding.runtimes.llama_cpp import LlamaCpp, Tuning
from decoding.vocabulary import tokens as vocabulary
from decoding.vocabulary.tokens import Vocabulary
from decoding.writer import Written

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


def _sampler(seed: int | None) -> Sampler:
    return sampler(0.0 if seed is None else 0.8, seed or 0)


@dataclass(frozen=True)
class Difference:
    """What was written without and with drafts, and whether that began at a tie."""

    plain: str
    drafted: str
    tied: bool
    greedy: bool


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
            sampler=_sampler(seed),
            stop=Never(),
            max_tokens=WRITTEN,
            cancellation=Cancellation(),
            drafts=SpeculationCost(budget=1.0) if drafts else None,
        )

    def differ(self, prompt: list[int], seed: int | None) -> Difference | None:
        """Where both write something else, what; nothing where they agree, or nothing was
        guessed."""
        before = self.runtime.verified
        drafted = self.write(prompt, seed, drafts=True)
        if self.runtime.verified == before:
            return None
        plain = self.write(prompt, seed, drafts=False)
        if plain.tokens == drafted.tokens:
            return None
        same = plain.tokens[: shared(plain.tokens, drafted.tokens)]
        tied = self._tied([*prompt, *same], len(same), seed)
        return Difference(plain.text, drafted.text, tied, seed is None)

    def _tied(self, tokens: list[int], drawn: int, seed: int | None) -> bool:
        """Whether the last bits decide which token is next, after so many were drawn."""
        self.runtime.truncate(shared(self.runtime.evaluated(), tokens[:-1]))
        self.runtime.evaluate(tokens[len(self.runtime.evaluated()) :], Cancellation())
        row, drawing = self.runtime.logits(), _sampler(seed)
        for _ in range(drawn):
            drawing.choose(row)
        return not drawing.settled(row, NOISE)


def test_the_same_tokens_with_and_without_drafts(model: tuple[Counting, Vocabulary]) -> None:
    runtime, words = model
    both, prompts = Both(runtime, words), _prompts(runtime)
    assert len(prompts) == PROMPTS
    found = []
    for number, prompt in enumerate(prompts):
        # Both find the prompt in the cache, so that it is computed in the same batches for both.
        runtime.truncate(shared(runtime.evaluated(), prompt))
        runtime.evaluate(prompt[len(runtime.evaluated()) :], Cancellation())
        for seed in (None, number):
            if (differs := both.differ(prompt, seed)) is not None:
                found.append(differs)
    assert all(difference.tied for difference in found), found
    assert sum(difference.greedy for difference in found) <= PROMPTS // 50, found
    assert len(found) <= 2 * PROMPTS // 25, found
    # Drafts did take part: where code repeats itself, something is guessed.
    assert runtime.verified > PROMPTS // 4
