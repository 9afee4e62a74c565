"""Half-open intervals ``[start, end)`` of numbers or times, and sets of them."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, List, NamedTuple, Optional


class Interval(NamedTuple):
    """From ``start`` up to, not including, ``end``."""

    start: Any
    end: Any

    def overlaps(self, other: "Interval") -> bool:
        """Whether some point is in both."""
        return self.start < other.end and other.start < self.end

    def contains(self, point: Any) -> bool:
        """Whether ``point`` is inside."""
        return self.start <= point < self.end

    def intersection(self, other: "Interval") -> Optional["Interval"]:
        """What is in both, if anything."""
        if not self.overlaps(other):
            return None
        return Interval(max(self.start, other.start), min(self.end, other.end))


def merge(intervals: Iterable[Interval]) -> List[Interval]:
    """The fewest intervals that cover the same points, in order; touching ones join."""
    merged: List[Interval] = []
    for interval in sorted(intervals):
        if interval.start >= interval.end:
            continue
        if merged and interval.start <= merged[-1].end:
            last = merged[-1]
            merged[-1] = Interval(last.start, max(last.end, interval.end))
        else:
            merged.append(interval)
    return merged


def subtract(whole: Interval, holes: Iterable[Interval]) -> Iterator[Interval]:
    """What is left of ``whole`` without ``holes``."""
    start = whole.start
    for hole in merge(holes):
        if hole.end <= start:
            continue
        if hole.start >= whole.end:
            break
        if hole.start > start:
            yield Interval(start, hole.start)
        start = hole.end
    if start < whole.end:
        yield Interval(start, whole.end)


def first_gap(taken: Iterable[Interval], window: Interval, length: Any) -> Optional[Interval]:
    """The earliest free stretch of ``length`` in ``window``."""
    for free in subtract(window, taken):
        if free.end - free.start >= length:
            return Interval(free.start, free.start + length)
    return None


def busiest(intervals: Iterable[Interval]) -> int:
    """How many intervals overlap where most do."""
    steps = []
    for interval in intervals:
        steps.append((interval.start, 1))
        steps.append((interval.end, -1))
    # An end sorts before a start at the same point, since the end is not included.
    steps.sort()
    depth = most = 0
    for _, step in steps:
        depth += step
        most = max(most, depth)
    return most


class Bookings:
    """Reservations of one dock door, none of which overlap."""

    def __init__(self, opening: Interval) -> None:
        self.opening = opening
        self._taken: List[Interval] = []

    def book(self, wanted: Interval) -> None:
        """Take ``wanted``; raises ``ValueError`` when closed or taken."""
        if wanted.start < self.opening.start or wanted.end > self.opening.end:
            raise ValueError("outside opening hours")
        if any(taken.overlaps(wanted) for taken in self._taken):
            raise ValueError("already taken")
        self._taken.append(wanted)
        self._taken.sort()

    def cancel(self, interval: Interval) -> bool:
        """Give ``interval`` back; says whether it was booked."""
        if interval not in self._taken:
            return False
        self._taken.remove(interval)
        return True

    def free(self) -> List[Interval]:
        """The stretches nobody took."""
        return list(subtract(self.opening, self._taken))

    def next_free(self, length: Any, after: Any = None) -> Optional[Interval]:
        """The first free stretch of ``length`` that starts at or behind ``after``."""
        start = self.opening.start if after is None else max(after, self.opening.start)
        return first_gap(self._taken, Interval(start, self.opening.end), length)
