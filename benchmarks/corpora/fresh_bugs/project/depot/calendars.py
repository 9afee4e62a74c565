"""Working days, delivery dates and recurring dates, aware of time zones."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import FrozenSet, Iterator, Optional

SATURDAY = 5


@dataclass(frozen=True)
class WorkCalendar:
    """Which days are worked, and until when an order counts for the same day."""

    holidays: FrozenSet[date] = frozenset()
    cutoff: time = time(14, 0)
    zone: tzinfo = field(default=timezone.utc)

    def is_workday(self, day: date) -> bool:
        """Whether ``day`` is worked."""
        return day.weekday() < SATURDAY and day not in self.holidays

    def next_workday(self, day: date) -> date:
        """``day`` itself if it is worked, else the first worked day behind it."""
        while not self.is_workday(day):
            day += timedelta(days=1)
        return day

    def add_workdays(self, day: date, count: int) -> date:
        """The worked day ``count`` worked days behind (or, negative, before) ``day``."""
        step = timedelta(days=1 if count >= 0 else -1)
        left = abs(count)
        while left:
            day += step
            if self.is_workday(day):
                left -= 1
        return day

    def workdays_between(self, start: date, end: date) -> int:
        """Worked days from ``start`` up to, not including, ``end``."""
        if end < start:
            return -self.workdays_between(end, start)
        days = (end - start).days
        return sum(self.is_workday(start + timedelta(days=offset)) for offset in range(days))

    def dispatch_day(self, ordered: datetime) -> date:
        """The day on which an order placed at ``ordered`` leaves the house.

        The cut-off is local time of the warehouse; ``ordered`` must carry a time zone.
        """
        if ordered.tzinfo is None:
            raise ValueError("the time of an order needs a time zone")
        local = ordered.astimezone(self.zone)
        day = local.date()
        if local.time() >= self.cutoff:
            day += timedelta(days=1)
        return self.next_workday(day)


def add_months(day: date, months: int) -> date:
    """The same day ``months`` later; the last of the month where that day does not exist."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return date(year, month, min(day.day, last))


def monthly(start: date, until: Optional[date] = None) -> Iterator[date]:
    """Every month on the day of ``start``; short months do not shift the later ones."""
    count = 0
    while True:
        day = add_months(start, count)
        if until is not None and day > until:
            return
        yield day
        count += 1


def quarter(day: date) -> str:
    """``2024-Q3``."""
    return f"{day.year}-Q{(day.month - 1) // 3 + 1}"


def age_in_years(born: date, today: date) -> int:
    """Whole years between two dates."""
    years = today.year - born.year
    if (today.month, today.day) < (born.month, born.day):
        years -= 1
    return years


def parse_stamp(text: str, zone: tzinfo = timezone.utc) -> datetime:
    """An ISO time in UTC; one without an offset is local to ``zone``."""
    text = text.strip()
    if text.endswith("Z"):
        text = text[:-1] + "+00:00"
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(timezone.utc)


def humanize(delta: timedelta) -> str:
    """``2 d 3 h``: the two largest parts that are not zero."""
    seconds = int(abs(delta).total_seconds())
    parts = []
    for name, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {name}")
    text = " ".join(parts[:2]) or "0 s"
    return f"-{text}" if delta < timedelta(0) else text
