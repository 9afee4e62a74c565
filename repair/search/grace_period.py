"""How long the search goes on for rivals once a patch has passed the tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from analysis.deadline import Deadline

#: For this share of what the search took so far, within these bounds in seconds. No longer with a
#: model: in the development half of HumanEvalFix its rivals for a first patch were chosen seven
#: times, never in place of a wrong one, once in place of a right one.
_SHARE = 0.5
_BOUNDS_S = (1.5, 4.0)
#: And on a busy machine until so many were tried, but no longer than this: where trying one takes
#: long, waiting for many costs more than it tells. In the development halves of QuixBugs and
#: HumanEvalFix what was chosen was there after 50.
_RUNS = 200
_AT_MOST_S = 8.0
#: Nor longer than this share of the time that is left, in which the suite is to be run.
_OF_THE_REST = 0.15
#: Where too little speaks for the best there is, longer: what is right may come late.
_DOUBTED_S, _DOUBTED_OF_THE_REST = 15.0, 0.3


@dataclass(frozen=True, slots=True)
class GracePeriod:
    """A while that has begun: it is over ``until`` then, if ``runs`` candidates were tried or it is
    ``at_most`` so late."""

    until: Deadline
    runs: int
    at_most: Deadline

    @classmethod
    def begin(cls, spent: float, ran: int, left: float) -> Self:
        """Begin after ``spent`` seconds and ``ran`` candidates, with ``left`` seconds to go."""
        least, most = _BOUNDS_S
        at_most = min(_AT_MOST_S, max(least, _OF_THE_REST * left))
        seconds = min(max(_SHARE * spent, least), most, at_most)
        return cls(Deadline.after(seconds), ran + _RUNS, Deadline.after(at_most))

    @classmethod
    def longer(cls, left: float) -> Self:
        """Begin the while in which something better is looked for than what is doubted, with
        ``left`` seconds to go."""
        until = Deadline.after(min(_DOUBTED_S, _DOUBTED_OF_THE_REST * left))
        return cls(until, 0, until)

    def over(self, ran: int) -> bool:
        """Whether it is over after ``ran`` candidates."""
        return self.until.expired() and (ran >= self.runs or self.at_most.expired())
