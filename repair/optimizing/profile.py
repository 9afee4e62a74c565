"""Where the time of a function goes, on the largest calls that there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from repair.source.file import OffsetEdit, Source

#: What takes a smaller share of the time is not worth changing.
WORTH = 0.02
_SHOWN = 3


@dataclass(frozen=True)
class Profile:
    """Shares of ``seconds`` in 0…1: ``lines`` of the file by 1-based number, and ``functions`` of
    the file by qualified name."""

    lines: Mapping[int, float]
    functions: Mapping[str, float]
    seconds: float

    @classmethod
    def measured(cls, lines: Mapping[str, float], functions: Mapping[str, float]) -> Profile:
        """From the seconds that each took."""
        total = sum(lines.values())
        share = 1 / (total or 1.0)
        return cls(
            {int(line): share * spent for line, spent in lines.items()},
            {name: share * spent for name, spent in functions.items()},
            total,
        )

    def hottest(self) -> list[tuple[int, float]]:
        """The lines that take most, with their shares."""
        return sorted(self.lines.items(), key=lambda pair: -pair[1])[:_SHOWN]

    def share(self, source: Source, edits: Iterable[OffsetEdit], first: int, last: int) -> float:
        """What ``edits`` could save at most: the share of the lines of the body that they touch.

        The function begins at the line ``first`` and ends at ``last``; a change that touches no
        line of the body, a decorator, is about all of it.
        """
        touched = {
            line
            for edit in edits
            for line in range(source.line_of(edit.start), source.line_of(edit.end) + 1)
            if first < line <= last
        }
        return sum(self.lines.get(line, 0.0) for line in touched) if touched else 1.0

    def elsewhere(self, name: str) -> str:
        """Another function of the file that takes most of the time; ``""`` where none does."""
        top = max(self.functions, key=lambda each: self.functions[each], default="")
        own = name.replace(".<locals>.", ".")
        if not top or self.functions[top] < 0.5 or top.replace(".<locals>.", ".").startswith(own):
            return ""
        return top
