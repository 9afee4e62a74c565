from datetime import date
from decimal import Decimal

import pytest

from depot.calendars import WorkCalendar
from depot.invoicing import (
    Invoice,
    InvoiceLine,
    Numbering,
    Terms,
    aging,
    late_fee,
    reminder_level,
)
from depot.money import Money

ISSUED = date(2024, 3, 15)


@pytest.fixture
def invoice():
    lines = [
        InvoiceLine("Tea", 10, Money(400), "reduced"),
        InvoiceLine("Cups", 3, Money(799)),
        InvoiceLine("Plate", 1, Money(1000), discount=Decimal("0.15")),
        InvoiceLine("Stamp", 1, Money(85), "none"),
    ]
    return Invoice("R24-0001", ISSUED, lines)


def simple(cents=10000, issued=ISSUED, terms=Terms(days=14)):
    return Invoice("R1", issued, [InvoiceLine("Work", 1, Money(cents), "none")], terms)


def test_net(invoice):
    assert [line.net.minor for line in invoice.lines] == [4000, 2397, 850, 85]
    assert invoice.net == Money(7332)


def test_taxes(invoice):
    assert invoice.taxes() == {"reduced": Money(400), "standard": Money(649)}


def test_gross(invoice):
    assert invoice.gross == Money(7332 + 400 + 649)


def test_tax_is_rounded_once_per_rate():
    lines = [InvoiceLine(str(n), 1, Money(13)) for n in range(3)]
    assert Invoice("R", ISSUED, lines).taxes() == {"standard": Money(8)}


def test_due_days():
    assert Terms(days=14).due(ISSUED) == date(2024, 3, 29)
    assert Terms().due(ISSUED) == date(2024, 4, 14)


@pytest.mark.parametrize(
    "days, due", [(0, date(2024, 3, 31)), (30, date(2024, 4, 30)), (290, date(2024, 12, 31))]
)
def test_due_at_the_end_of_the_month(days, due):
    assert Terms(days=days, end_of_month=True).due(ISSUED) == due


def test_due_on_a_working_day():
    calendar = WorkCalendar(frozenset({date(2024, 3, 29), date(2024, 4, 1)}))
    assert Terms(days=14).due(ISSUED, calendar) == date(2024, 4, 2)


@pytest.mark.parametrize(
    "day, cents",
    [(date(2024, 3, 15), 9700), (date(2024, 3, 25), 9700), (date(2024, 3, 26), 10000)],
)
def test_early_price(day, cents):
    terms = Terms(days=30, early_days=10, early_percent=Decimal(3))
    assert simple(terms=terms).early_price(day) == Money(cents)


def test_payments(invoice):
    invoice.pay(date(2024, 3, 20), Money(5000))
    assert invoice.open_amount == Money(3381)
    assert invoice.settled_on() is None
    invoice.pay(date(2024, 3, 22), Money(4000))
    assert invoice.open_amount == Money(-619)
    assert invoice.settled_on() == date(2024, 3, 22)


@pytest.mark.parametrize("cents", [0, -5])
def test_payments_are_positive(invoice, cents):
    with pytest.raises(ValueError):
        invoice.pay(ISSUED, Money(cents))
    assert invoice.payments == []


def test_settled_by_date_not_by_entry():
    invoice = simple()
    invoice.pay(date(2024, 4, 20), Money(4000))
    invoice.pay(date(2024, 4, 1), Money(6000))
    assert invoice.settled_on() == date(2024, 4, 20)


def test_invoices_do_not_share_payments():
    first, second = Invoice("1", ISSUED), Invoice("2", ISSUED)
    first.pay(ISSUED, Money(5))
    assert second.payments == []


def test_days_late():
    invoice = simple()
    assert invoice.days_late(date(2024, 3, 29)) == 0
    assert invoice.days_late(date(2024, 4, 2)) == 4
    assert invoice.days_late(date(2024, 3, 1)) == 0
    invoice.pay(date(2024, 4, 2), Money(10000))
    assert invoice.days_late(date(2024, 6, 1)) == 0


@pytest.mark.parametrize(
    "days, level", [(0, 0), (6, 0), (7, 1), (20, 1), (21, 2), (42, 3), (99, 3)]
)
def test_reminders(days, level):
    assert reminder_level(days) == level


def test_late_fee():
    assert late_fee(Money(100000), 365) == Money(8000)
    assert late_fee(Money(100000), 30) == Money(658)
    assert late_fee(Money(100000), -3) == Money(0)
    assert late_fee(Money(100000, "USD"), 0) == Money(0, "USD")


def test_aging():
    today = date(2024, 6, 30)
    invoices = [
        simple(100, date(2024, 6, 20)),
        simple(200, date(2024, 6, 16)),
        simple(400, date(2024, 5, 17)),
        simple(800, date(2024, 5, 16)),
        simple(1600, date(2024, 4, 17)),
        simple(3200, date(2024, 4, 16)),
    ]
    assert aging(invoices, today) == {
        "current": Money(300),
        "1-30": Money(400),
        "31-60": Money(800 + 1600),
        "older": Money(3200),
    }


def test_aging_counts_what_is_open():
    invoice = simple(1000, date(2024, 1, 1))
    invoice.pay(date(2024, 1, 5), Money(400))
    assert aging([invoice], date(2024, 1, 20))["1-30"] == Money(600)


def test_numbering_starts_over_each_year():
    numbering = Numbering()
    assert numbering.next(date(2024, 12, 30)) == "R24-0001"
    assert numbering.next(date(2024, 12, 31)) == "R24-0002"
    assert numbering.next(date(2025, 1, 1)) == "R25-0001"
    assert numbering.next(date(2024, 12, 31)) == "R24-0003"
    assert Numbering("G").next(date(2024, 1, 1)) == "G24-0001"
