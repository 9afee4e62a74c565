"""Bugs put into a clean project by hand: how a bug file is read and how it is applied.

A bug is one TOML file (``benchmarks/corpora/README.md`` describes the format). This module knows
files and texts only; it runs nothing.
"""

from __future__ import annotations

import ast
import shutil
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import ExplainedError

FRESH_BUGS = Path(__file__).parent / "corpora" / "fresh_bugs"

#: What is never copied.
COMPILED = shutil.ignore_patterns("__pycache__", ".pytest_cache")

#: How far apart the places of a bug are, from near to far.
SPANS = ("one-place", "two-line", "cross-function", "cross-file")


class CorpusError(ExplainedError):
    """A bug file that cannot be read, or that does not fit the project."""


@dataclass(frozen=True)
class Edit:
    """Replace the one occurrence of ``old`` in ``file`` (relative to the project) by ``new``."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Bug:
    """One bug: ``tests`` are node ids of the test functions that fail with it.

    ``hidden`` is that of one that no repair sees and that fails too (``""`` where there is none).
    """

    name: str
    kind: str
    span: str
    description: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]
    hidden: str = ""

    @property
    def file(self) -> str:
        """The file to repair: that of the first edit."""
        return self.edits[0].file


def read_bug(path: Path) -> Bug:
    """The bug in ``path``. Raises :class:`CorpusError` where the file is not of the form."""
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        bug = Bug(
            path.stem,
            table["kind"],
            table["span"],
            table["description"],
            tuple(Edit(edit["file"], edit["old"], edit["new"]) for edit in table["edits"]),
            tuple(table["tests"]),
            table.get("hidden", ""),
        )
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise CorpusError(f"not a bug file: {error}", where=str(path)) from error
    if bug.span not in SPANS or not bug.edits or not bug.tests:
        raise CorpusError("a bug needs a known span, an edit and a test", where=str(path))
    return bug


def load_bugs(corpus: Path = FRESH_BUGS) -> list[Bug]:
    """All bugs of ``corpus``, by name."""
    return [read_bug(path) for path in sorted((corpus / "bugs").glob("*.toml"))]


def apply(bug: Bug, project: Path) -> None:
    """Put ``bug`` into the copy ``project``.

    Raises :class:`CorpusError` unless each old text is there exactly once.
    """
    for edit in bug.edits:
        path = project / edit.file
        text = path.read_text(encoding="utf-8")
        if text.count(edit.old) != 1:
            raise CorpusError(
                f"the old text of {edit.file} is there {text.count(edit.old)} times", where=bug.name
            )
        path.write_text(text.replace(edit.old, edit.new), encoding="utf-8")


def copy_project(target: Path, corpus: Path = FRESH_BUGS) -> Path:
    """A copy of the clean project of ``corpus`` at ``target``, without compiled files."""
    return Path(shutil.copytree(corpus / "project", target, ignore=COMPILED, dirs_exist_ok=True))


def add_hidden_tests(project: Path, corpus: Path = FRESH_BUGS) -> None:
    """Add to a copy what no repair sees: the tests of ``corpus/hidden``, if it has any."""
    if (corpus / "hidden").is_dir():
        shutil.copytree(corpus / "hidden", project / "tests" / "hidden", ignore=COMPILED)


def remove_tests(project: Path, nodes: Sequence[str]) -> None:
    """Delete the test functions ``nodes`` (``file::function``) from the copy ``project``.

    The fixtures and constants around them stay. Raises :class:`CorpusError` when one is not there.
    """
    by_file: dict[str, set[str]] = {}
    for node in nodes:
        file, _, function = node.partition("::")
        by_file.setdefault(file, set()).add(function)
    for file, functions in by_file.items():
        path = project / file
        lines = path.read_text(encoding="utf-8").split("\n")
        doomed = [
            statement
            for statement in ast.parse("\n".join(lines)).body
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)
            and statement.name in functions
        ]
        missing = functions - {statement.name for statement in doomed}
        if missing:
            raise CorpusError(f"no test {', '.join(sorted(missing))}", where=file)
        for statement in reversed(doomed):
            first = min([statement.lineno, *(mark.lineno for mark in statement.decorator_list)])
            del lines[first - 1 : statement.end_lineno]
        path.write_text("\n".join(lines), encoding="utf-8")
