"""What an argument may be, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.syntax.displays import Display


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the parameter that an argument goes to is annotated to take.

    ``type`` is the annotation as it is written. ``displays`` are the classes of literals and
    displays that it takes; ``misfits`` the names in scope whose values it certainly does not, and
    what was written in the hole, as it is spelled, where that is so of it. ``builtin`` are names
    that certainly are those of builtin functions here.
    """

    type: str
    displays: tuple[Display, ...] = ()
    misfits: tuple[str, ...] = ()
    builtin: tuple[str, ...] = ()
