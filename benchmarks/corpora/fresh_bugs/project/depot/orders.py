"""Orders and the states they pass through."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Callable, Dict, FrozenSet, List, Optional, Tuple

from depot.catalog import Catalog
from depot.inventory import Inventory
from depot.money import Money, total

TRANSITIONS: Dict[str, FrozenSet[str]] = {
    "draft": frozenset({"placed", "cancelled"}),
    "placed": frozenset({"paid", "cancelled"}),
    "paid": frozenset({"shipped", "refunded"}),
    "shipped": frozenset({"delivered", "returned"}),
    "delivered": frozenset({"returned"}),
    "returned": frozenset({"refunded"}),
    "cancelled": frozenset(),
    "refunded": frozenset(),
}


class IllegalTransition(Exception):
    """An order cannot go from its state to the one asked for."""


@dataclass
class Order:
    """What a customer wants, and how far it has come."""

    number: str
    customer: str
    lines: Dict[str, int] = field(default_factory=dict)
    state: str = "draft"
    history: List[Tuple[str, datetime]] = field(default_factory=list)
    coupon: Optional[str] = None

    def add(self, sku: str, quantity: int = 1) -> None:
        """Put more of an article into a draft."""
        if self.state != "draft":
            raise IllegalTransition(f"{self.number} is {self.state}")
        if quantity < 1:
            raise ValueError("quantity must be at least 1")
        self.lines[sku] = self.lines.get(sku, 0) + quantity

    def remove(self, sku: str, quantity: Optional[int] = None) -> None:
        """Take ``quantity`` of an article, or all of it, out of a draft."""
        if self.state != "draft":
            raise IllegalTransition(f"{self.number} is {self.state}")
        if quantity is None or quantity >= self.lines[sku]:
            del self.lines[sku]
        else:
            self.lines[sku] -= quantity

    def advance(self, state: str, at: datetime) -> None:
        """Go to ``state``; raises :class:`IllegalTransition`."""
        if state not in TRANSITIONS[self.state]:
            raise IllegalTransition(f"{self.number}: {self.state} -> {state}")
        self.state = state
        self.history.append((state, at))

    def reached(self, state: str) -> Optional[datetime]:
        """When the order last came to ``state``."""
        for name, moment in reversed(self.history):
            if name == state:
                return moment
        return None

    @property
    def is_final(self) -> bool:
        """Whether nothing can happen any more."""
        return not TRANSITIONS[self.state]


class Desk:
    """Takes orders and moves them along, together with the stock."""

    def __init__(
        self, catalog: Catalog, inventory: Inventory, clock: Callable[[], datetime]
    ) -> None:
        self.catalog = catalog
        self.inventory = inventory
        self.coupons: Dict[str, int] = {}
        self._clock = clock
        self._orders: Dict[str, Order] = {}
        self._next = 1

    def open(self, customer: str) -> Order:
        """A new draft; numbers carry the year and count on."""
        now = self._clock()
        order = Order(f"{now:%Y}-{self._next:05d}", customer)
        self._next += 1
        self._orders[order.number] = order
        return order

    def find(self, number: str) -> Order:
        """The order with that number."""
        return self._orders[number.strip()]

    def of_customer(self, customer: str, active_only: bool = False) -> List[Order]:
        """A customer's orders, newest first."""
        found = [
            order
            for order in self._orders.values()
            if order.customer == customer and not (active_only and order.is_final)
        ]
        return sorted(found, key=lambda order: order.number, reverse=True)

    def price(self, order: Order) -> Money:
        """What ``order`` costs, its coupon taken off."""
        full = total(self.catalog[sku].line_price(count) for sku, count in order.lines.items())
        percent = self.coupons.get(order.coupon or "", 0)
        return full - full.times(f"{percent / 100}")

    def place(self, order: Order) -> Money:
        """Check, reserve and place; returns the price. An empty order cannot be placed."""
        if not order.lines:
            raise ValueError("the order is empty")
        today = self._clock().date()
        for sku in order.lines:
            if not self.catalog[sku].sellable_on(today):
                raise ValueError(f"{sku} cannot be sold any more")
        self.inventory.reserve(order.number, order.lines)
        order.advance("placed", self._clock())
        return self.price(order)

    def pay(self, order: Order, amount: Money) -> Money:
        """Take the payment; returns the change."""
        due = self.price(order)
        if amount < due:
            raise ValueError(f"{due} due, {amount} paid")
        order.advance("paid", self._clock())
        return amount - due

    def ship(self, order: Order) -> List[Tuple[str, str, int]]:
        """Pick the goods of a paid order; returns the pick list."""
        order.advance("shipped", self._clock())
        return self.inventory.pick(order.number)

    def cancel(self, order: Order) -> None:
        """Cancel and give the reserved goods back."""
        order.advance("cancelled", self._clock())
        self.inventory.release(order.number)

    def take_back(self, order: Order, place: str = "RETURNS") -> None:
        """The goods came back: they lie at ``place`` from now on."""
        order.advance("returned", self._clock())
        for sku, count in order.lines.items():
            self.inventory.receive(sku, count, place)
