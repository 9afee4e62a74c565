"""How many texts a model writes side by side, so that they are ready before time is up.

What is not ready then is lost. A slow model on a busy machine writes one text in time where four
would all be cut off.
"""

from __future__ import annotations

from dataclasses import dataclass

#: What one more text takes beside others, in the time of one alone: four take 2.5 times as long as
#: one, and eight 3.5 times (docs/decisions.md).
_ONE_MORE = 0.4
#: How much longer the longest of several texts takes than the one before. By judgement.
_MARGIN = 1.5


@dataclass
class WritingSpeed:
    """``seconds`` is what one text takes alone, by what the last ones took; 0 where nothing is
    known."""

    seconds: float = 0.0

    def note(self, count: int, seconds: float) -> None:
        """``count`` texts took so many ``seconds`` together."""
        alone = seconds / (1 + _ONE_MORE * (count - 1))
        self.seconds = (self.seconds + alone) / 2 if self.seconds else alone

    def turns(self, count: int, seconds: float, most: int) -> int:
        """How often ``count`` texts are written side by side within so many ``seconds``: from once
        to ``most`` times."""
        once = self.seconds * (1 + _ONE_MORE * (count - 1))
        return max(1, int(min(most, seconds / once))) if once else most

    def fitting(self, seconds: float, most: int) -> int:
        """How many there is time for within so many ``seconds``: from one to ``most``."""
        if not self.seconds:
            return most
        times = seconds / (_MARGIN * self.seconds)
        return max(1, min(most, 1 + int((times - 1) / _ONE_MORE)))
