"""The files of a project, as resolution sees them, and the evaluator that its parts ask."""

from __future__ import annotations

from typing import Protocol

from analysis.graph.facts.file import FactBinding, FactScope, Interface
from analysis.graph.facts.units import Keys
from analysis.graph.resolution.memo import Memo
from analysis.graph.resolution.values import Definition, Value, Values


class World(Protocol):
    """The files of a project."""

    def interface(self, file: int) -> Interface:
        """The facts of ``file``."""
        ...

    def keys(self, file: int) -> Keys:
        """Under which keys the scopes of ``file`` are hashed."""
        ...

    def module_named(self, dotted: str, origin: int) -> int | None:
        """The file of module ``dotted`` as ``origin`` would import it."""
        ...

    def is_package_folder(self, dotted: str) -> bool:
        """Whether modules of the project lie below ``dotted``."""
        ...

    def module_name(self, file: int) -> str:
        """The dotted name of ``file``."""
        ...

    def is_package(self, file: int) -> bool:
        """Whether ``file`` is an ``__init__``."""
        ...


class Resolving(Protocol):
    """What attributes, calls and annotations ask of the
    :class:`~analysis.graph.resolution.resolver.Resolver`, which asks them in turn."""

    world: World
    memo: Memo

    def scope(self, file: int, scope: int) -> FactScope:
        """A scope of a file, to make use of its head."""
        ...

    def inside(self, file: int, scope: int) -> FactScope:
        """A scope of a file, to make use of its names and results."""
        ...

    def member(self, file: int, scope: int, name: str) -> FactScope:
        """A class of a file, to make use of its member ``name``."""
        ...

    def definitions(
        self, file: int, scope: int, name: str, bindings: list[FactBinding]
    ) -> tuple[Definition, ...]:
        """What ``bindings`` of a name make it stand for."""
        ...

    def name(
        self, file: int, scope: int, name: str, at: int, block: int
    ) -> tuple[tuple[Definition, ...], list[FactBinding], int]:
        """What ``name`` stands for at a place: definitions, the bindings and their scope."""
        ...

    def evaluate(self, file: int, scope: int, row: int, at: int, block: int) -> Values:
        """What expression ``row`` may be at a place."""
        ...

    def instances(self, values: Values) -> Values:
        """Instances of the classes among ``values``."""
        ...

    def values(self, definition: Definition) -> Values:
        """What a definition is as a value."""
        ...

    def members(self, value: Value, name: str) -> tuple[Definition, ...]:
        """What attribute ``name`` of ``value`` stands for; nothing where that is not known."""
        ...
