"""Where the imports of a file begin: the folders of its workspace that act as ``sys.path``."""

from __future__ import annotations

from pathlib import Path

from analysis.environments.environment import Environment
from analysis.snapshot import Workspace
from analysis.text.overlay import is_file, is_folder


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
