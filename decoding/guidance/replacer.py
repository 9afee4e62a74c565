"""What the guidance policy needs of a writer: the text so far, and a way to replace a name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from decoding.guidance.active_hole import ActiveHole
from decoding.vocabulary.constraint import Constraint


class GeneratedText(Protocol):
    """What is being written. Positions are code points of ``text``."""

    @property
    def text(self) -> str:
        """All of it."""
        ...

    def before(self, at: int) -> tuple[int, bytes]:
        """How many pieces end before or at ``at``, and the bytes of the next one that still belong
        before it."""
        ...

    def probability(self, start: int, end: int) -> float:
        """How probable the model found the pieces between two positions."""
        ...

    def mean(self, start: int, end: int) -> float:
        """The geometric mean of their probabilities."""
        ...


class NoOtherNameError(Exception):
    """Why another name cannot be written, for people."""


class Replacer(Protocol):
    """Writes another name where one was rejected."""

    def instead(self, active: ActiveHole, constraint: Constraint) -> Iterable[str]:
        """Cut the text where ``active`` has its base and write what ``constraint`` allows; the text
        of each piece as it is written, nothing where it comes later.

        Raises :class:`NoOtherNameError` before anything is cut.
        """
        ...
