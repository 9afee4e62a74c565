"""What the findings of a file stand on, as digests that tell whether they still hold.

Files of the workspace count by their surface, files of the environment by their time of change and
size, folders by what can be imported from them: a new module may be what an import meant.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from analysis.environments.environment import Environment
from analysis.environments.roots import import_roots
from analysis.lint.selection import PASSED_OVER
from analysis.lint.surface import surface
from analysis.snapshot import Workspace
from analysis.text import TextError, read_file

_MODULES = (".py", ".pyi", ".so", ".pyd", ".pth", "-info")
#: The digest of what is not there.
_GONE = "-"


@dataclass(frozen=True, slots=True)
class Grounds:
    """Paths of files and folders with their digests."""

    files: tuple[tuple[str, str], ...] = ()
    folders: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Surveyor:
    """Digests of one run: each file and folder is looked at once.

    ``known_surface`` maps the hash of a source to its surface where that was computed before, and
    is told of new ones by ``on_surface``.
    """

    workspace: Workspace
    environment: Environment
    known_surface: Callable[[str], str | None] = field(default=lambda _: None)
    on_surface: Callable[[str, str], None] = field(default=lambda *_: None)
    _texts: dict[str, str] = field(default_factory=dict)
    _files: dict[str, str] = field(default_factory=dict)
    _folders: dict[str, str] = field(default_factory=dict)

    def survey(self, path: str, files: Iterable[str]) -> Grounds:
        """The grounds of the file ``path``, whose findings were read from ``files``."""
        read = sorted(set(files) - {path})
        folders = set(import_roots(path, self.workspace, self.environment))
        folders |= {str(Path(file).parent) for file in (path, *read) if self._own(file)}
        return Grounds(
            tuple((file, self.file(file)) for file in read),
            tuple((folder, self.folder(folder)) for folder in sorted(folders)),
        )

    def hold(self, grounds: Grounds) -> bool:
        """Whether nothing of ``grounds`` has changed."""
        return all(self.folder(f) == digest for f, digest in grounds.folders) and all(
            self.file(f) == digest for f, digest in grounds.files
        )

    def file(self, path: str) -> str:
        """The digest of a file."""
        if path not in self._files:
            self._files[path] = self._of_file(path)
        return self._files[path]

    def folder(self, path: str) -> str:
        """The digest of a folder."""
        if path not in self._folders:
            self._folders[path] = _of_folder(path)
        return self._folders[path]

    def seen(self, path: str, text: str) -> None:
        """The text of a file, read already."""
        self._texts[path] = text

    def _own(self, path: str) -> bool:
        below = path.removeprefix(self.workspace.root + os.sep)
        return below != path and PASSED_OVER.isdisjoint(Path(below).parts)

    def _of_file(self, path: str) -> str:
        try:
            if self._own(path):
                text = self._texts.get(path)
                return self._of_text(read_file(Path(path)).text if text is None else text)
            status = Path(path).stat()
        except (OSError, TextError):
            return _GONE
        return f"{status.st_mtime_ns}:{status.st_size}"

    def _of_text(self, text: str) -> str:
        source = content(text)
        known = self.known_surface(source)
        if known is None:
            known = surface(text)
            self.on_surface(source, known)
        return known


def content(text: str) -> str:
    """The hash of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _of_folder(path: str) -> str:
    try:
        with os.scandir(path) as entries:
            names = sorted(e.name for e in entries if _counts(e))
    except OSError:
        return _GONE
    return hashlib.sha256("\0".join(names).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _counts(entry: os.DirEntry[str]) -> bool:
    if entry.name.endswith(_MODULES):
        return True
    return entry.name.isidentifier() and entry.name not in PASSED_OVER and entry.is_dir()
