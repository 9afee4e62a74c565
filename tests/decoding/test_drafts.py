"""Drafts: what is proposed, what is learnt, and that they change nothing but the time."""

from __future__ import annotations

import random

import pytest

from analysis.deadline import Cancellation
from analysis.snapshot import Snapshot, Workspace
from decoding import vocabulary
from decoding.drafts import PromptLookup
from decoding.loop import write
from decoding.sampling import Greedy, Seeded
from decoding.written import Written
from tests.decoding.toy import END, Facts, OneLine, Toy, closed


def test_what_followed_the_last_tokens_before_is_proposed() -> None:
    lookup = PromptLookup([1, 2, 3, 4, 5, 6, 9, 9, 1, 2])
    assert lookup.propose([3]) == [4, 5, 6]
    assert lookup.propose([3, 4]) == [5, 6, 9]


def test_what_never_stood_there_is_not_proposed() -> None:
    lookup = PromptLookup([1, 2, 3, 4])
    assert lookup.propose([]) == []
    assert lookup.propose([7, 8, 9]) == []


def test_the_latest_place_counts_and_what_was_written_too() -> None:
    lookup = PromptLookup([1, 2, 3, 4, 1, 2, 3, 5, 0])
    assert lookup.propose([1, 2, 3])[0] == 5
    lookup.learn(3, 3)
    assert lookup.propose([1, 2, 3, 6, 1, 2, 3])[0] == 6


def test_what_was_rolled_back_is_forgotten() -> None:
    lookup = PromptLookup([0])
    lookup.propose([1, 2, 3, 4, 1, 2, 3])
    assert lookup.propose([1, 2, 5, 1, 2, 3]) == []


def test_drafts_that_are_taken_grow_and_those_that_are_not_pause() -> None:
    prompt = list(range(40))
    lookup = PromptLookup(prompt)
    assert len(lookup.propose([0, 1, 2])) == 3
    lookup.learn(3, 3)
    assert len(lookup.propose([0, 1, 2])) == 6
    for _ in range(5):
        lookup.learn(6, 6)
    assert len(lookup.propose([0, 1, 2])) == 12
    lookup.learn(12, 0)
    waits = [lookup.propose([0, 1, 2]) for _ in range(5)]
    assert [len(draft) for draft in waits] == [0, 0, 0, 0, 3]


WORDS = ("a", "bc", "d.", "x", "(", ")", "pop", "push", " = ", "\n")


def _table(rng: random.Random) -> dict[str, dict[str, float]]:
    table = {}
    for ending in WORDS:
        following = rng.sample([*WORDS, END], 3)
        shares = sorted((rng.random() + 0.05 for _ in following), reverse=True)
        # Clear enough that no two are tied: what drafts promise.
        weights = (shares[0] + 0.6, shares[1] * 0.5, shares[2] * 0.2)
        table[ending] = {
            word: weight / sum(weights) for word, weight in zip(following, weights, strict=True)
        }
    return table


def _both(seed: int, *, guided: bool, sampled: bool) -> list[tuple[Written, int]]:
    rng = random.Random(seed)
    table = _table(rng)
    before = "".join(rng.choice(WORDS) for _ in range(30)) + "d."
    found = []
    for drafts in (False, True):
        toy = Toy(table)
        written = write(
            toy,
            toy.tokenize(before),
            vocabulary=vocabulary.load(toy.token_bytes()),
            snapshot=Snapshot("/a.py", f"{before}\n", Workspace("/")),
            offset=len(before),
            evidence=Facts({"d": closed("pop", "a")}) if guided else None,
            sampler=Seeded(0.8, seed) if sampled else Greedy(),
            stop=OneLine(),
            max_tokens=40,
            cancellation=Cancellation(),
            drafts=drafts,
        )
        found.append((written, toy.passes))
    return found


@pytest.mark.parametrize("sampled", [False, True])
@pytest.mark.parametrize("guided", [False, True])
def test_with_and_without_drafts_the_same_is_written(guided: bool, sampled: bool) -> None:
    saved = 0
    for seed in range(120):
        (plain, passes), (drafted, fewer) = _both(seed, guided=guided, sampled=sampled)
        assert (drafted.tokens, drafted.text, drafted.stopped) == (
            plain.tokens,
            plain.text,
            plain.stopped,
        )
        assert [s.logprob for s in drafted.spans] == pytest.approx([s.logprob for s in plain.spans])
        saved += passes - fewer
    assert saved > 0
