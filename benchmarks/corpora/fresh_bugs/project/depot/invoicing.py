"""Invoices: lines, taxes, due dates, payments and reminders."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Dict, Iterable, List, Optional, Tuple

from depot.calendars import WorkCalendar, add_months
from depot.money import Money, total

TAX_RATES = {"standard": Decimal("0.20"), "reduced": Decimal("0.10"), "none": Decimal("0")}


@dataclass(frozen=True)
class InvoiceLine:
    """One position; prices are before tax."""

    text: str
    quantity: int
    unit_price: Money
    tax: str = "standard"
    discount: Decimal = Decimal("0")

    @property
    def net(self) -> Money:
        """The price of the position before tax."""
        return self.unit_price.times(self.quantity).times(1 - self.discount)


@dataclass(frozen=True)
class Terms:
    """When to pay, and what is taken off for paying early."""

    days: int = 30
    end_of_month: bool = False
    early_days: int = 0
    early_percent: Decimal = Decimal("0")

    def due(self, issued: date, calendar: Optional[WorkCalendar] = None) -> date:
        """The last day to pay; moved to a working day where a calendar is given."""
        day = issued + timedelta(days=self.days)
        if self.end_of_month:
            day = add_months(day.replace(day=1), 1) - timedelta(days=1)
        return calendar.next_workday(day) if calendar is not None else day


@dataclass
class Invoice:
    """An invoice and what was paid of it."""

    number: str
    issued: date
    lines: List[InvoiceLine] = field(default_factory=list)
    terms: Terms = Terms()
    payments: List[Tuple[date, Money]] = field(default_factory=list)

    @property
    def net(self) -> Money:
        """The sum before tax."""
        return total(line.net for line in self.lines)

    def taxes(self) -> Dict[str, Money]:
        """Tax by rate; worked out on the sum of each rate, not line by line."""
        sums: Dict[str, Money] = {}
        for line in self.lines:
            if line.tax in sums:
                sums[line.tax] = sums[line.tax] + line.net
            else:
                sums[line.tax] = line.net
        return {
            rate: amount.times(TAX_RATES[rate])
            for rate, amount in sorted(sums.items())
            if TAX_RATES[rate]
        }

    @property
    def gross(self) -> Money:
        """What is to be paid."""
        return self.net + total(self.taxes().values())

    def early_price(self, day: date) -> Money:
        """What is to be paid on ``day``, the discount for paying early taken off."""
        if day <= self.issued + timedelta(days=self.terms.early_days):
            return self.gross.times(1 - self.terms.early_percent / 100)
        return self.gross

    def pay(self, day: date, amount: Money) -> None:
        """Note a payment."""
        if not Money(0, amount.currency) < amount:
            raise ValueError("a payment must be positive")
        self.payments.append((day, amount))

    @property
    def open_amount(self) -> Money:
        """What is left to pay; negative when too much was paid."""
        return self.gross - total(amount for _, amount in self.payments)

    def settled_on(self) -> Optional[date]:
        """The day on which the payments reached the price."""
        paid = Money(0)
        for day, amount in sorted(self.payments, key=lambda payment: payment[0]):
            paid = paid + amount
            if not paid < self.gross:
                return day
        return None

    def days_late(self, today: date) -> int:
        """Days past the due date; 0 when in time or settled."""
        if self.settled_on() is not None:
            return 0
        return max(0, (today - self.terms.due(self.issued)).days)


def reminder_level(days_late: int) -> int:
    """0 to 3: a friendly note after a week, a reminder after three, a last one after six."""
    level = 0
    for least in (7, 21, 42):
        if days_late >= least:
            level += 1
    return level


def late_fee(open_amount: Money, days: int, yearly: Decimal = Decimal("0.08")) -> Money:
    """Interest for ``days``, the year counted as 365 days."""
    if days <= 0:
        return Money(0, open_amount.currency)
    return open_amount.times(yearly * days / 365)


def aging(invoices: Iterable[Invoice], today: date) -> Dict[str, Money]:
    """Open amounts by age: ``current``, ``1-30``, ``31-60`` and ``older`` days late."""
    table = {name: Money(0) for name in ("current", "1-30", "31-60", "older")}
    for invoice in invoices:
        late = invoice.days_late(today)
        if late == 0:
            bucket = "current"
        elif late <= 30:
            bucket = "1-30"
        elif late <= 60:
            bucket = "31-60"
        else:
            bucket = "older"
        table[bucket] = table[bucket] + invoice.open_amount
    return table


class Numbering:
    """Invoice numbers without gaps, starting over each year."""

    def __init__(self, prefix: str = "R") -> None:
        self.prefix = prefix
        self._last: Dict[int, int] = {}

    def next(self, day: date) -> str:
        """The next number for an invoice of ``day``."""
        count = self._last.get(day.year, 0) + 1
        self._last[day.year] = count
        return f"{self.prefix}{day:%y}-{count:04d}"
