"""How suspicious the parts of a file are, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Suspicion:
    """Suspicion in 0…1 for each 1-based line that failing tests ran; others have none."""

    lines: Mapping[int, float]

    def of(self, first: int, last: int) -> float:
        """The highest suspicion of the lines ``first`` … ``last``."""
        if last - first > len(self.lines):
            return max((s for line, s in self.lines.items() if first <= line <= last), default=0.0)
        return max((self.lines.get(line, 0.0) for line in range(first, last + 1)), default=0.0)

    def ranked(self) -> list[int]:
        """Lines, most suspicious first."""
        return sorted(self.lines, key=lambda line: (-self.lines[line], line))


@dataclass(frozen=True, slots=True)
class BlockSuspicion:
    """Suspicion of one block of the plan, by the numbers of its code object and itself.

    ``failing`` and ``passing`` count the tests that ran it. ``ochiai`` is over these counts alone;
    ``suspicion`` is that of its most suspicious line.
    """

    code: int
    block: int
    failing: int
    passing: int
    ochiai: float
    suspicion: float


@dataclass(frozen=True, slots=True)
class ExpressionSuspicion:
    """An expression that the tests tell apart from the statement around it.

    0-based lines and code points, end exclusive; the counts are as for blocks.
    """

    line: int
    character: int
    end_line: int
    end_character: int
    failing: int
    passing: int
    ochiai: float
