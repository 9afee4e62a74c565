"""Calendars, catalog, stock, orders, invoices, permissions: other cases than the visible ones."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from depot.calendars import (
    WorkCalendar,
    add_months,
    age_in_years,
    humanize,
    monthly,
    parse_stamp,
)
from depot.catalog import Article, Bundle, Catalog, Perishable, normalize_sku
from depot.inventory import Inventory, OutOfStock
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
from depot.orders import Desk, Order
from depot.permissions import Denied, Role, Token, User, covers, load_roles

EAST = timezone(timedelta(hours=9))


def test_months_over_years():
    for months in range(-30, 31):
        day = add_months(date(2023, 5, 15), months)
        assert (day.year * 12 + day.month) - (2023 * 12 + 5) == months
        assert day.day == 15
    assert add_months(date(2024, 12, 31), 2) == date(2025, 2, 28)
    assert add_months(date(2024, 11, 30), 1) == date(2024, 12, 30)


def test_the_thirtieth_of_every_month():
    days = list(monthly(date(2023, 1, 30), date(2023, 6, 30)))
    assert [day.day for day in days] == [30, 28, 30, 30, 30, 30]


def test_dispatch_in_the_far_east():
    calendar = WorkCalendar(zone=EAST)
    assert calendar.dispatch_day(datetime(2024, 5, 7, 4, 59, tzinfo=timezone.utc)) == date(
        2024, 5, 7
    )
    assert calendar.dispatch_day(datetime(2024, 5, 7, 5, 0, tzinfo=timezone.utc)) == date(
        2024, 5, 8
    )
    assert calendar.dispatch_day(datetime(2024, 5, 7, 15, 0, tzinfo=timezone.utc)) == date(
        2024, 5, 8
    )
    assert calendar.dispatch_day(datetime(2024, 5, 10, 23, 0, tzinfo=EAST)) == date(2024, 5, 13)
    assert calendar.next_workday(date(2024, 5, 8)) == date(2024, 5, 8)
    assert calendar.next_workday(date(2024, 5, 11)) == date(2024, 5, 13)


@pytest.mark.parametrize(
    "text", ["2024-05-03T01:30:00+09:00", "2024-05-03T01:30:00", "2024-05-02T16:30:00Z"]
)
def test_stamps_in_utc(text):
    assert parse_stamp(text, EAST) == datetime(2024, 5, 2, 16, 30, tzinfo=timezone.utc)
    assert parse_stamp(text, EAST).hour == 16


@pytest.mark.parametrize(
    "days, text", [(1, "1 d"), (9.5, "9 d 12 h"), (-2, "-2 d"), (400, "400 d")]
)
def test_long_times(days, text):
    assert humanize(timedelta(days=days)) == text


@pytest.mark.parametrize(
    "today, age",
    [
        ((2030, 2, 1), 29),
        ((2030, 1, 31), 29),
        ((2030, 12, 1), 30),
        ((2030, 11, 20), 30),
        ((2030, 11, 19), 29),
    ],
)
def test_ages(today, age):
    assert age_in_years(date(2000, 11, 20), date(*today)) == age


def test_workdays_both_ways():
    calendar = WorkCalendar(frozenset({date(2024, 5, 9)}))
    for days in range(15):
        end = date(2024, 5, 1) + timedelta(days=days)
        there = calendar.workdays_between(date(2024, 5, 1), end)
        assert there >= 0
        assert calendar.workdays_between(end, date(2024, 5, 1)) == -there


@pytest.mark.parametrize("text", ["a b – c", " A B-C", "ab —c", "a\u00a0b-c"])
def test_spellings(text):
    assert normalize_sku(text) == "AB-C"


@pytest.fixture
def shelf():
    pen = Article("pen", "Pen", Money(100), ["desk", "new"], [(20, Money(60)), (5, Money(80))])
    ink = Article("ink", "Ink", Money(30), ["desk"])
    return pen, ink


@pytest.mark.parametrize("quantity, cents", [(4, 400), (5, 400), (6, 480), (19, 1520), (20, 1200)])
def test_breaks(shelf, quantity, cents):
    assert shelf[0].line_price(quantity) == Money(cents)


def test_bundles_at_depth(shelf):
    pen, ink = shelf
    small = Bundle(" s 1", "Small", Money(0), parts=[(pen, 2), (ink, 1)], rebate=Decimal("0.5"))
    big = Bundle(
        "b – 1",
        "Big",
        Money(0),
        breaks=[(9, Money(1)), (2, Money(2))],
        parts=[(small, 4), (ink, 2)],
    )
    assert (small.sku, big.sku) == ("S1", "B-1")
    assert [least for least, _ in big.breaks] == [2, 9]
    assert big.flat_parts() == {"PEN": 8, "INK": 6}
    assert small.unit_price(1) == Money(115)
    assert big.unit_price(1) == Money(4 * 115 + 60)


def test_clearance_with_breaks(shelf):
    jam = Perishable(
        "jam", "Jam", Money(300), breaks=[(2, Money(200))], best_before=date(2024, 3, 10)
    )
    assert jam.price_on(date(2024, 3, 8), 2) == Money(140)
    assert jam.price_on(date(2024, 3, 8), 1) == Money(210)
    assert jam.price_on(date(2024, 3, 7), 2) == Money(200)


def test_looking_things_up(shelf):
    catalog = Catalog(shelf)
    assert catalog[" p e n"] is shelf[0]
    assert "Ink " in catalog
    assert [a.sku for a in catalog.search("pen ink")] == []
    assert [a.sku for a in catalog.search("n", tag="desk")] == ["INK", "PEN"]
    assert catalog.by_tag() == {"desk": ["INK", "PEN"], "new": ["PEN"]}


@pytest.fixture
def stock():
    stock = Inventory()
    stock.receive("X", 5, "P1", date(2024, 1, 10))
    stock.receive("X", 5, "P1", date(2024, 1, 5))
    stock.receive("X", 5, "P0")
    stock.receive("Y", 3, "P2", date(2024, 1, 5))
    return stock


def test_all_or_nothing(stock):
    for lines in ({"X": 15, "Y": 4}, {"Y": 3, "X": 16}):
        with pytest.raises(OutOfStock):
            stock.reserve("o", lines)
        assert (stock.free("X"), stock.free("Y")) == (15, 3)
    lines = {"X": 4}
    stock.reserve("o", lines)
    stock.reserve("p", {"X": 11})
    assert stock.free("X") == 0
    lines["X"] = 1
    assert stock.free("X") == 0
    with pytest.raises(OutOfStock):
        stock.reserve("q", {"X": 1})


def test_oldest_first(stock):
    stock.reserve("o", {"X": 12, "Y": 1})
    assert stock.pick("o") == [("X", "P1", 5), ("X", "P1", 5), ("X", "P0", 2), ("Y", "P2", 1)]
    assert stock.reserved("X") == stock.reserved("Y") == 0
    assert stock.free("X") == 3
    assert stock.discard_expired(date(2030, 1, 1)) == 2
    assert stock.on_hand("X") == 3


def test_throwing_away_many(stock):
    assert stock.discard_expired(date(2024, 1, 6)) == 8
    assert stock.discard_expired(date(2024, 2, 1)) == 5
    assert stock.balance() == {"X": 5}


def test_moving_keeps_counts_and_dates(stock):
    stock.transfer("X", 7, "P1", "P9")
    assert (stock.on_hand("X", "P1"), stock.on_hand("X", "P9"), stock.on_hand("X")) == (3, 7, 15)
    assert stock.discard_expired(date(2024, 2, 1)) == 13
    assert stock.on_hand("X", "P9") == 0


@pytest.fixture
def desk(catalog, inventory):
    return Desk(catalog, inventory, lambda: datetime(2024, 5, 6, tzinfo=timezone.utc))


def test_an_order_that_cannot_be_placed_stays_a_draft(desk, inventory):
    order = desk.open("eve")
    order.add("CUP-7", 99)
    with pytest.raises(OutOfStock):
        desk.place(order)
    assert (order.state, order.history) == ("draft", [])
    order.remove("CUP-7", 95)
    desk.place(order)
    assert inventory.reserved("CUP-7") == 4
    desk.cancel(order)
    assert inventory.reserved("CUP-7") == 0
    assert desk.of_customer("eve", active_only=True) == []
    other = desk.open("eve")
    assert desk.of_customer("eve", active_only=True) == [other]
    assert len(desk.of_customer("eve")) == 2


def test_removing_everything_in_steps():
    order = Order("1", "eve", {"A": 5, "B": 1})
    order.remove("A", 4)
    order.remove("A", 1)
    order.remove("B", 7)
    assert order.lines == {}


@pytest.mark.parametrize("percent, cents", [(0, 799), (25, 599), (33, 535), (100, 0)])
def test_coupons(desk, percent, cents):
    desk.coupons["C"] = percent
    order = desk.open("eve")
    order.add("CUP-7")
    order.coupon = "C"
    assert desk.price(order) == Money(cents)


@pytest.mark.parametrize("way", [["shipped", "returned"], ["shipped", "delivered", "returned"]])
def test_ways_back(way):
    at = datetime(2024, 1, 1, tzinfo=timezone.utc)
    order = Order("1", "eve", state="paid")
    for state in [*way, "refunded"]:
        order.advance(state, at)
    assert order.is_final


def test_tax_over_many_lines():
    lines = [
        InvoiceLine("a", 1, Money(7), tax) for tax in ["standard"] * 4 + ["reduced"] * 7 + ["none"]
    ]
    invoice = Invoice("1", date(2024, 1, 1), lines)
    assert invoice.taxes() == {"reduced": Money(5), "standard": Money(6)}
    assert invoice.gross == Money(84 + 5 + 6)


@pytest.mark.parametrize("month", range(1, 13))
def test_ends_of_months(month):
    due = Terms(days=0, end_of_month=True).due(date(2023, month, 10))
    assert due.month == month
    assert (due + timedelta(days=1)).day == 1


def test_due_days_that_are_worked_stay():
    calendar = WorkCalendar()
    assert Terms(days=1).due(date(2024, 5, 6), calendar) == date(2024, 5, 7)
    assert Terms(days=5).due(date(2024, 5, 6), calendar) == date(2024, 5, 13)


def invoice_of(cents, **terms):
    return Invoice(
        "1", date(2024, 1, 1), [InvoiceLine("w", 1, Money(cents), "none")], Terms(**terms)
    )


def test_paying_early_and_in_parts():
    invoice = invoice_of(20000, days=10, early_days=5, early_percent=Decimal("2.5"))
    assert invoice.early_price(date(2024, 1, 6)) == Money(19500)
    assert invoice.early_price(date(2024, 1, 7)) == Money(20000)
    with pytest.raises(ValueError):
        invoice.pay(date(2024, 1, 2), Money(0))
    for day, cents in [(20, 5000), (3, 5000), (12, 10000)]:
        invoice.pay(date(2024, 1, day), Money(cents))
    assert invoice.settled_on() == date(2024, 1, 20)
    partly = invoice_of(1000, days=0)
    partly.pay(date(2024, 1, 1), Money(999))
    assert aging([partly], date(2024, 3, 31))["older"] == Money(1)


@pytest.mark.parametrize("days, level", [(-3, 0), (8, 1), (22, 2), (41, 2), (43, 3), (400, 3)])
def test_levels(days, level):
    assert reminder_level(days) == level


def test_fees_keep_their_currency():
    assert late_fee(Money(5, "JPY"), -1) == Money(0, "JPY")
    assert late_fee(Money(36500, "USD"), 10) == Money(80, "USD")


def test_numbers_of_two_years_side_by_side():
    numbering = Numbering("N")
    days = [
        date(2024, 1, 1),
        date(2025, 1, 1),
        date(2024, 1, 2),
        date(2025, 1, 2),
        date(2023, 1, 1),
    ]
    assert [numbering.next(day) for day in days] == [
        "N24-0001",
        "N25-0001",
        "N24-0002",
        "N25-0002",
        "N23-0001",
    ]


@pytest.mark.parametrize(
    "granted, wanted, expected",
    [
        ("a:r", "a:read", False),
        ("a", "a:read", False),
        ("a:*", "ab:read", False),
        ("a:", "a:read", False),
        ("a:read", "a:read", True),
        ("a:*", "a:x", True),
    ],
)
def test_covering(granted, wanted, expected):
    assert covers(granted, wanted) is expected


def test_families_of_roles():
    roles = load_roles(
        {
            "c": {"inherits": ["b"]},
            "b": {"grants": ["b:x"], "inherits": ["a"]},
            "a": {"grants": ["a:x"]},
            "z": {},
        }
    )
    assert roles["c"].all_grants() == {"a:x", "b:x"}
    assert roles["z"].all_grants() == frozenset()
    assert roles["a"].all_grants() == {"a:x"}
    assert roles["b"].grants == {"b:x"}
    first, second = Role("f"), Role("s")
    first.parents.append(roles["a"])
    assert second.parents == []
    roles["a"].parents.append(roles["c"])
    assert roles["a"].all_grants() == {"a:x", "b:x"}
    assert roles["a"].grants == {"a:x"}


def test_users_and_tokens():
    role = Role("r", ["a:*", "b:read"])
    user = User("u", [role], denied=["a:write"])
    assert [user.may(w) for w in ("a:read", "a:write", "b:read", "b:write")] == [
        True,
        False,
        True,
        False,
    ]
    token = Token(user, ["a:*"], uses=1)
    assert (token.name, token.active, token.roles) == ("u (token)", True, [role])
    for refused in ("a:write", "b:read"):
        with pytest.raises(Denied, match="u \\(token\\) may not"):
            token.require(refused)
    token.require("a:read")
    assert not token.may("a:read")
