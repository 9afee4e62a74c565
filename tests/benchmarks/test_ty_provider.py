"""What a provider answered, counted; the server itself is a program of the registry."""

from __future__ import annotations

from benchmarks.ty_provider import Tally


def test_only_what_prunes_can_be_wrong() -> None:
    tally = Tally()
    tally.add(frozenset({"a", "b"}), "a", 0.010, prunes=True)
    tally.add(frozenset({"b"}), "a", 0.020, prunes=True)
    tally.add(frozenset(), "a", 0.030, prunes=False)
    tally.add(frozenset({"b"}), "a", 0.040, prunes=False)
    assert tally.cells() == ("50", "50.0", 2, "30.0", "40.0")
