"""Of many tests a sample is traced: failing ones and passing ones of many functions."""

from __future__ import annotations

from repair.failure.sampling import sample
from repair.sandbox.run import Outcome, TestResult


def _tests(names: str, outcome: Outcome, seconds: float) -> list[TestResult]:
    return [TestResult(name, outcome, seconds) for name in names.split()]


def test_few_or_quick_tests_are_all_traced() -> None:
    tests = _tests("a b c", Outcome.PASSED, 0.1) + _tests("d", Outcome.FAILED, 0.1)
    assert sample(tests, 0.5) == ("a", "b", "c", "d")


def test_of_many_a_share_fails_and_the_others_are_of_different_functions() -> None:
    good = _tests("f[1] f[2] f[3] g[1] g[2] h", Outcome.PASSED, 0.1)
    bad = _tests("x y z w", Outcome.FAILED, 0.1)
    assert sample([*bad, *good], 0.51) == ("x", "y", "f[1]", "g[1]", "h")


def test_slow_ones_are_left_out_but_for_one_of_each() -> None:
    slow = _tests("slow", Outcome.PASSED, 3.0)
    assert sample(_tests("q", Outcome.PASSED, 0.01) + slow, 0.5) == ("q",)
    assert sample(slow + _tests("bad worse", Outcome.ERROR, 2.0), 0.5) == ("slow", "bad")
