from decimal import Decimal

import pytest

from harbour.dues import invoice_for
from harbour.vessels import Cargo, Vessel

OWL = Vessel("OWL", 40, 3.1, 1000, Cargo.FISH)


def test_a_short_stay() -> None:
    invoice = invoice_for(OWL, 1)
    assert invoice.grand_total == Decimal("135.00")
    assert invoice.lines()[-1] == "total           135.00"


def test_pilotage() -> None:
    assert invoice_for(Vessel("ELK", 72, 5.2, 100), 1).grand_total == Decimal("258.00")


@pytest.mark.parametrize(("nights", "charged"), [(1, 1), (2, 2), (3, 2), (4, 3)])
def test_the_first_of_three_nights_is_free(nights: int, charged: int) -> None:
    assert invoice_for(Vessel("ANT", 10, 1, 100), nights).berth_dues == Decimal("18.00") * charged


def test_no_stay() -> None:
    with pytest.raises(ValueError, match="at least one night"):
        invoice_for(OWL, 0)
