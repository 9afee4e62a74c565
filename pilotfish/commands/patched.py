"""Files as a unified diff would leave them, for ``check --diff``; nothing is written."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from unidiff.errors import UnidiffParseError
from unidiff.patch import Hunk, PatchedFile, PatchSet

from analysis.errors import AnalysisError
from analysis.lint.selection import Selected
from analysis.text import TextError, decode_source, find_root
from analysis.text.files import read_bytes, real_path

_SUFFIXES = (".py", ".pyi")
_NOWHERE = "/dev/null"
_ESCAPE = re.compile(r'\\([0-7]{3}|[abtnvfr"\\])')
_LETTERS = dict(zip('abtnvfr"\\', '\a\b\t\n\v\f\r"\\', strict=True))


@dataclass(frozen=True, slots=True)
class Patched:
    """The Python files of a diff: as they will be, the texts of those that are there by path, and
    what was wrong with the others."""

    files: tuple[Selected, ...]
    before: dict[str, str]
    errors: tuple[AnalysisError, ...]


def patched(diff: Path, workspace: str | None = None) -> Patched:
    """What the diff in file ``diff`` (``-``: standard input) makes of the Python files it names.

    Names are relative to ``workspace``, else to the nearest folder, from here up to the root of the
    project, that holds one of them. As with ``patch``, a hunk may stand elsewhere than it says, if
    its lines do. Raises :class:`~analysis.errors.AnalysisError` when ``diff`` is no unified diff.
    """
    where = f"--diff {diff}"
    try:
        data = sys.stdin.buffer.read() if str(diff) == "-" else read_bytes(diff)
        # Bytes as characters: a diff has as many encodings as it has files.
        parts = PatchSet(io.StringIO(data.decode("latin-1"), newline="\n"))
    except OSError as error:
        raise AnalysisError(f"cannot be read: {error.strerror}", where=where) from None
    except UnidiffParseError as error:
        said = str(error).strip().encode("latin-1").decode("utf-8", "replace")[:200]
        raise AnalysisError(
            f"not a unified diff: {said}", where=where, help="write it with `diff -u` or `git diff`"
        ) from None
    if data.strip() and not parts:
        raise AnalysisError(
            "not a unified diff", where=where, help="write it with `diff -u` or `git diff`"
        )
    base = real_path(workspace) if workspace else _base(parts)
    files: list[Selected] = []
    before: dict[str, str] = {}
    errors: list[AnalysisError] = []
    for part in parts:
        source, target = _name(part.source_file), _name(part.target_file)
        if target == _NOWHERE or not target.endswith(_SUFFIXES) or part.is_binary_file:
            continue
        try:
            path = _inside(base, target)
            old = b""
            if source != _NOWHERE:
                old = _read(_inside(base, source))
                before[str(path)] = decode_source(old, str(path)).text
            files.append(Selected(path, named=True, given=_applied(old, part, target)))
        except AnalysisError as error:
            errors.append(error)
    return Patched(tuple(files), before, tuple(errors))


def _base(parts: Sequence[PatchedFile]) -> Path:
    here = Path.cwd()
    root = find_root(here, [here], above=True)
    names = {name for part in parts if (name := _name(part.source_file)) != _NOWHERE}
    for folder in (here, *here.parents):
        if not folder.is_relative_to(root):
            break
        if any(os.path.lexists(folder / name) for name in names if "\0" not in name):
            return folder
    return here


def _name(written: str) -> str:
    """A file's name as the diff writes it, without quotes, escapes and the prefix of git."""
    if written.startswith('"') and written.endswith('"') and len(written) > 1:
        written = _ESCAPE.sub(
            lambda m: _LETTERS.get(m[1]) or chr(int(m[1], 8) & 255), written[1:-1]
        )
    name = os.fsdecode(written.rstrip("\r").encode("latin-1"))
    return re.sub(r"^[abciow12]/", "", name)


def _inside(base: Path, name: str) -> Path:
    path = Path(os.path.normpath(base / name))
    try:
        inside = real_path(path).is_relative_to(real_path(base))
    except (OSError, ValueError):
        inside = False
    if not inside or not path.is_relative_to(base):
        raise AnalysisError("the diff names a file outside the project", where=name)
    return path


def _read(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except OSError as error:
        raise TextError(f"cannot be read: {error.strerror or error}", where=str(path)) from None


def _applied(old: bytes, part: PatchedFile, name: str) -> bytes:
    """The bytes of a file after ``part``. Raises where the lines of a hunk are not in it."""
    lines = io.StringIO(old.decode("latin-1"), newline="\n").readlines()
    made: list[str] = []
    done = 0
    for hunk in part:
        removed = _side(hunk, "+")
        at = _found(lines, removed, hunk.source_start - bool(removed), done)
        if at is None:
            raise AnalysisError(
                f"the diff does not apply: its lines {hunk.source_start} to "
                f"{hunk.source_start + max(hunk.source_length, 1) - 1} are not in the file",
                where=name,
                help="make the diff against the text that the file has now",
            )
        made += [*lines[done:at], *_side(hunk, "-")]
        done = at + len(removed)
    return "".join([*made, *lines[done:]]).encode("latin-1")


def _side(hunk: Hunk, other: str) -> list[str]:
    """The lines of a hunk on one side; the last of a file may have no line end."""
    side: list[str] = []
    mine = False
    for line in hunk:
        if line.line_type == "\\":
            if mine:
                side[-1] = side[-1].removesuffix("\n")
        else:
            mine = line.line_type != other
            if mine:
                side.append(line.value)
    return side


def _found(lines: Sequence[str], removed: Sequence[str], said: int, done: int) -> int | None:
    """The place of ``removed`` that is nearest to where it is said to be."""
    last = len(lines) - len(removed)
    if not removed:
        return said if done <= said <= last else None
    for away in range(len(lines) + 1):
        for at in (said - away, said + away):
            if done <= at <= last and lines[at : at + len(removed)] == list(removed):
                return at
    return None
