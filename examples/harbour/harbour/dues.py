"""What a vessel owes for lying here."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from harbour.vessels import Cargo, Vessel

RATE_PER_TONNE = Decimal("0.18")
PILOTAGE = Decimal("240.00")
FISH_REBATE = Decimal("0.25")


@dataclass(frozen=True)
class Invoice:
    """The dues of one stay."""

    vessel: Vessel
    nights: int
    berth_dues: Decimal
    pilotage: Decimal
    rebate: Decimal

    @property
    def grand_total(self) -> Decimal:
        return (self.berth_dues + self.pilotage - self.rebate).quantize(
            Decimal("0.01"), ROUND_HALF_UP
        )

    def lines(self) -> list[str]:
        rows = [("berth dues", self.berth_dues), ("pilotage", self.pilotage)]
        if self.rebate:
            rows.append(("rebate", -self.rebate))
        rows.append(("total", self.grand_total))
        return [f"{label:<12}{amount:>10.2f}" for label, amount in rows]


def invoice_for(vessel: Vessel, nights: int) -> Invoice:
    """Dues for a stay of at least one night; the first night of three or more is free."""
    if nights < 1:
        raise ValueError("a stay is at least one night")
    charged = nights - 1 if nights > 3 else nights
    berth_dues = RATE_PER_TONNE * vessel.tonnage * charged
    pilotage = PILOTAGE if vessel.needs_pilot() else Decimal(0)
    rebate = berth_dues * FISH_REBATE if vessel.cargo is Cargo.FISH else Decimal(0)
    return Invoice(vessel, nights, berth_dues, pilotage, rebate)
