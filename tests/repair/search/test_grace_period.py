"""How long the search looks for rivals of a patch that passes."""

from __future__ import annotations

from analysis.deadline import Deadline
from repair.search.grace_period import GracePeriod


def test_it_lasts_for_a_share_of_the_search_within_bounds() -> None:
    for spent, left, most in (
        (0.1, 100.0, 1.5),
        (6.0, 100.0, 3.0),
        (60.0, 100.0, 4.0),
        # What is left is for the suite.
        (60.0, 20.0, 3.0),
        (60.0, 4.0, 1.5),
    ):
        grace = GracePeriod.begin(spent, 0, left)
        assert most - 0.1 < grace.until.remaining() <= most
        longest = 8.0 if left > 60 else most
        assert most - 0.1 < grace.at_most.remaining() <= longest


def test_it_waits_for_enough_candidates_on_a_busy_machine_but_not_for_long() -> None:
    grace = GracePeriod(Deadline.after(-1), 300, Deadline.never())
    assert not grace.over(299)
    assert grace.over(300)
    assert GracePeriod(Deadline.after(-1), 300, Deadline.after(-1)).over(2)
    assert not GracePeriod(Deadline.never(), 300, Deadline.never()).over(5000)


def test_what_is_doubted_is_waited_for_longer_but_most_of_the_time_is_left() -> None:
    for left, most in ((100.0, 15.0), (20.0, 6.0)):
        grace = GracePeriod.longer(left)
        assert most - 0.1 < grace.until.remaining() <= most
        assert not grace.over(10_000)
    assert GracePeriod.longer(-1.0).over(0)
