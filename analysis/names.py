"""Which names may stand in a hole, and how sure analysis is about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from analysis.accepted import Accepted
from analysis.signatures import Arity


class Tier(StrEnum):
    """How a :class:`NameSet` may be used (docs/analysis.md)."""

    CLOSED = "closed"
    """The set is complete: a name outside it does not exist. Prune."""
    OPEN = "open"
    """Known names, maybe incomplete: rank, never prune."""
    ABSTAIN = "abstain"
    """Nothing is known."""


@dataclass(frozen=True, slots=True)
class Name:
    """One name: what it is called, what kind of thing it is, its type and where it comes from.

    ``kind`` is one of ``function``, ``class``, ``instance``, ``module``, ``param``, ``property``,
    ``statement``, ``keyword``; ``type`` is for display; ``origin`` is a module name, ``file`` or
    ``witness`` (the same receiver shows it elsewhere in the file). All but ``name`` may be ``""``.
    """

    name: str
    kind: str = ""
    type: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class NameSet:
    """The names for one hole. ``monitor`` is the hole kind; ``reason`` says why this tier."""

    monitor: str
    tier: Tier
    reason: str
    names: tuple[Name, ...] = ()
    #: As people read it: ``str``, ``type[Path]``, ``module json``, ``""`` where there is none.
    receiver_type: str = ""
    #: Distribution and version the answer was read from, e.g. ``"httpx 0.28.1"``, or ``""``.
    looked_at: str = ""
    #: For a hole inside a call: how many arguments may or must still come.
    arity: Arity | None = None
    #: Names that the function binds, but on no path to the hole; never among ``names``.
    unassigned: tuple[str, ...] = ()
    #: For an import: those of ``names`` that the file reads though nothing in it binds them.
    wanted: tuple[str, ...] = ()
    #: For a call: what all that may be called say of their deprecation, where they are deprecated.
    deprecated: str | None = None
    #: For the value of an argument: what its parameter takes.
    accepted: Accepted | None = None

    @classmethod
    def abstain(cls, monitor: str, reason: str) -> NameSet:
        """The answer of one who does not know."""
        return cls(monitor, Tier.ABSTAIN, reason)

    @property
    def module(self) -> str | None:
        """The dotted name of a receiver that is a module, ``None`` of any other.

        Where it may be one of several things it is all of them, as ``receiver_type`` has them.
        """
        kind, _, dotted = self.receiver_type.partition(" ")
        return dotted if kind == "module" and dotted else None

    def spellings(self) -> frozenset[str]:
        """The names as plain strings."""
        return frozenset(n.name for n in self.names)
