"""Which token is proposed, and when that would not change whatever the last bits are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoding.loop.decode_state import Greedy, Sampler, Seeded, sampler

NOISE = 0.15


@settings(deadline=None)
@given(
    logits=st.lists(st.floats(-8, 8, width=32), min_size=2, max_size=90),
    moves=st.lists(st.floats(-NOISE / 2, NOISE / 2), min_size=90, max_size=90),
    seed=st.integers(0, 999),
    temperature=st.sampled_from([0.0, 0.2, 0.8, 1.5]),
)
def test_what_is_settled_stays_whatever_the_noise(
    logits: list[float], moves: list[float], seed: int, temperature: float
) -> None:
    row = np.array(logits, np.float32)
    moved = row + np.array(moves[: len(row)], np.float32)
    one, other = sampler(temperature, seed), sampler(temperature, seed)
    # A hair more than was moved: sums of such small numbers are rounded.
    if one.settled(row, NOISE + 1e-5):
        assert one.choose(row) == other.choose(moved)


@pytest.mark.parametrize("drawing", [Greedy(), Seeded(0.8, 1)])
def test_a_clear_choice_is_settled_and_a_tie_is_not(drawing: Sampler) -> None:
    clear = np.array([9.0, 0.0, 0.0, 0.0], np.float32)
    tied = np.array([4.0, 4.0, -20.0, -20.0], np.float32)
    assert drawing.settled(clear, NOISE)
    assert not drawing.settled(tied, NOISE)


def test_asking_whether_it_is_settled_draws_nothing() -> None:
    row = np.linspace(0, 3, 40, dtype=np.float32)
    asked, plain = Seeded(1.0, 7), Seeded(1.0, 7)
    drawn = []
    for _ in range(20):
        asked.settled(row, NOISE)
        drawn.append(asked.choose(row))
    assert drawn == [plain.choose(row) for _ in range(20)]
    assert len(set(drawn)) > 5
