"""What an argument may be, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.syntax.displays import Display


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the parameter that an argument goes to is annotated to take.

    ``type`` is the annotation as it is written. ``displays`` are the classes of literals and
    displays that it takes; ``misfits`` the names in scope whose values it certainly does not.
    """

    type: str
    displays: tuple[Display, ...] = ()
    misfits: tuple[str, ...] = ()
