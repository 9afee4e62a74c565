from datetime import date

import pytest

from depot.inventory import Inventory, OutOfStock


def test_on_hand(inventory):
    assert inventory.on_hand("MILK-2") == 10
    assert inventory.on_hand("MILK-2", "C2") == 4
    assert inventory.on_hand("NOTHING") == 0


def test_equal_goods_become_one_batch(inventory):
    first = inventory.receive("NEW", 2)
    assert inventory.receive("NEW", 3) is first
    assert first.count == 5
    assert inventory.receive("NEW", 1, expires=date(2025, 1, 1)) is not first


def test_receipts_are_checked(inventory):
    with pytest.raises(ValueError):
        inventory.receive("TEA-1", 0)


def test_reserve(inventory):
    inventory.reserve("o1", {"TEA-1": 30})
    assert inventory.reserved("TEA-1") == 30
    assert inventory.free("TEA-1") == 10
    assert inventory.on_hand("TEA-1") == 40


def test_reserve_adds_up(inventory):
    inventory.reserve("o1", {"TEA-1": 10})
    inventory.reserve("o1", {"TEA-1": 5, "CUP-7": 1})
    assert inventory.reserved("TEA-1") == 15
    assert inventory.reserved("CUP-7") == 1


def test_reserve_all_or_nothing(inventory):
    with pytest.raises(OutOfStock) as caught:
        inventory.reserve("o1", {"TEA-1": 1, "CUP-7": 6})
    assert (caught.value.sku, caught.value.wanted, caught.value.free) == ("CUP-7", 6, 5)
    assert inventory.reserved("TEA-1") == 0


def test_reservations_of_others_count(inventory):
    inventory.reserve("o1", {"CUP-7": 3})
    with pytest.raises(OutOfStock, match="3 wanted, 2 free"):
        inventory.reserve("o2", {"CUP-7": 3})


def test_the_last_piece_may_be_reserved(inventory):
    inventory.reserve("o1", {"CUP-7": 5})
    assert inventory.free("CUP-7") == 0


def test_reserving_does_not_keep_the_callers_dict(inventory):
    lines = {"CUP-7": 1}
    inventory.reserve("o1", lines)
    inventory.reserve("o1", {"CUP-7": 1})
    lines["CUP-7"] = 99
    assert inventory.reserved("CUP-7") == 2


def test_release(inventory):
    inventory.reserve("o1", {"CUP-7": 2})
    assert inventory.release("o1") == {"CUP-7": 2}
    assert inventory.release("o1") == {}
    assert inventory.free("CUP-7") == 5


def test_pick_takes_first_what_expires_first(inventory):
    inventory.reserve("o1", {"MILK-2": 5})
    assert inventory.pick("o1") == [("MILK-2", "C2", 4), ("MILK-2", "C1", 1)]
    assert inventory.on_hand("MILK-2") == 5


def test_pick_takes_last_what_does_not_expire(inventory):
    inventory.receive("MILK-2", 3, "A0")
    inventory.reserve("o1", {"MILK-2": 11})
    assert [place for _, place, _ in inventory.pick("o1")] == ["C2", "C1", "A0"]


def test_pick_ends_the_reservation(inventory):
    inventory.reserve("o1", {"TEA-1": 40})
    inventory.pick("o1")
    assert inventory.reserved("TEA-1") == 0
    assert inventory.free("TEA-1") == 0
    assert inventory.pick("o1") == []


def test_discard_expired(inventory):
    assert inventory.discard_expired(date(2024, 5, 20)) == 0
    assert inventory.discard_expired(date(2024, 5, 21)) == 4
    assert inventory.on_hand("MILK-2") == 6
    assert inventory.discard_expired(date(2030, 1, 1)) == 6


def test_everything_may_expire_at_once(inventory):
    assert inventory.discard_expired(date(2030, 1, 1)) == 10
    assert inventory.on_hand("MILK-2") == 0
    assert inventory.on_hand("CUP-7") == 5


def test_transfer(inventory):
    inventory.transfer("TEA-1", 15, "A1", "Z9")
    assert inventory.on_hand("TEA-1", "A1") == 25
    assert inventory.on_hand("TEA-1", "Z9") == 15
    assert inventory.on_hand("TEA-1") == 40


def test_transfer_keeps_the_date(inventory):
    inventory.transfer("MILK-2", 4, "C2", "D1")
    assert inventory.discard_expired(date(2024, 5, 25)) == 4


def test_transfer_from_several_batches(inventory):
    inventory.receive("MILK-2", 2, "C1", date(2024, 7, 1))
    inventory.transfer("MILK-2", 7, "C1", "D1")
    assert inventory.on_hand("MILK-2", "C1") == 1
    assert inventory.on_hand("MILK-2", "D1") == 7


def test_transfer_of_too_much(inventory):
    with pytest.raises(OutOfStock):
        inventory.transfer("CUP-7", 6, "B2", "A1")


def test_low_stock_is_announced(inventory, bus):
    heard = []
    bus.subscribe("stock.low", lambda event: heard.append(dict(event.data)))
    inventory.set_threshold("TEA-1", 20)
    inventory.reserve("o1", {"TEA-1": 20})
    inventory.pick("o1")
    assert heard == []
    inventory.reserve("o2", {"TEA-1": 5})
    inventory.pick("o2")
    assert heard == [{"sku": "TEA-1", "left": 15}]


def test_works_without_a_bus():
    stock = Inventory()
    stock.receive("A", 1)
    stock.set_threshold("A", 5)
    stock.reserve("o", {"A": 1})
    assert stock.pick("o") == [("A", "A1", 1)]


def test_to_order(inventory):
    inventory.set_threshold("TEA-1", 40)
    inventory.set_threshold("CUP-7", 8)
    inventory.set_threshold("NEW", 3)
    assert inventory.to_order() == {"CUP-7": 11, "NEW": 6}
    inventory.reserve("o1", {"TEA-1": 1})
    assert inventory.to_order() == {"CUP-7": 11, "NEW": 6, "TEA-1": 41}


def test_journal_balances(inventory):
    inventory.reserve("o1", {"TEA-1": 40, "MILK-2": 3})
    inventory.pick("o1")
    inventory.transfer("CUP-7", 2, "B2", "A1")
    inventory.discard_expired(date(2024, 5, 30))
    assert inventory.balance() == {"CUP-7": 5, "MILK-2": 6}
    assert all(inventory.on_hand(sku) == n for sku, n in inventory.balance().items())
