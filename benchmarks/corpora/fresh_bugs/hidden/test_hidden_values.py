"""Money, units, intervals, paging: other inputs than the visible tests use."""

import itertools
import random
from decimal import Decimal
from fractions import Fraction

import pytest

from depot.intervals import Bookings, Interval, busiest, first_gap, merge, subtract
from depot.money import CurrencyMismatch, Money, total
from depot.paging import Page, after, decode_cursor, encode_cursor, page_links, paginate, walk
from depot.units import Quantity, UnitError, best_unit, canonical, parcels


@pytest.mark.parametrize("text", ["1,2,3", ",5", "12,34", "1,2345", "1,,000", "1000,000"])
def test_misplaced_commas(text):
    with pytest.raises(ValueError):
        Money.parse(text)


@pytest.mark.parametrize(
    "text, minor",
    [("999", 99900), ("1,000", 100000), ("12,345,678.9", 1234567890), ("1000", 100000)],
)
def test_proper_commas(text, minor):
    assert Money.parse(text).minor == minor


def test_halves_go_up():
    assert [Money.of(Decimal(n) / 1000).minor for n in (5, 15, 25, 35, 45, 44, 46)] == [
        1,
        2,
        3,
        4,
        5,
        4,
        5,
    ]
    assert Money(5).times("0.5") == Money(3)
    assert Money.of("-0.125") == Money(-13)


@pytest.mark.parametrize("minor", [-1, -99, -100, -101, -12345, 0, 7, 100])
def test_text_reads_back(minor):
    assert Money.parse(str(Money(minor))) == Money(minor)
    assert Money.parse(str(Money(minor, "KWD"))) == Money(minor, "KWD")


@pytest.mark.parametrize("weights", [[0, 0, 3], [1, 0, 1, 0], [0, 5, 2, 9], [7], [1] * 9])
def test_split_is_fair(weights):
    for minor in range(0, 60, 7):
        parts = Money(minor, "USD").split(weights)
        assert sum(part.minor for part in parts) == minor
        for part, weight in zip(parts, weights):
            exact = Fraction(minor * weight, sum(weights))
            assert weight > 0 or part.minor == 0
            assert exact - 1 < part.minor <= exact + 1


def test_totals_of_other_currencies():
    assert total([Money(5, "USD"), Money(6, "USD")]) == Money(11, "USD")
    assert total([Money(5, "JPY")], "USD") == Money(5, "JPY")
    assert total([]) == Money(0, "EUR")
    with pytest.raises(CurrencyMismatch):
        total([Money(1, "USD"), Money(1)])


@pytest.mark.parametrize(
    "text, value", [("0,5 g", "1/2"), ("+1,25 t", "5/4"), ("7,0 l", "7"), ("3.75 m", "15/4")]
)
def test_decimal_marks(text, value):
    assert Quantity.parse(text).value == Fraction(value)


def test_converting_is_undone_by_converting_back():
    pairs = [("g", "t"), ("in", "cm"), ("cl", "l"), ("lb", "kg")]
    for a, b in pairs:
        assert Quantity(Fraction(7), a).to(b).to(a) == Quantity(Fraction(7), a)
    assert Quantity(Fraction(1), "kg").to("g").value == 1000
    assert Quantity(Fraction(1), "mm").to("cm").value == Fraction(1, 10)


@pytest.mark.parametrize(
    "text, best", [("1000 g", "1 kg"), ("5000 kg", "5 t"), ("99 cl", "99 cl"), ("250 cm", "2.5 m")]
)
def test_best_units(text, best):
    assert str(best_unit(Quantity.parse(text))) == best


def test_unit_names():
    assert canonical("  Litre ") == "l"
    assert canonical("\tCM\n") == "cm"
    with pytest.raises(UnitError):
        canonical("")


@pytest.mark.parametrize(
    "grams, count", [(0, 0), (1, 1), (499, 1), (500, 1), (501, 2), (1000, 2), (1001, 3)]
)
def test_parcels_of_half_a_kilo(grams, count):
    assert parcels(Quantity(Fraction(grams), "g"), Quantity.parse("0.5 kg")) == count


def covered(intervals):
    return {point for start, end in intervals for point in range(start, end)}


def test_merging_and_subtracting_keep_the_points():
    chance = random.Random(5)
    for _ in range(200):
        parts = [Interval(a, a + chance.randint(-1, 6)) for a in chance.choices(range(20), k=5)]
        merged = merge(parts)
        assert covered(merged) == covered(parts)
        assert all(left.end < right.start for left, right in zip(merged, merged[1:]))
        left = list(subtract(Interval(3, 17), parts))
        assert covered(left) == set(range(3, 17)) - covered(parts)
        assert all(piece.start < piece.end for piece in left)
        depth = max((sum(p.contains(x) for p in parts) for x in range(-2, 30)), default=0)
        assert busiest([p for p in parts if p.start < p.end]) == depth


def test_first_gap_is_the_first():
    taken = [Interval(5, 8), Interval(0, 2), Interval(3, 4)]
    assert first_gap(taken, Interval(1, 20), 1) == Interval(2, 3)
    assert first_gap(taken, Interval(1, 20), 3) == Interval(8, 11)
    assert first_gap([], Interval(1, 3), 2) == Interval(1, 3)
    assert first_gap(taken, Interval(0, 8), 2) is None


def test_a_day_at_the_door():
    door = Bookings(Interval(6, 18))
    for start in (8, 12, 6):
        door.book(Interval(start, start + 2))
    assert isinstance(door.free(), list)
    assert door.free() == [Interval(10, 12), Interval(14, 18)]
    assert door.next_free(2, after=0) == Interval(10, 12)
    assert door.next_free(1, after=11) == Interval(11, 12)
    assert door.next_free(5, after=0) is None
    assert door.next_free(4, after=6) == Interval(14, 18)
    assert Bookings(Interval(-5, 5)).next_free(1, after=0) == Interval(0, 1)
    assert Bookings(Interval(6, 18)).next_free(1, after=0) == Interval(6, 7)


@pytest.mark.parametrize(
    "count, size", list(itertools.product([0, 1, 9, 10, 11, 20, 30], [1, 3, 10]))
)
def test_pages_cut_a_list_without_loss(count, size):
    items = list(range(count))
    first = paginate(items, 1, size)
    seen = []
    for number in range(1, first.pages + 1):
        page = paginate(items, number, size)
        assert page.number == number
        assert page.has_next == (number < first.pages)
        assert page.has_previous == (number > 1)
        if page.items:
            assert items[page.first_index - 1] == page.items[0]
            assert items[page.last_index - 1] == page.items[-1]
            assert page.caption() == f"{page.first_index}-{page.last_index} of {count}"
        seen += page.items
    assert seen == items
    assert Page(items[:size], 1, size, count).pages == first.pages


@pytest.mark.parametrize("pages, around", list(itertools.product([1, 2, 5, 12], [0, 1, 2])))
def test_links_leave_out_only_what_is_far(pages, around):
    for current in range(1, pages + 1):
        links = page_links(current, pages, around)
        numbers = [number for number in links if number is not None]
        assert numbers == sorted(set(numbers))
        assert {1, pages, current} <= set(numbers)
        expected = set(range(max(1, current - around), min(pages, current + around) + 1))
        assert expected <= set(numbers)
        for index, number in enumerate(links):
            if number is None:
                assert links[index + 1] - links[index - 1] > 2
        gaps = [b - a for a, b in zip(links, links[1:]) if a is not None and b is not None]
        assert all(gap == 1 for gap in gaps)


@pytest.mark.parametrize("key", [{"a": [1, None]}, "", "x", "xy", "xyz", 0, -3.5, "日本"])
def test_cursors_of_any_length(key):
    assert decode_cursor(encode_cursor(key)) == key


@pytest.mark.parametrize("cursor", ["é", "A", "_", "e30x", "bm90IGpzb24", "//79"])
def test_cursors_of_others(cursor):
    with pytest.raises(ValueError, match="bad cursor"):
        decode_cursor(cursor)


@pytest.mark.parametrize("count, limit", list(itertools.product([0, 1, 4, 6], [1, 2, 3])))
def test_walking_in_chunks(count, limit):
    items = [f"k{number}" for number in range(count)][::-1]
    calls = []

    def fetch(cursor):
        calls.append(cursor)
        return after(items, str, cursor, limit)

    assert list(walk(fetch)) == sorted(items)
    assert len(calls) == max(1, -(-count // limit))
