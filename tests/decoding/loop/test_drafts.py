"""Drafts: what is proposed, what is learnt, and that they change nothing but the time."""

from __future__ import annotations

import random

import pytest

from analysis.deadline import Cancellation
from analysis.snapshot import Snapshot, Workspace
from decoding.loop.decode_state import Greedy, Seeded
from decoding.loop.drafts import PromptLookup, SpeculationCost
from decoding.loop.loop import write
from decoding.vocabulary import tokens as vocabulary
from decoding.writer import Written
from tests.decoding.toy import END, Facts, OneLine, Toy, closed


def _free() -> SpeculationCost:
    """Where it does not matter what drafts lose."""
    return SpeculationCost(budget=1.0)


def test_what_followed_the_last_tokens_before_is_proposed() -> None:
    lookup = PromptLookup([1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 1, 2, 3, 4], _free())
    assert lookup.propose([5]) == [6]


def test_the_longer_it_was_the_same_the_more_is_proposed() -> None:
    lookup = PromptLookup([*range(60), 99, 0, 1, 2, 3], _free())
    sizes = [len(lookup.propose(list(range(4, end)))) for end in range(5, 30)]
    assert sizes[:15] == list(range(1, 16))
    assert set(sizes[15:]) == {15}
    assert lookup.propose(list(range(4, 30)))[:3] == [30, 31, 32]


def test_what_never_stood_there_is_not_proposed() -> None:
    lookup = PromptLookup([1, 2, 3, 4, 5, 6], _free())
    assert lookup.propose([]) == []
    assert lookup.propose([7, 8, 9, 10, 11]) == []
    assert lookup.propose([2, 3, 4, 5]) == []


def test_the_latest_place_counts_and_what_was_written_too() -> None:
    run = [1, 2, 3, 4, 5]
    lookup = PromptLookup([*run, 6, *run, 7, 0], _free())
    assert lookup.propose(run)[0] == 7
    lookup.learn(1, 1)
    assert lookup.propose([*run, 8, *run])[0] == 8


def test_what_was_rolled_back_is_forgotten() -> None:
    lookup, run = PromptLookup([0], _free()), [1, 2, 3, 4, 5]
    assert lookup.propose([*run, 6, *run]) == [6]
    lookup.learn(1, 1)
    assert lookup.propose([*run[:2], 9, *run]) == []


def test_after_drafts_that_are_not_taken_it_pauses_longer_and_longer() -> None:
    lookup, run = PromptLookup([*range(40), 99], _free()), [0, 1, 2, 3, 4]
    pauses = []
    for _ in range(3):
        lookup.learn(1, 0)
        pauses.append(next(n for n in range(40) if lookup.propose(run)))
    assert pauses == [4, 8, 16]
    lookup.learn(1, 1)
    assert lookup.propose(run)


def test_the_dearer_a_token_beside_others_is_the_shorter_are_drafts() -> None:
    prompt, written = [*range(60), 99, 0, 1, 2, 3], list(range(4, 40))
    price = _free()
    lookup = PromptLookup(prompt, price)
    sizes = []
    for share in (0.1, 0.5, 0.8, 1.0):
        for _ in range(40):
            price.note(1, 0.02)
            price.note(5, 0.02 * (1 + 4 * share))
        sizes.append(len(lookup.propose(written)))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 16
    assert sizes[-1] == 0
    # One batch that cost more than its tokens one by one is enough.
    other = _free()
    other.note(1, 0.02)
    other.note(17, 0.02 * 17 * 2)
    assert other.worth(16, 16) == 0
    # Times change: what was dear is tried again, with short drafts.
    for _ in range(64):
        price.note(1, 0.02)
    assert 0 < len(lookup.propose(written)) < 8


def test_drafts_play_with_what_they_have_won_and_little_more() -> None:
    lookup, run = PromptLookup([*range(60), 99, 0, 1, 2, 3], SpeculationCost()), list(range(4, 60))
    # In a line of a few tokens the first wrong draft would cost more than it may.
    assert not any(lookup.propose(run[:end]) for end in range(1, 8))
    sizes = []
    for end in range(8, 30):
        sizes.append(len(lookup.propose(run[:end])))
        lookup.learn(sizes[-1], sizes[-1])
    first = next(at for at, size in enumerate(sizes) if size)
    assert sizes[first] == 1
    # One that was right pays for the next, which is longer.
    assert sizes[first:] == sorted(sizes[first:])
    assert sizes[-1] >= 15


def test_a_lost_draft_is_earned_back_before_the_next() -> None:
    price = SpeculationCost()
    lookup, run = PromptLookup([*range(60), 99, 0, 1, 2, 3], price), list(range(4, 60))
    lost, at = 0.0, 0
    for at in range(1, 40):
        if size := len(lookup.propose(run[:at])):
            lost += price.cost(1 + size) - 1
            lookup.learn(size, 0)
    assert 0 < lost <= price.budget * (at + 1)


def test_a_price_is_learnt_for_each_size_of_batch() -> None:
    price = _free()
    for _ in range(40):
        price.note(1, 0.02)
        price.note(2, 0.06)
        price.note(8, 0.08)
    assert price.cost(1) == 1
    assert price.cost(2) == pytest.approx(3, rel=0.05)
    assert price.cost(8) == pytest.approx(4, rel=0.05)
    # One token more is not worth a pass here, six or seven are.
    assert price.worth(1, 16) == 0
    assert price.worth(7, 16) > 4
    # Of sizes that were not met it is believed what larger ones cost, not what two do.
    assert price.worth(7, 1) == 2
    assert price.worth(7, 0.5) == 0


def test_how_often_drafts_are_taken_is_learnt_too() -> None:
    price = _free()
    before = price.worth(16, 16)
    for _ in range(60):
        price.judge(8, 1)
    assert price.worth(16, 16) < before


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
    words = vocabulary.load(Toy(table).token_bytes())
    for drafts in (False, True):
        toy = Toy(table)
        written = write(
            toy,
            toy.tokenize(before),
            vocabulary=words,
            snapshot=Snapshot("/a.py", f"{before}\n", Workspace("/")),
            offset=len(before),
            evidence=Facts({"d": closed("pop", "a")}) if guided else None,
            sampler=Seeded(0.8, seed) if sampled else Greedy(),
            stop=OneLine(),
            max_tokens=40,
            cancellation=Cancellation(),
            drafts=_free() if drafts else None,
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
