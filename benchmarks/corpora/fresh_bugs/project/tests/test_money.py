from decimal import Decimal

import pytest

from depot.money import CurrencyMismatch, Money, total


@pytest.mark.parametrize(
    "text, minor",
    [("12.50", 1250), ("1,234.5", 123450), ("-3", -300), ("+0.07", 7), (" 8.999 ", 900)],
)
def test_parse(text, minor):
    assert Money.parse(text) == Money(minor)


def test_parse_reads_a_currency():
    assert Money.parse("1500 jpy") == Money(1500, "JPY")
    assert Money.parse("1.2345 KWD") == Money(1235, "KWD")


@pytest.mark.parametrize("text", ["", "abc", "1,23", "1 2 3", "12,345,6", "."])
def test_parse_refuses(text):
    with pytest.raises(ValueError):
        Money.parse(text)


def test_rounds_half_up():
    assert Money.of("0.125") == Money(13)
    assert Money.of("0.135") == Money(14)
    assert Money.of(Decimal("2.344")) == Money(234)


def test_amount_is_in_major_units():
    assert Money(1999).amount == Decimal("19.99")
    assert Money(1999, "JPY").amount == Decimal(1999)


def test_arithmetic():
    assert Money(500) + Money(250) == Money(750)
    assert Money(500) - Money(750) == Money(-250)
    assert -Money(5) == Money(-5)
    assert Money(1) < Money(2)
    assert not Money(2) < Money(2)


@pytest.mark.parametrize("operation", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b])
def test_currencies_do_not_mix(operation):
    with pytest.raises(CurrencyMismatch):
        operation(Money(1, "EUR"), Money(1, "USD"))


def test_times():
    assert Money(999).times(3) == Money(2997)
    assert Money(1005).times("0.1") == Money(101)
    assert Money(100, "JPY").times("1.5") == Money(150, "JPY")


def test_split_loses_nothing():
    assert Money(100).split([1, 1, 1]) == [Money(34), Money(33), Money(33)]
    assert Money(1001).split([1, 3]) == [Money(251), Money(750)]


def test_split_gives_nothing_to_weight_zero():
    assert Money(101).split([0, 1, 1]) == [Money(0), Money(51), Money(50)]


def test_split_of_a_negative_amount_adds_up():
    parts = Money(-100).split([1, 1, 1])
    assert sum(part.minor for part in parts) == -100


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_split_refuses(weights):
    with pytest.raises(ValueError):
        Money(10).split(weights)


@pytest.mark.parametrize(
    "money, text",
    [
        (Money(123456789), "1,234,567.89 EUR"),
        (Money(-5), "-0.05 EUR"),
        (Money(-150), "-1.50 EUR"),
        (Money(2500, "JPY"), "2,500 JPY"),
    ],
)
def test_text(money, text):
    assert str(money) == text


def test_total():
    assert total([Money(1), Money(2), Money(3)]) == Money(6)
    assert total([], "USD") == Money(0, "USD")
    assert total(iter([Money(7, "USD")])) == Money(7, "USD")
