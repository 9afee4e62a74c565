"""The facts about an interpreter that analysis works with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """Where a candidate interpreter was named."""

    SETTING = "--python"
    WORKSPACE = "workspace"
    VIRTUAL_ENV = "VIRTUAL_ENV"
    CONDA = "CONDA_PREFIX"
    PATH = "PATH"
    OWN = "pilotfish"


@dataclass(frozen=True, slots=True)
class InterpreterCandidate:
    """An interpreter that comes into question.

    ``executable`` is an absolute path, links not resolved: a virtual environment is recognized by
    where its link lies, not by what it points to. ``within`` is the untrusted workspace that it
    belongs to, which bounds what its files may name; ``""`` where it may be started.
    """

    executable: str
    origin: Origin
    why: str
    within: str = ""

    @property
    def may_start(self) -> bool:
        """Invariant 5's verdict."""
        return not self.within


@dataclass(frozen=True, slots=True)
class Environment:
    """The world in which the user's code would run.

    ``sys_path`` holds existing absolute folders in import order: standard library first, then
    site-packages and what their ``.pth`` files add. ``stdlib`` is the folder of the standard
    library. ``started`` tells whether the interpreter itself said so or its files were read;
    ``within`` is the untrusted workspace that it belongs to, if it does.
    """

    executable: str
    version: tuple[int, int, int]
    stdlib: str
    sys_path: tuple[str, ...]
    site_packages: tuple[str, ...]
    origin: Origin
    started: bool
    why: str
    within: str = ""

    @property
    def version_text(self) -> str:
        """As in ``3.11.7``."""
        return ".".join(map(str, self.version))
