"""Berths, and which one a vessel gets."""

from __future__ import annotations

from dataclasses import dataclass

from harbour.vessels import Vessel


@dataclass
class Berth:
    """A place at the quay: measures in metres."""

    name: str
    quay_length: float
    depth: float
    occupant: Vessel | None = None

    @property
    def is_free(self) -> bool:
        return self.occupant is None

    def fits(self, vessel: Vessel) -> bool:
        """Whether there is water under the keel and a metre of quay to spare at both ends."""
        return vessel.draught < self.depth and vessel.length_overall + 2 <= self.quay_length

    def moor(self, vessel: Vessel) -> None:
        if not self.is_free:
            raise RuntimeError(f"berth {self.name} is occupied")
        self.occupant = vessel

    def cast_off(self) -> Vessel:
        if self.occupant is None:
            raise RuntimeError(f"berth {self.name} is empty")
        vessel, self.occupant = self.occupant, None
        return vessel


class Quay:
    """A row of berths."""

    def __init__(self, berths: list[Berth]) -> None:
        self.berths = berths

    def free_berths(self) -> list[Berth]:
        return [berth for berth in self.berths if berth.is_free]

    def best_berth(self, vessel: Vessel) -> Berth | None:
        """The shortest free berth that fits; of equally short ones the shallowest."""
        fitting = [berth for berth in self.free_berths() if berth.fits(vessel)]
        if not fitting:
            return None
        return max(fitting, key=lambda berth: (berth.quay_length, berth.depth))

    def assign(self, vessel: Vessel) -> Berth:
        """Moor the vessel at its best berth. Raises ``LookupError`` when none is left."""
        berth = self.best_berth(vessel)
        if berth is None:
            raise LookupError(f"no berth for {vessel.plate()}")
        berth.moor(vessel)
        return berth

    def occupancy(self) -> float:
        """The share of berths in use, 0 to 1."""
        if not self.berths:
            return 0.0
        return 1 - len(self.free_berths()) / len(self.berths)
