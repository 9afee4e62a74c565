"""What a scope is, and what it binds (language reference, *Naming and binding*)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from analysis.syntax.star import StarImport


class ScopeKind(StrEnum):
    """What makes a scope."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    LAMBDA = "lambda"
    COMPREHENSION = "comprehension"
    TYPE_PARAMETERS = "type parameters"
    """The annotation scope of a generic definition (PEP 695)."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a scope first binds a name, in code points.

    ``kind`` as in :class:`~analysis.names.Name`: ``function``, ``class``, ``module``, ``param`` or
    ``statement``.
    """

    name: str
    kind: str
    start: int


@dataclass(slots=True)
class Scope:
    """The names that one scope binds, in the order of the text.

    ``outer`` are names that ``global`` or ``nonlocal`` gives to another scope. ``stars`` are the
    modules it imports ``*`` from. ``start`` and ``end`` are its span in code points.
    """

    kind: ScopeKind
    start: int
    end: int
    bindings: dict[str, Binding] = field(default_factory=dict)
    outer: dict[str, str] = field(default_factory=dict)
    stars: list[StarImport] = field(default_factory=list)

    def add(self, name: str, kind: str, start: int) -> None:
        """Note a binding; the first of a name stays, its kind becomes the most telling."""
        known = self.bindings.get(name)
        if known is None:
            self.bindings[name] = Binding(name, kind, start)
        elif known.kind == "statement" != kind:
            self.bindings[name] = Binding(name, kind, known.start)
