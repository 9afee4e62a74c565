import pytest

from harbour.berths import Berth, Quay
from harbour.vessels import Vessel


@pytest.fixture
def quay() -> Quay:
    return Quay([Berth("north", 90, 7), Berth("middle", 50, 5), Berth("south", 50, 4)])


def test_a_berth_needs_room_and_water() -> None:
    berth = Berth("middle", 50, 5)
    assert berth.fits(Vessel("OWL", 48, 4.9, 900))
    assert not berth.fits(Vessel("OWL", 49, 4.9, 900))
    assert not berth.fits(Vessel("OWL", 40, 5, 900))


def test_one_vessel_a_berth(quay: Quay) -> None:
    quay.berths[0].moor(Vessel("OWL", 40, 3, 900))
    with pytest.raises(RuntimeError, match="occupied"):
        quay.berths[0].moor(Vessel("ELK", 40, 3, 900))
    assert quay.berths[0].cast_off().call_sign == "OWL"
    assert quay.berths[0].is_free


def test_the_shortest_berth_that_fits_and_of_equals_the_shallowest(quay: Quay) -> None:
    assert quay.assign(Vessel("OWL", 40, 3, 900)).name == "south"
    assert quay.assign(Vessel("FIR", 40, 3, 900)).name == "middle"
    assert quay.assign(Vessel("ELK", 40, 3, 900)).name == "north"


def test_no_berth_left(quay: Quay) -> None:
    assert quay.best_berth(Vessel("WHALE", 200, 12, 90_000)) is None
    with pytest.raises(LookupError, match=r"WHALE \(200 m, 90000 t\)"):
        quay.assign(Vessel("WHALE", 200, 12, 90_000))


def test_occupancy(quay: Quay) -> None:
    assert quay.occupancy() == 0
    quay.berths[1].moor(Vessel("OWL", 40, 3, 900))
    assert quay.occupancy() == pytest.approx(1 / 3)
