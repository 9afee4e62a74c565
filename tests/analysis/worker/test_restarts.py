"""When a child that died is started again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analysis.children import PAUSES, STEADY_SECONDS, Restarts


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_waits_grow_with_deaths_and_begin_anew_after_a_long_life(spoke: list[bool]) -> None:
    restarts = Restarts()
    waits = [restarts.died(spoke=each, lived=1.0) for each in spoke]
    assert waits[0] == 0
    assert waits == sorted(waits)
    assert waits[1:] == [PAUSES[min(n, len(PAUSES) - 1)] for n in range(len(waits) - 1)]
    assert restarts.silent == next(
        (n for n, each in enumerate(reversed(spoke)) if each), len(spoke)
    )
    assert restarts.died(spoke=True, lived=STEADY_SECONDS + 1) == 0
