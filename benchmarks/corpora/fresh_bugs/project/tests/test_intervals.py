from datetime import datetime, timedelta

import pytest

from depot.intervals import Bookings, Interval, busiest, first_gap, merge, subtract


@pytest.mark.parametrize(
    "other, expected",
    [((0, 5), False), ((0, 6), True), ((6, 7), True), ((9, 12), True), ((10, 12), False)],
)
def test_overlaps(other, expected):
    assert Interval(5, 10).overlaps(Interval(*other)) is expected
    assert Interval(*other).overlaps(Interval(5, 10)) is expected


def test_contains_start_but_not_end():
    assert Interval(1, 3).contains(1)
    assert Interval(1, 3).contains(2)
    assert not Interval(1, 3).contains(3)


def test_intersection():
    assert Interval(1, 5).intersection(Interval(3, 9)) == Interval(3, 5)
    assert Interval(1, 9).intersection(Interval(3, 5)) == Interval(3, 5)
    assert Interval(1, 3).intersection(Interval(3, 5)) is None


def test_merge():
    parts = [Interval(8, 9), Interval(1, 3), Interval(2, 5)]
    assert merge(parts) == [Interval(1, 5), Interval(8, 9)]


def test_merge_joins_what_touches():
    assert merge([Interval(1, 2), Interval(2, 3)]) == [Interval(1, 3)]


def test_merge_with_one_inside_another():
    assert merge([Interval(1, 10), Interval(2, 3), Interval(9, 12)]) == [Interval(1, 12)]


def test_merge_drops_empty_ones():
    assert merge([Interval(4, 4), Interval(7, 6)]) == []


def test_subtract():
    left = list(subtract(Interval(0, 10), [Interval(2, 3), Interval(5, 7)]))
    assert left == [Interval(0, 2), Interval(3, 5), Interval(7, 10)]


def test_subtract_at_the_edges():
    assert list(subtract(Interval(0, 10), [Interval(-5, 2), Interval(9, 20)])) == [Interval(2, 9)]
    assert list(subtract(Interval(0, 10), [Interval(-1, 11)])) == []
    assert list(subtract(Interval(0, 10), [Interval(20, 30)])) == [Interval(0, 10)]


def test_first_gap():
    taken = [Interval(0, 2), Interval(3, 6)]
    assert first_gap(taken, Interval(0, 10), 1) == Interval(2, 3)
    assert first_gap(taken, Interval(0, 10), 2) == Interval(6, 8)
    assert first_gap(taken, Interval(0, 7), 2) is None


def test_busiest():
    assert busiest([]) == 0
    assert busiest([Interval(1, 4), Interval(2, 6), Interval(3, 5)]) == 3


def test_busiest_does_not_count_what_only_touches():
    assert busiest([Interval(1, 2), Interval(2, 3), Interval(3, 4)]) == 1


@pytest.fixture
def door():
    return Bookings(Interval(8, 16))


def test_booking(door):
    door.book(Interval(10, 12))
    door.book(Interval(8, 10))
    assert door.free() == [Interval(12, 16)]


@pytest.mark.parametrize("wanted", [(7, 9), (15, 17), (9, 11), (11, 12)])
def test_booking_refuses(door, wanted):
    door.book(Interval(10, 12))
    with pytest.raises(ValueError):
        door.book(Interval(*wanted))


def test_cancel(door):
    door.book(Interval(9, 10))
    assert door.cancel(Interval(9, 10))
    assert not door.cancel(Interval(9, 10))
    assert door.free() == [Interval(8, 16)]


def test_next_free(door):
    door.book(Interval(8, 9))
    door.book(Interval(11, 13))
    assert door.next_free(2) == Interval(9, 11)
    assert door.next_free(2, after=10) == Interval(13, 15)
    assert door.next_free(1, after=10) == Interval(10, 11)
    assert door.next_free(4) is None
    assert door.next_free(1, after=2) == Interval(9, 10)


def test_works_with_times():
    start = datetime(2024, 3, 1, 8)
    hour = timedelta(hours=1)
    door = Bookings(Interval(start, start + 4 * hour))
    door.book(Interval(start, start + hour))
    assert door.next_free(2 * hour) == Interval(start + hour, start + 3 * hour)
