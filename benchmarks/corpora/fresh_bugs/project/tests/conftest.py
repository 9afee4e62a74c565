"""What several test files share: a clock that is set by hand, articles, a stocked warehouse."""

from datetime import date, datetime, timedelta, timezone

import pytest

from depot.catalog import Article, Bundle, Catalog, Perishable
from depot.events import Bus
from depot.inventory import Inventory
from depot.money import Money


class ManualClock:
    """Seconds that pass only when told to."""

    def __init__(self, now=1000.0):
        self.now = now

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += seconds


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def wall_clock():
    """A wall clock that goes on by a minute with each look."""
    state = {"now": datetime(2024, 5, 6, 9, 0, tzinfo=timezone.utc)}

    def read():
        state["now"] += timedelta(minutes=1)
        return state["now"]

    return read


@pytest.fixture
def bus():
    return Bus()


@pytest.fixture
def catalog():
    tea = Article(
        "TEA-1", "Green tea", Money(450), ["drinks"], [(10, Money(400)), (50, Money(350))]
    )
    cup = Article("CUP-7", "Cup", Money(799), ["dishes"])
    milk = Perishable("MILK-2", "Oat milk", Money(250), ["drinks"], best_before=date(2024, 5, 20))
    kit = Bundle("KIT-1", "Tea kit", Money(0), ["gifts"], parts=[(tea, 2), (cup, 1)])
    return Catalog([tea, cup, milk, kit])


@pytest.fixture
def inventory(bus):
    stock = Inventory(bus)
    stock.receive("TEA-1", 40)
    stock.receive("CUP-7", 5, "B2")
    stock.receive("MILK-2", 6, "C1", date(2024, 6, 1))
    stock.receive("MILK-2", 4, "C2", date(2024, 5, 20))
    return stock
