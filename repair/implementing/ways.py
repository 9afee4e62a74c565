"""Which way to a body that passes is tried next: the one that promises most for the time it takes.

Each way is taken for a process that finds bodies now and then, at a rate that is not known. What is
believed of the rate is a gamma distribution, and the search moves it: ``found`` over ``seconds``
is its mean before, and what was found and spent since is added to both (the conjugate of a Poisson
process). A way that finds nothing falls behind the others as its time is spent, and comes back when
they have found nothing either.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum


class Way(StrEnum):
    """How a body that passes may be come by."""

    WRITE = "write"
    """The model writes other bodies."""
    EDIT = "edit"
    """Known edits of a body that fails, executed."""
    FILL = "fill"
    """The model writes anew what is suspicious in a body that fails."""
    TELL = "tell"
    """The model writes a body that fails anew, told what its failing run did."""
    DIVIDE = "divide"
    """The model plans helper functions, and writes each by itself."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So much was ``found`` in so many ``seconds``."""

    found: float
    seconds: float

    @property
    def mean(self) -> float:
        """What is found in a second."""
        return self.found / self.seconds


#: What is believed before anything was tried, by benchmarks/own_bugs.py. What a small model writes
#: anew in a body is most often what stands there: that waits until other bodies found nothing.
#: Dividing is the last, where there is still time: a plan and its helpers take long to write.
BEFORE = {
    Way.WRITE: Rate(0.5, 15.0),
    Way.EDIT: Rate(0.2, 3.0),
    Way.FILL: Rate(0.1, 15.0),
    Way.TELL: Rate(0.1, 20.0),
    Way.DIVIDE: Rate(0.05, 25.0),
}


@dataclass
class Ways:
    """What is believed of each way in one search."""

    rates: dict[Way, Rate] = field(default_factory=lambda: dict(BEFORE))

    def best(self, among: Collection[Way]) -> Way:
        """The most promising of ``among``, which are not none."""
        return max(among, key=lambda way: self.rates[way].mean)

    def spent(self, way: Way, seconds: float, found: int) -> None:
        """``way`` took so many ``seconds`` and ``found`` so many bodies that pass."""
        before = self.rates[way]
        self.rates[way] = Rate(before.found + found, before.seconds + seconds)
