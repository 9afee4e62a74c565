"""What the findings of a file stand on, as digests that tell whether they still hold.

Files of the workspace count by their interface, files of the environment by their content, folders
by what can be imported from them: a new module may be what an import meant.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from analysis.environments.environment import Environment, import_roots
from analysis.lint.interface import ImportedInterface, changed, imported_words, interface, words
from analysis.lint.selection import PASSED_OVER
from analysis.snapshot import Workspace
from analysis.text import TextError, read_file
from analysis.text.overlay import files

_MODULES = (".py", ".pyi", ".so", ".pyd", ".pth", "-info")
#: The digest of what is not there.
_GONE = "-"


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Paths of files and folders with their digests."""

    files: tuple[tuple[str, str], ...] = ()
    folders: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Surveyor:
    """Digests of one run: each file and folder is looked at once.

    ``known`` maps the hash of a source to the digest of its interface, ``digested`` that to the
    interface, where they were computed before; ``on_new`` is told of new ones.
    """

    workspace: Workspace
    environment: Environment
    known: Callable[[str], str | None] = field(default=lambda _: None)
    digested: Callable[[str], ImportedInterface | None] = field(default=lambda _: None)
    on_new: Callable[[str, ImportedInterface], None] = field(default=lambda *_: None)
    _texts: dict[str, str] = field(default_factory=dict)
    _words: dict[str, frozenset[str]] = field(default_factory=dict)
    _imports: dict[str, frozenset[str]] = field(default_factory=dict)
    _files: dict[str, str] = field(default_factory=dict)
    _folders: dict[str, str] = field(default_factory=dict)

    def survey(self, path: str, files: Iterable[str]) -> Dependencies:
        """The grounds of the file ``path``, whose findings were read from ``files``."""
        read = sorted(set(files) - {path})
        folders = set(import_roots(path, self.workspace, self.environment))
        folders |= {str(Path(file).parent) for file in (path, *read) if self._own(file)}
        return Dependencies(
            tuple((file, self.file(file)) for file in read),
            tuple((folder, self.folder(folder)) for folder in sorted(folders)),
        )

    def hold(self, dependencies: Dependencies, path: str, *, quiet: bool) -> bool:
        """Whether nothing of ``dependencies`` has changed that could matter to ``path``.

        Where nothing was found in it (``quiet``), changed names that are written nowhere on the way
        do not matter; a finding may also tell of names that are new.
        """
        if any(self.folder(f) != digest for f, digest in dependencies.folders):
            return False
        differing = [(f, digest) for f, digest in dependencies.files if self.file(f) != digest]
        if not differing:
            return True
        return quiet and all(
            self._unnoticed(f, digest, path, dependencies) for f, digest in differing
        )

    def _unnoticed(self, file: str, before: str, path: str, dependencies: Dependencies) -> bool:
        """Whether the change of ``file`` since its interface was ``before`` reaches no name that is
        written in ``path``, or in what was read for it."""
        old, new = self.digested(before), self.digested(self.file(file))
        names = changed(old, new) if old is not None and new is not None else None
        if names is None:
            return False
        tops = self._tops(path, dependencies)
        others = (other for other, _ in dependencies.files if other != file)
        return all(
            names.isdisjoint(self._words_of(other))
            for other in (path, *others)
            if self._own(other) or not tops.isdisjoint(self._imports_of(other))
        )

    def _tops(self, path: str, dependencies: Dependencies) -> frozenset[str]:
        """What an import of a file of the workspace begins with, for those of ``dependencies``:
        only who says one of these, outside of the workspace, can have names from it."""
        found = set()
        for root in import_roots(path, self.workspace, self.environment):
            for file in (path, *(file for file, _ in dependencies.files)):
                below = file.removeprefix(root + os.sep)
                if below != file and self._own(file):
                    found.add(below.partition(os.sep)[0].partition(".")[0])
        return frozenset(found)

    def _imports_of(self, path: str) -> frozenset[str]:
        if path not in self._imports:
            try:
                self._imports[path] = imported_words(read_file(Path(path)).text)
            except TextError:
                self._imports[path] = frozenset()
        return self._imports[path]

    def _words_of(self, path: str) -> frozenset[str]:
        if path not in self._words:
            text = self._texts.get(path)
            try:
                self._words[path] = words(read_file(Path(path)).text if text is None else text)
            except TextError:
                self._words[path] = frozenset()
        return self._words[path]

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
        except TextError:
            return _GONE
        return files().digest(path) or _GONE

    def _of_text(self, text: str) -> str:
        source = content(text)
        known = self.known(source)
        if known is None:
            made = interface(text)
            known = made.digest
            self.on_new(source, made)
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
