"""Water levels over a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Turn:
    """A high or low water: when, and how many metres above chart datum."""

    moment: datetime
    metres: float

    @property
    def is_high(self) -> bool:
        return self.metres >= 2.0


class TideTable:
    """The turns of the tide, oldest first, with levels between them by the rule of twelfths."""

    TWELFTHS = (0, 1, 3, 6, 9, 11, 12)

    def __init__(self, turns: list[Turn]) -> None:
        self.turns = sorted(turns, key=lambda turn: turn.moment)

    def surrounding(self, moment: datetime) -> tuple[Turn, Turn]:
        """The turns before and after a moment. Raises ``LookupError`` outside the table."""
        for earlier, later in zip(self.turns, self.turns[1:]):
            if earlier.moment <= moment <= later.moment:
                return earlier, later
        raise LookupError(f"no tide is known for {moment:%Y-%m-%d %H:%M}")

    def level_at(self, moment: datetime) -> float:
        """Metres above chart datum."""
        earlier, later = self.surrounding(moment)
        sixth = (later.moment - earlier.moment) / 6
        passed = int((moment - earlier.moment) / sixth) if sixth else 0
        share = self.TWELFTHS[passed] / 12
        return round(earlier.metres + (later.metres - earlier.metres) * share, 2)

    def first_window(self, draught: float, depth: float, margin: float = 0.5) -> datetime | None:
        """The first half hour in which a vessel of this draught floats over this depth."""
        if not self.turns:
            return None
        moment = self.turns[0].moment
        while moment <= self.turns[-1].moment:
            if depth + self.level_at(moment) >= draught + margin:
                return moment
            moment += timedelta(minutes=30)
        return None
