"""The files that checkers are measured on: packages that work, and the same with inventions.

A group of packages is copied into workspaces: as it is, and with inventions, which are spread over
several copies. Which files and which places, a fixed seed decides.
"""

from __future__ import annotations

import ast
import random
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.text import read_file
from benchmarks.installed import Installed
from benchmarks.lint_inventions import Invention, invent
from benchmarks.lint_truth import Truth

_LARGEST = 120_000


@dataclass(frozen=True, slots=True)
class Group:
    """Packages in workspaces that hold the same ``files``, relative: ``clean``, and the copies in
    ``invented``, each with its inventions."""

    name: str
    clean: Path
    invented: tuple[tuple[Path, tuple[Invention, ...]], ...]
    files: tuple[str, ...]
    lines: int

    @property
    def inventions(self) -> tuple[Invention, ...]:
        """All of them."""
        return tuple(one for _, made in self.invented for one in made)


def group(
    name: str,
    packages: Sequence[str],
    place: Installed,
    folder: Path,
    *,
    lines: int,
    inventions: int,
    seed: int,
) -> Group:
    """Copy ``packages`` (import names in ``place``) into ``folder``, and make about ``inventions``
    in about ``lines`` lines of each."""
    shutil.rmtree(folder, ignore_errors=True)
    clean = folder / "clean"
    chosen: list[str] = []
    for package in packages:
        chosen += _copy(place.folders[0], package, clean, lines, seed)
    (clean / ".git").mkdir()
    texts = {relative: read_file(clean / relative).text for relative in chosen}
    changed = invent(texts, Truth(place), inventions, seed) if inventions else ()
    copies = []
    for number, new in enumerate(changed):
        if not new:
            continue
        copy = folder / f"invented-{number + 1}"
        shutil.copytree(clean, copy)
        for relative, (text, _) in new.items():
            (copy / relative).write_text(text, encoding="utf-8", newline="")
        copies.append((copy, tuple(one for _, inside in new.values() for one in inside)))
    total = sum(text.count("\n") for text in texts.values())
    return Group(name, clean, tuple(copies), tuple(chosen), total)


def _copy(site: Path, package: str, target: Path, lines: int, seed: int) -> list[str]:
    """Copy one package without its tests; about ``lines`` lines of its files, relative."""
    source = site / package
    if not source.is_dir():
        source = site / f"{package}.py"
        if not source.is_file():
            return []
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        return [source.name] if _fit(source) else []
    leave = shutil.ignore_patterns("__pycache__", "tests", "test", "testing")
    shutil.copytree(source, target / package, ignore=leave)
    files = [p for p in sorted((target / package).rglob("*.py")) if _fit(p)]
    random.Random(f"{seed} {package}").shuffle(files)
    chosen, total = [], 0
    for file in files:
        if total >= lines:
            break
        total += file.read_bytes().count(b"\n")
        chosen.append(file.relative_to(target).as_posix())
    return chosen


def _fit(path: Path) -> bool:
    """Whether a file is code of this version in UTF-8, of a length that people write."""
    if path.stat().st_size > _LARGEST:
        return False
    try:
        file = read_file(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(file.text)
    except (AnalysisError, SyntaxError, ValueError, RecursionError):
        return False
    return file.encoding == "utf-8" and not file.bom and "\r" not in file.text
