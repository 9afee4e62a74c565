import pytest

from harbour.vessels import Cargo, Register, Vessel


@pytest.fixture
def register() -> Register:
    register = Register()
    register.enrol(Vessel("OWL", 40, 3.1, 900, Cargo.GRAIN))
    register.enrol(Vessel("ELK", 72, 5.2, 2400))
    return register


def test_a_call_sign_is_taken_once(register: Register) -> None:
    with pytest.raises(ValueError, match="OWL is taken"):
        register.enrol(Vessel("OWL", 10, 1, 10))


def test_hail_and_strike_off(register: Register) -> None:
    assert register.strike_off("OWL").tonnage == 900
    assert register.hail("OWL") is None
    assert len(register) == 1


def test_deep_and_heavy(register: Register) -> None:
    assert [vessel.call_sign for vessel in register.deeper_than(4)] == ["ELK"]
    assert register.heaviest().call_sign == "ELK"


def test_who_needs_a_pilot() -> None:
    assert Vessel("ELK", 72, 5.2, 2400).needs_pilot()
    assert Vessel("FIR", 30, 2, 300, Cargo.TIMBER).needs_pilot()
    assert not Vessel("OWL", 40, 3.1, 900).needs_pilot()
