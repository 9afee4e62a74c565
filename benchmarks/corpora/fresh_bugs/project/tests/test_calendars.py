from datetime import date, datetime, time, timedelta, timezone
from itertools import islice

import pytest

from depot.calendars import (
    WorkCalendar,
    add_months,
    age_in_years,
    humanize,
    monthly,
    parse_stamp,
    quarter,
)

FRIDAY = date(2024, 5, 3)
MONDAY = date(2024, 5, 6)
CET = timezone(timedelta(hours=1))


@pytest.fixture
def calendar():
    return WorkCalendar(frozenset({date(2024, 5, 1), date(2024, 5, 9)}), zone=CET)


def test_workdays(calendar):
    assert calendar.is_workday(FRIDAY)
    assert not calendar.is_workday(date(2024, 5, 4))
    assert not calendar.is_workday(date(2024, 5, 5))
    assert not calendar.is_workday(date(2024, 5, 9))


def test_next_workday(calendar):
    assert calendar.next_workday(FRIDAY) == FRIDAY
    assert calendar.next_workday(date(2024, 5, 4)) == MONDAY
    assert calendar.next_workday(date(2024, 5, 9)) == date(2024, 5, 10)


@pytest.mark.parametrize(
    "day, count, expected",
    [
        (FRIDAY, 1, MONDAY),
        (MONDAY, 4, date(2024, 5, 13)),
        (MONDAY, -1, FRIDAY),
        (MONDAY, -3, date(2024, 4, 30)),
        (FRIDAY, 0, FRIDAY),
    ],
)
def test_add_workdays(calendar, day, count, expected):
    assert calendar.add_workdays(day, count) == expected


def test_workdays_between(calendar):
    assert calendar.workdays_between(date(2024, 4, 29), MONDAY) == 4
    assert calendar.workdays_between(MONDAY, date(2024, 4, 29)) == -4
    assert calendar.workdays_between(MONDAY, MONDAY) == 0


@pytest.mark.parametrize(
    "hour, minute, expected",
    [(12, 59, FRIDAY), (13, 0, MONDAY), (23, 30, MONDAY)],
)
def test_dispatch_day_by_local_time(calendar, hour, minute, expected):
    ordered = datetime(2024, 5, 3, hour, minute, tzinfo=timezone.utc)
    assert calendar.dispatch_day(ordered) == expected


def test_dispatch_day_when_it_is_already_tomorrow_here(calendar):
    late = datetime(2024, 5, 5, 23, 15, tzinfo=timezone.utc)
    assert calendar.dispatch_day(late) == MONDAY


def test_dispatch_on_a_weekend_morning(calendar):
    saturday = datetime(2024, 5, 4, 8, 0, tzinfo=CET)
    assert calendar.dispatch_day(saturday) == MONDAY


def test_dispatch_day_needs_a_zone(calendar):
    with pytest.raises(ValueError, match="time zone"):
        calendar.dispatch_day(datetime(2024, 5, 3, 10))


@pytest.mark.parametrize(
    "day, months, expected",
    [
        (date(2024, 1, 15), 1, date(2024, 2, 15)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2024, 11, 30), 3, date(2025, 2, 28)),
        (date(2024, 12, 1), 12, date(2025, 12, 1)),
        (date(2024, 3, 31), -1, date(2024, 2, 29)),
        (date(2024, 1, 1), -1, date(2023, 12, 1)),
        (date(2024, 10, 5), 2, date(2024, 12, 5)),
    ],
)
def test_add_months(day, months, expected):
    assert add_months(day, months) == expected


def test_monthly_does_not_drift():
    days = list(islice(monthly(date(2024, 1, 31)), 4))
    assert [day.day for day in days] == [31, 29, 31, 30]


def test_monthly_until():
    days = list(monthly(date(2024, 1, 10), date(2024, 3, 10)))
    assert days == [date(2024, 1, 10), date(2024, 2, 10), date(2024, 3, 10)]


@pytest.mark.parametrize("month, name", [(1, "Q1"), (3, "Q1"), (4, "Q2"), (9, "Q3"), (12, "Q4")])
def test_quarter(month, name):
    assert quarter(date(2024, month, 28)) == f"2024-{name}"


def test_age():
    born = date(2000, 6, 15)
    assert age_in_years(born, date(2024, 6, 14)) == 23
    assert age_in_years(born, date(2024, 6, 15)) == 24
    assert age_in_years(born, date(2024, 7, 1)) == 24
    assert age_in_years(born, date(2024, 5, 30)) == 23


@pytest.mark.parametrize(
    "text, hour",
    [
        ("2024-05-03T10:00:00Z", 10),
        ("2024-05-03T10:00:00+02:00", 8),
        ("2024-05-03T10:00:00", 9),
        (" 2024-05-03 10:00 ", 9),
    ],
)
def test_parse_stamp(text, hour):
    moment = parse_stamp(text, CET)
    assert moment == datetime(2024, 5, 3, hour, tzinfo=timezone.utc)
    assert moment.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "delta, text",
    [
        (timedelta(days=2, hours=3, minutes=4), "2 d 3 h"),
        (timedelta(hours=1, seconds=5), "1 h 5 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(0), "0 s"),
        (timedelta(minutes=-90), "-1 h 30 min"),
    ],
)
def test_humanize(delta, text):
    assert humanize(delta) == text


def test_cutoff_can_be_set():
    calendar = WorkCalendar(cutoff=time(9, 0))
    early = datetime(2024, 5, 6, 8, 59, tzinfo=timezone.utc)
    assert calendar.dispatch_day(early) == MONDAY
    assert calendar.dispatch_day(early + timedelta(minutes=1)) == date(2024, 5, 7)
