"""The files of a project, as resolution sees them."""

from __future__ import annotations

from typing import Protocol

from analysis.graph.facts.file import Interface
from analysis.graph.facts.units import Keys


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
