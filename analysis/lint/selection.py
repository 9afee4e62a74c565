"""Which files a check looks at: those named, and in folders what is not excluded."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.lint.patterns import fits, matches
from analysis.text.files import is_file, read_text, real_path

#: Folders that hold no code of the user's.
PASSED_OVER = frozenset(
    {".git", ".hg", ".svn", ".venv", "venv", ".tox", ".nox", ".eggs", "__pycache__", "build"}
    | {"dist", "node_modules", "site-packages", "__pypackages__", ".direnv", ".pyenv", ".idea"}
    | {".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".ipynb_checkpoints"}
)
#: Those of the largest projects have some 10 KiB.
_MOST_BYTES = 1 << 18
_SUFFIXES = (".py", ".pyi")


@dataclass(frozen=True, slots=True)
class Selected:
    """A file to look at: absolute, links not resolved. ``named`` ones are never excluded; of
    ``given`` ones the bytes are here and not on disk."""

    path: Path
    named: bool
    given: bytes | None = None


@dataclass(frozen=True, slots=True)
class _Ignore:
    folder: Path
    pattern: str
    negated: bool
    folders_only: bool


def select(paths: Sequence[Path], root: Path, exclude: Sequence[str] = ()) -> tuple[Selected, ...]:
    """The files under ``paths``, each once, in the order of their paths within a folder.

    ``exclude`` are patterns relative to ``root``. A folder is walked without following links, and
    a link to a file that is looked at anyway, or that lies outside, is passed over; what
    ``.gitignore`` files in and above it (up to ``root``) name, virtual environments and
    :data:`PASSED_OVER` are passed over. Raises :class:`~analysis.errors.AnalysisError` for a path
    that is not there.
    """
    found: dict[Path, Selected] = {}
    for path in paths:
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 - links stay as they were written
        if absolute.is_dir():
            ignores = [i for folder in _above(absolute, root) for i in _gitignore(folder)]
            bounds = {real_path(absolute), real_path(root)}
            for file in _walk(absolute, root, exclude, ignores):
                if file.is_symlink() and not bounds & {*real_path(file).parents}:
                    continue  # Its text is not the project's; ``--fix`` would change it.
                found.setdefault(file, Selected(file, named=False))
        elif os.path.lexists(absolute):
            found[absolute] = Selected(absolute, named=True)
        else:
            raise AnalysisError("no such file or folder", where=str(path))
    return tuple(s for s in found.values() if s.named or not _again(s.path, found))


def _again(path: Path, found: Mapping[Path, Selected]) -> bool:
    """Whether ``path`` is a link to another of ``found``."""
    return path.is_symlink() and real_path(path) in found


def _walk(
    folder: Path, root: Path, exclude: Sequence[str], ignores: list[_Ignore]
) -> Iterator[Path]:
    ignores = ignores + _gitignore(folder)
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return  # a folder that may not be read holds nothing to check
    for entry in entries:
        path = Path(entry.path)
        is_folder = entry.is_dir(follow_symlinks=False)
        if not is_folder and not entry.name.endswith(_SUFFIXES):
            continue
        if any(matches(pattern, entry.path, str(root)) for pattern in exclude):
            continue
        if _ignored(path, is_folder, ignores):
            continue
        if not is_folder:
            if is_file(entry.path):  # a link may lead round in a circle
                yield path
        elif entry.name not in PASSED_OVER and not os.path.exists(path / "pyvenv.cfg"):  # noqa: PTH110 - never raises
            yield from _walk(path, root, exclude, ignores)


def reaches(path: Path, root: Path) -> bool:
    """Whether :func:`select` of the folder ``root`` comes to the file ``path``."""
    if not path.name.endswith(_SUFFIXES) or not path.is_relative_to(root):
        return False
    ignores = _gitignore(root)
    for folder in [*_above(path.parent, root)[1:], path.parent]:
        if folder == root:
            continue
        passed_over = folder.name in PASSED_OVER or os.path.exists(folder / "pyvenv.cfg")  # noqa: PTH110
        if passed_over or folder.is_symlink() or _ignored(folder, True, ignores):
            return False
        ignores += _gitignore(folder)
    return not _ignored(path, False, ignores)


def _above(folder: Path, root: Path) -> list[Path]:
    """The folders between ``root`` and ``folder``, from the top, without ``folder`` itself."""
    if not folder.is_relative_to(root):
        return []
    return [parent for parent in reversed(folder.parents) if parent.is_relative_to(root)]


def _gitignore(folder: Path) -> list[_Ignore]:
    try:
        text = read_text(folder / ".gitignore", _MOST_BYTES)
    except OSError:
        return []
    found = []
    for line in text.split("\n"):
        pattern = line.rstrip("\r")
        while pattern.endswith(" ") and not pattern.endswith("\\ "):
            pattern = pattern[:-1]
        if pattern and not pattern.startswith("#"):
            negated = pattern.startswith("!")
            found.append(_Ignore(folder, pattern.removeprefix("!"), negated, pattern.endswith("/")))
    return found


def _ignored(path: Path, is_folder: bool, ignores: list[_Ignore]) -> bool:
    verdict = False
    for ignore in ignores:  # the last that fits decides
        if ignore.negated == verdict and (is_folder or not ignore.folders_only):
            relative = path.relative_to(ignore.folder).as_posix()
            if fits(ignore.pattern, relative):
                verdict = not ignore.negated
    return verdict
