"""The facts about an interpreter that analysis works with, and where a file's imports begin."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from analysis.snapshot import Workspace
from analysis.text.overlay import is_file, is_folder


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


def import_roots(path: str, workspace: Workspace, environment: Environment) -> tuple[str, ...]:
    """Every folder from which ``path`` may import, in order, once each.

    First the folder that holds the file's outermost package, then the workspace and its ``src``,
    then the environment.
    """
    folders: list[str] = []
    # Files inside site-packages or the standard library: their root is already on the path.
    if path:
        folders.append(str(package_root(Path(path))))
    root = Path(workspace.root)
    folders += [str(folder) for folder in (root, root / "src") if is_folder(str(folder))]
    return tuple(dict.fromkeys((*folders, *environment.sys_path)))


def package_root(path: Path) -> Path:
    """The first folder above ``path`` that is no package itself."""
    folder = path.parent
    while is_file(str(folder / "__init__.py")) and folder.parent != folder:
        folder = folder.parent
    return folder


def module_name(path: Path, roots: tuple[str, ...]) -> tuple[str, ...]:
    """The dotted name of the module in ``path`` as its parts, by the longest root that holds it.

    A package's ``__init__`` has the name of the package. Empty when no root holds the file.
    """
    holding = [Path(root) for root in roots if path.is_relative_to(root)]
    if not holding:
        return ()
    package = package_root(path)
    root = package if package in holding else max(holding, key=lambda r: len(r.parts))
    parts = path.relative_to(root).with_suffix("").parts
    return parts[:-1] if parts and parts[-1] == "__init__" else parts
