"""What is known of types around a place, as values, and the protocol that looks it up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TypeUse:
    """A type as it is used somewhere.

    ``text`` is how it is written or shown (``dict[str, Path] | None``). ``heads`` are the qualified
    names of the classes that a value may be an instance of, without ``None``; ``parts`` those that
    are mentioned inside of them. Empty heads: it is not known.
    """

    text: str = ""
    heads: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """A class as its users see it.

    ``header`` is its first line, ``members`` a line for each public field and method. ``line`` is
    0-based; ``path`` is ``""`` where no source is known.
    """

    qualified_name: str
    header: str
    members: tuple[str, ...] = ()
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Reachable:
    """Something that can be written at a place, and what it gives.

    ``name`` is how it is written there (``self.load``), ``header`` its declaration (``def
    load(path: str) -> Config``), ``result`` the type of its value, or of what it returns when it is
    called. ``distance`` grows with how far away it is defined: 0 the function around the place, 1
    what belongs to its variables, 2 the module, 3 what the module imports, 4 what belongs to that.
    ``origin`` is the module that defines it.
    """

    name: str
    header: str
    result: TypeUse
    distance: int
    origin: str = ""


class TypeFacts(Protocol):
    """Types around one place of one text. Offsets are code points into that text.

    No method raises for the user's code: what cannot be told is empty. None of them can be stopped,
    so who asks looks at the time between two questions.
    """

    def parameter(self, end: int, position: int, keyword: str) -> tuple[str, TypeUse] | None:
        """The parameter that an argument goes to, of what is called by the expression that ends at
        ``end``: as ``name of callee``, with its annotation. ``position`` counts arguments from 0
        and does not matter where there is a ``keyword``."""
        ...

    def value(self, end: int) -> TypeUse:
        """The type of the expression that ends at ``end``."""
        ...

    def written(self, start: int, end: int) -> TypeUse:
        """The annotation that stands between two offsets."""
        ...

    def outline(self, qualified_name: str) -> Outline | None:
        """A class that one of the answers so far named."""
        ...

    def mentions(self, qualified_name: str) -> tuple[str, ...]:
        """The qualified names of the classes that the public members of a class speak of."""
        ...

    def ancestors(self, qualified_name: str) -> tuple[str, ...]:
        """The qualified names of the classes it inherits from, itself first, nearest first."""
        ...

    def conforms(self, qualified_name: str, protocol: str) -> bool:
        """Whether a class has every method that ``protocol``, if it is one (PEP 544), declares
        itself; both named by answers so far. What the methods take is not compared."""
        ...

    def reachable(self, offset: int, wanted: frozenset[str]) -> Iterator[Reachable]:
        """What can be written at ``offset``, the nearest first. ``wanted`` are the qualified names
        of classes: what cannot have to do with them need not be looked at. Of the members of
        modules only those are whose annotation holds the last part of one."""
        ...

    def constructors(self, qualified_name: str) -> Iterator[Reachable]:
        """The class methods and static methods of a class that give an instance of it."""
        ...
