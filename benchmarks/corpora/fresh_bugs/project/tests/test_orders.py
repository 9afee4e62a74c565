from datetime import datetime, timezone

import pytest

from depot.inventory import OutOfStock
from depot.money import Money
from depot.orders import TRANSITIONS, Desk, IllegalTransition, Order

NOON = datetime(2024, 5, 6, 12, tzinfo=timezone.utc)


@pytest.fixture
def desk(catalog, inventory, wall_clock):
    return Desk(catalog, inventory, wall_clock)


@pytest.fixture
def placed(desk):
    order = desk.open("ada")
    order.add("TEA-1", 2)
    order.add("CUP-7")
    desk.place(order)
    return order


def test_add_and_remove():
    order = Order("1", "ada")
    order.add("A", 3)
    order.add("A")
    order.add("B")
    order.remove("A")
    order.add("C", 5)
    order.remove("C", 2)
    assert order.lines == {"B": 1, "C": 3}
    order.remove("C", 3)
    assert order.lines == {"B": 1}


def test_quantity_is_checked():
    with pytest.raises(ValueError):
        Order("1", "ada").add("A", 0)


def test_orders_share_nothing():
    first, second = Order("1", "ada"), Order("2", "bob")
    first.add("A")
    first.advance("placed", NOON)
    assert second.lines == {}
    assert second.history == []


def test_only_drafts_change(placed):
    with pytest.raises(IllegalTransition):
        placed.add("TEA-1")
    with pytest.raises(IllegalTransition):
        placed.remove("TEA-1")


@pytest.mark.parametrize(
    "source, target",
    [("draft", "paid"), ("shipped", "cancelled"), ("cancelled", "placed"), ("placed", "placed")],
)
def test_illegal_transitions(source, target):
    order = Order("1", "ada", state=source)
    with pytest.raises(IllegalTransition):
        order.advance(target, NOON)
    assert order.state == source
    assert order.history == []


def test_every_target_is_a_state():
    assert set().union(*TRANSITIONS.values()) <= set(TRANSITIONS)


def test_final_states():
    final = {state for state in TRANSITIONS if Order("1", "a", state=state).is_final}
    assert final == {"cancelled", "refunded"}


def test_reached():
    order = Order("1", "ada")
    order.advance("placed", NOON)
    later = NOON.replace(hour=15)
    order.advance("paid", later)
    assert order.reached("placed") == NOON
    assert order.reached("paid") == later
    assert order.reached("shipped") is None


def test_numbers_count_on(desk):
    assert desk.open("ada").number == "2024-00001"
    assert desk.open("bob").number == "2024-00002"
    assert desk.find(" 2024-00001\n").customer == "ada"


def test_orders_of_a_customer(desk):
    first, other, second = desk.open("ada"), desk.open("bob"), desk.open("ada")
    assert desk.of_customer("ada") == [second, first]
    first.add("CUP-7")
    desk.cancel(first)
    assert desk.of_customer("ada", active_only=True) == [second]
    assert desk.of_customer("bob", active_only=True) == [other]


def test_placing_reserves(desk, placed, inventory):
    assert placed.state == "placed"
    assert inventory.reserved("TEA-1") == 2
    assert desk.price(placed) == Money(2 * 450 + 799)


def test_coupon(desk):
    desk.coupons["SPRING"] = 10
    order = desk.open("ada")
    order.add("TEA-1", 10)
    order.coupon = "SPRING"
    assert desk.price(order) == Money(3600)
    order.coupon = "UNKNOWN"
    assert desk.price(order) == Money(4000)


def test_empty_orders_are_refused(desk):
    with pytest.raises(ValueError, match="empty"):
        desk.place(desk.open("ada"))


def test_what_is_not_there_is_refused(desk, inventory):
    order = desk.open("ada")
    order.add("CUP-7", 6)
    with pytest.raises(OutOfStock):
        desk.place(order)
    assert order.state == "draft"


def test_stale_goods_are_refused(catalog, inventory):
    desk = Desk(catalog, inventory, lambda: datetime(2024, 5, 21, tzinfo=timezone.utc))
    order = desk.open("ada")
    order.add("MILK-2")
    with pytest.raises(ValueError, match="MILK-2 cannot be sold"):
        desk.place(order)
    assert inventory.reserved("MILK-2") == 0


def test_pay(desk, placed):
    with pytest.raises(ValueError, match="due"):
        desk.pay(placed, Money(1698))
    assert placed.state == "placed"
    assert desk.pay(placed, Money(2000)) == Money(301)
    assert placed.state == "paid"


def test_pay_exactly(desk, placed):
    assert desk.pay(placed, Money(1699)) == Money(0)


def test_ship(desk, placed, inventory):
    desk.pay(placed, Money(5000))
    assert desk.ship(placed) == [("CUP-7", "B2", 1), ("TEA-1", "A1", 2)]
    assert inventory.on_hand("TEA-1") == 38
    assert inventory.reserved("TEA-1") == 0


def test_shipping_needs_payment(desk, placed, inventory):
    with pytest.raises(IllegalTransition):
        desk.ship(placed)
    assert inventory.on_hand("TEA-1") == 40


def test_cancel_frees_the_goods(desk, placed, inventory):
    desk.cancel(placed)
    assert placed.state == "cancelled"
    assert inventory.free("TEA-1") == 40


def test_take_back(desk, placed, inventory):
    desk.pay(placed, Money(5000))
    desk.ship(placed)
    desk.take_back(placed)
    assert inventory.on_hand("CUP-7", "RETURNS") == 1
    assert inventory.on_hand("TEA-1", "RETURNS") == 2
    placed.advance("refunded", NOON)
    assert placed.is_final
    assert [state for state, _ in placed.history] == [
        "placed",
        "paid",
        "shipped",
        "returned",
        "refunded",
    ]
