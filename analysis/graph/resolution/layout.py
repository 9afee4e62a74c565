"""Where the modules of a folder begin: the dotted names of its files, and files by dotted name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from analysis.text.overlay import is_file


def module_name(path: str, root: str, packages: dict[str, bool]) -> str:
    """The dotted name of the module in ``path`` as a project under ``root`` imports it.

    It begins behind the outermost package's folder. A file in no package is named from ``root``,
    or from ``root/src``. ``packages`` remembers which folders hold an ``__init__``.
    """
    file = Path(path)
    top: Path | None = None
    folder = file.parent
    home = Path(root)
    while True:
        if _is_package(folder, packages):
            top = folder
        elif not folder.is_relative_to(home) or folder == home:
            break
        if folder.parent == folder:
            break
        folder = folder.parent
    if top is not None:
        base = top.parent
    elif file.is_relative_to(home / "src"):
        base = home / "src"
    else:
        base = home if file.is_relative_to(home) else file.parent
    parts = list(file.relative_to(base).parts)
    parts[-1] = parts[-1].rpartition(".")[0]
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return ".".join(parts)


def _is_package(folder: Path, packages: dict[str, bool]) -> bool:
    key = str(folder)
    known = packages.get(key)
    if known is None:
        known = packages[key] = any(is_file(f"{key}/__init__.py{i}") for i in ("", "i"))
    return known


class Layout:
    """The modules of a project by name. ``files`` are (id, path, dotted name)."""

    def __init__(self, files: Iterable[tuple[int, str, str]]) -> None:
        self._by_name: dict[str, int] = {}
        self._by_path: dict[str, int] = {}
        self.names: dict[int, str] = {}
        self.paths: dict[int, str] = {}
        self._folders: set[str] = set()
        # A module's source says more than its stub, so it comes last and stays.
        for file, path, name in sorted(files, key=lambda f: (not f[1].endswith(".pyi"), f[0])):
            self._by_name[name] = file
            self._by_path[path] = file
            self.names[file] = name
            self.paths[file] = path
            parts = name.split(".")
            for count in range(1, len(parts)):
                self._folders.add(".".join(parts[:count]))

    def module_named(self, dotted: str, origin: int) -> int | None:
        """The file of module ``dotted``: by its name, else beside the file that imports it."""
        found = self._by_name.get(dotted)
        if found is not None or origin not in self.paths:
            return found
        folder = self.paths[origin].rpartition("/")[0]
        beside = f"{folder}/{dotted.replace('.', '/')}"
        for tail in (".py", "/__init__.py", ".pyi", "/__init__.pyi"):
            file = self._by_path.get(beside + tail)
            if file is not None:
                return file
        return None

    def is_package_folder(self, dotted: str) -> bool:
        """Whether modules lie below ``dotted``."""
        return dotted in self._folders

    def is_package(self, file: int) -> bool:
        """Whether ``file`` is an ``__init__``."""
        return self.paths[file].rpartition("/")[2].startswith("__init__.")
