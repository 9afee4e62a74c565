"""A project whose names no model has seen, so that only looking at it can tell what exists."""

from __future__ import annotations

LEDGER = '''\
"""What came in and what went out."""


class Ledger:
    """Entries and their sum."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, int]] = []

    def put_down(self, text: str, cents: int) -> None:
        """Add an entry."""
        self.entries.append((text, cents))

    def sum_of_cents(self) -> int:
        """The sum of all entries."""
        return sum(cents for _, cents in self.entries)
'''

WRONG = """\
from ledger import Ledger

ledger = Ledger()
ledger.put_down("tea", 250)
ledger.add_entry("bread", 420)
"""

#: Another file: a name that a file uses itself is admitted there, right or wrong.
HOLE = """\
from ledger import Ledger

ledger = Ledger()
ledger.put_down("tea", 250)
# The sum of all entries:
total = ledger.
"""

MISSPELT = """\
from ledger import Ledger

ledger = Ledger()
ledger.put_down("tea", 250)
print(ledger.sum_of_cent())
"""

#: Fails both tests with prices: they are taken away.
CART = """\
def total(prices, discount):
    result = 0
    for price in prices:
        result -= price
    return result * (100 - discount) // 100
"""

CART_TESTS = """\
from cart import total


def test_total():
    assert total([1, 2, 3], 0) == 6


def test_discount():
    assert total([200, 100], 50) == 150


def test_nothing():
    assert total([], 10) == 0
"""

#: Tests that reach the code by a fixture alone.
CONFTEST = """\
import pytest

import cart


@pytest.fixture
def total():
    return cart.total
"""

GIVEN_TEST = """\
def test_given(total):
    assert total([1, 2, 3], 0) == 6


def test_nothing(total):
    assert total([], 10) == 0
"""
