"""What is known of a hole, as values that cross processes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExpectedType:
    """``type`` as it is declared where it is; ``""`` where nothing says it, and ``reason`` why.

    ``source`` is a value of :class:`~analysis.holes.slot.SlotKind`; ``of`` names the parameter of
    an argument. ``classes`` are the qualified names of the classes it may be an instance of,
    ``parts`` those it is made of, ``optional`` whether it may be ``None``.
    """

    type: str = ""
    source: str = "none"
    of: str = ""
    classes: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    optional: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RelevantType:
    """A class, its definition as far as the budget goes, and how far it is from what is expected.

    ``distance`` is 0 for the expected type itself. ``path`` and ``line`` (0-based) say where it is
    defined; ``path`` may be ``""``.
    """

    name: str
    definition: str
    distance: int
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class RelevantHeader:
    """``name`` is how it is written here, ``header`` its declaration, ``result`` what it gives.

    ``fit`` is the name of a :class:`~analysis.holes.query.Fit` in small letters;
    ``origin`` the module that defines it.
    """

    name: str
    header: str
    result: str
    fit: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class HoleContext:
    """What whoever writes at a place should know. ``omitted`` counts types and headers that were
    found and did not fit; ``related`` are headers of definitions in other files of the project that
    the code around has most to do with, where a code graph knows."""

    expected: ExpectedType
    types: tuple[RelevantType, ...] = ()
    headers: tuple[RelevantHeader, ...] = ()
    omitted: int = 0
    related: tuple[str, ...] = ()
