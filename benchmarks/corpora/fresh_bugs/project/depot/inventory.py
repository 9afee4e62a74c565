"""What lies where: stock by place, reservations, and what to order again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import DefaultDict, Dict, List, Optional, Tuple

from depot.events import Bus


class OutOfStock(Exception):
    """More was asked for than is free."""

    def __init__(self, sku: str, wanted: int, free: int) -> None:
        super().__init__(f"{sku}: {wanted} wanted, {free} free")
        self.sku = sku
        self.wanted = wanted
        self.free = free


@dataclass
class Batch:
    """Goods that came in together."""

    sku: str
    place: str
    count: int
    expires: Optional[date] = None


@dataclass(frozen=True)
class Move:
    """A line of the journal: positive in, negative out."""

    sku: str
    place: str
    count: int
    reason: str


class Inventory:
    """Stock of one warehouse; every change is in the journal."""

    def __init__(self, bus: Optional[Bus] = None) -> None:
        self._batches: List[Batch] = []
        self._reserved: Dict[str, Dict[str, int]] = {}
        self._thresholds: Dict[str, int] = {}
        self.journal: List[Move] = []
        self.bus = bus

    def receive(
        self, sku: str, count: int, place: str = "A1", expires: Optional[date] = None
    ) -> Batch:
        """Take goods in; equal goods at the same place become one batch."""
        if count <= 0:
            raise ValueError("count must be positive")
        self.journal.append(Move(sku, place, count, "receipt"))
        for batch in self._batches:
            if (batch.sku, batch.place, batch.expires) == (sku, place, expires):
                batch.count += count
                return batch
        batch = Batch(sku, place, count, expires)
        self._batches.append(batch)
        return batch

    def on_hand(self, sku: str, place: Optional[str] = None) -> int:
        """How many lie in the house, or at one place of it."""
        return sum(
            batch.count
            for batch in self._batches
            if batch.sku == sku and (place is None or batch.place == place)
        )

    def reserved(self, sku: str) -> int:
        """How many are promised."""
        return sum(lines.get(sku, 0) for lines in self._reserved.values())

    def free(self, sku: str) -> int:
        """How many may still be promised."""
        return self.on_hand(sku) - self.reserved(sku)

    def reserve(self, order: str, lines: Dict[str, int]) -> None:
        """Promise all of ``lines`` to ``order`` or, raising :class:`OutOfStock`, none of it."""
        for sku, count in lines.items():
            if count > self.free(sku):
                raise OutOfStock(sku, count, self.free(sku))
        held = self._reserved.setdefault(order, {})
        for sku, count in lines.items():
            held[sku] = held.get(sku, 0) + count

    def release(self, order: str) -> Dict[str, int]:
        """Give back what ``order`` was promised."""
        return self._reserved.pop(order, {})

    def pick(self, order: str) -> List[Tuple[str, str, int]]:
        """Take what ``order`` was promised off the shelves: ``(sku, place, count)``.

        What expires first goes first; goods that do not expire go last.
        """
        picked: List[Tuple[str, str, int]] = []
        for sku, wanted in sorted(self.release(order).items()):
            batches = [batch for batch in self._batches if batch.sku == sku]
            batches.sort(key=lambda batch: (batch.expires or date.max, batch.place))
            for batch in batches:
                if not wanted:
                    break
                taken = min(wanted, batch.count)
                batch.count -= taken
                wanted -= taken
                picked.append((sku, batch.place, taken))
                self.journal.append(Move(sku, batch.place, -taken, order))
            self._check_threshold(sku)
        self._batches = [batch for batch in self._batches if batch.count]
        return picked

    def discard_expired(self, today: date) -> int:
        """Throw away what expired before ``today``; returns how many pieces."""
        gone = 0
        kept = []
        for batch in self._batches:
            if batch.expires is not None and batch.expires < today:
                gone += batch.count
                self.journal.append(Move(batch.sku, batch.place, -batch.count, "expired"))
            else:
                kept.append(batch)
        self._batches = kept
        return gone

    def transfer(self, sku: str, count: int, source: str, target: str) -> None:
        """Move pieces from place to place."""
        if count > self.on_hand(sku, source):
            raise OutOfStock(sku, count, self.on_hand(sku, source))
        for batch in list(self._batches):
            if batch.sku != sku or batch.place != source or not count:
                continue
            taken = min(count, batch.count)
            batch.count -= taken
            count -= taken
            self.journal.append(Move(sku, source, -taken, "transfer"))
            self.receive(sku, taken, target, batch.expires)
        self._batches = [batch for batch in self._batches if batch.count]

    def set_threshold(self, sku: str, least: int) -> None:
        """Order again once fewer than ``least`` are on hand."""
        self._thresholds[sku] = least

    def _check_threshold(self, sku: str) -> None:
        least = self._thresholds.get(sku)
        if least is None or self.bus is None:
            return
        left = self.on_hand(sku)
        if left < least:
            self.bus.publish("stock.low", sku=sku, left=left)

    def to_order(self) -> Dict[str, int]:
        """What is below its threshold and how many are missing to twice of it."""
        missing = {}
        for sku, least in sorted(self._thresholds.items()):
            free = self.free(sku)
            if free < least:
                missing[sku] = 2 * least - free
        return missing

    def balance(self) -> Dict[str, int]:
        """Stock by article, worked out from the journal alone."""
        counts: DefaultDict[str, int] = defaultdict(int)
        for move in self.journal:
            counts[move.sku] += move.count
        return {sku: count for sku, count in counts.items() if count}
