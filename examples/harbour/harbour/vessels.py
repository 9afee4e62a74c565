"""Vessels and the register that knows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum


class Cargo(Enum):
    GRAIN = "grain"
    TIMBER = "timber"
    FISH = "fish"
    NONE = "none"


@dataclass
class Vessel:
    """A vessel: measures in metres, weight in tonnes."""

    call_sign: str
    length_overall: float
    draught: float
    tonnage: int
    cargo: Cargo = Cargo.NONE
    remarks: list[str] = field(default_factory=list)

    def needs_pilot(self) -> bool:
        return self.length_overall > 60 or self.cargo is Cargo.TIMBER

    def add_remark(self, text: str) -> None:
        self.remarks.append(text.strip())

    def plate(self) -> str:
        return f"{self.call_sign} ({self.length_overall:.0f} m, {self.tonnage} t)"


class Register:
    """All vessels known to the harbour master, by call sign."""

    def __init__(self) -> None:
        self._by_sign: dict[str, Vessel] = {}

    def enrol(self, vessel: Vessel) -> Vessel:
        """Add a vessel; raises ``ValueError`` when the call sign is taken."""
        if vessel.call_sign in self._by_sign:
            raise ValueError(f"call sign {vessel.call_sign} is taken")
        self._by_sign[vessel.call_sign] = vessel
        return vessel

    def strike_off(self, call_sign: str) -> Vessel:
        return self._by_sign.pop(call_sign)

    def hail(self, call_sign: str) -> Vessel | None:
        return self._by_sign.get(call_sign)

    def deeper_than(self, metres: float) -> Iterator[Vessel]:
        return (vessel for vessel in self._by_sign.values() if vessel.draught > metres)

    def heaviest(self) -> Vessel:
        return max(self._by_sign.values(), key=lambda vessel: vessel.tonnage)

    def __len__(self) -> int:
        return len(self._by_sign)
