"""The files that checkers are measured on: packages that work, and the same with invented names.

A group of packages is copied into one workspace, twice: as it is, and with names invented in it, on
the same lines. Which files and which places, a fixed seed decides; places are chosen from the
syntax tree of the standard library, not from what Pilotfish would look at.
"""

from __future__ import annotations

import ast
import random
import shutil
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from analysis.errors import AnalysisError
from analysis.syntax.holes import hole_at
from analysis.syntax.tree import SyntaxTree, parse
from analysis.text import read_file

#: Kinds of invention, in the order in which a file gets them.
KINDS = ("attribute", "name", "import_member", "keyword", "import_module")
#: What a model makes of a name that it half remembers.
_TAILS = ("_all", "_by_name", "_now", "_value", "s_list", "_async", "_from_path", "_or_none")
#: Lines between two inventions, so that one does not hide another.
_APART = 4
_LARGEST = 120_000


@dataclass(frozen=True, slots=True)
class Invention:
    """A name that was put into a file. ``line`` counts from 1; ``column`` is a 0-based code point,
    the same in the file before and after."""

    path: str
    line: int
    column: int
    kind: str
    was: str
    name: str


@dataclass(frozen=True, slots=True)
class Group:
    """Packages in a workspace: ``clean`` and ``invented`` hold the same ``files``, relative."""

    name: str
    clean: Path
    invented: Path
    files: tuple[str, ...]
    lines: int
    inventions: tuple[Invention, ...]


def group(
    name: str,
    packages: Sequence[str],
    site: Path,
    folder: Path,
    *,
    lines: int,
    inventions: int,
    seed: int,
) -> Group:
    """Copy ``packages`` (import names in the folder ``site``) into ``folder`` and invent names in
    about ``lines`` lines of each."""
    shutil.rmtree(folder, ignore_errors=True)
    clean, invented = folder / "clean", folder / "invented"
    chosen: list[str] = []
    for package in packages:
        chosen += _copy(site, package, clean, lines, seed)
    shutil.copytree(clean, invented)
    for workspace in (clean, invented):
        (workspace / ".git").mkdir()
    made: list[Invention] = []
    total = 0
    for number, relative in enumerate(chosen):
        text = read_file(clean / relative).text
        total += text.count("\n")
        rng = random.Random(f"{seed} {relative}")
        wanted = [KINDS[(number + i) % len(KINDS)] for i in range(inventions)]
        changed, new = invent(text, relative, rng, wanted)
        made += new
        if new:
            (invented / relative).write_text(changed, encoding="utf-8", newline="")
    return Group(name, clean, invented, tuple(chosen), total, tuple(made))


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


def invent(
    text: str, path: str, rng: random.Random, wanted: Sequence[str]
) -> tuple[str, list[Invention]]:
    """``text`` with one name invented for each kind of ``wanted``, where there is a place."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = ast.parse(text)
    tree = parse(text)
    places: dict[str, list[tuple[int, str]]] = {kind: [] for kind in KINDS}
    for kind, offset, name in _places(module, tree):
        places[kind].append((offset, name))
    taken: list[int] = []
    # What a missing module hides is no second invention.
    imports = [(n.lineno, n.end_lineno or n.lineno) for n in ast.walk(module) if _imports(n)]
    edits: list[tuple[int, str, str, str]] = []
    for kind in wanted:
        rng.shuffle(places[kind])
        for offset, name in places[kind]:
            line = tree.lines.position(offset)[0]
            line = next((first - 1 for first, last in imports if first <= line + 1 <= last), line)
            if any(abs(line - other) < _APART for other in taken):
                continue
            if hole_at(text, offset + len(name), tree).guards:
                continue  # under a test of the version, or where the failure is caught
            taken.append(line)
            edits.append((offset, kind, name, _unused(name, text, rng)))
            break
    made = []
    for offset, kind, name, new in sorted(edits, reverse=True):
        line, column = tree.lines.position(offset)
        made.append(Invention(path, line + 1, column, kind, name, new))
        bound = (
            f" as {name}" if kind == "import_member" and not _renamed(text, offset, name) else ""
        )
        text = text[:offset] + new + bound + text[offset + len(name) :]
    return text, made


def _imports(node: ast.AST) -> TypeGuard[ast.ImportFrom]:
    return isinstance(node, ast.ImportFrom)


def _renamed(text: str, offset: int, name: str) -> bool:
    return text[offset + len(name) :].lstrip(" \t").startswith("as ")


def _unused(name: str, text: str, rng: random.Random) -> str:
    tails = list(_TAILS)
    rng.shuffle(tails)
    return next((name + tail for tail in tails if name + tail not in text), name + "_qqx")


def _places(module: ast.Module, tree: SyntaxTree) -> Iterator[tuple[str, int, str]]:
    """Kind, offset and name of everything that is read and can be replaced on its own."""
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            if node.end_lineno is None or node.end_col_offset is None or _dunder(node.attr):
                continue
            end = _offset(tree, node.end_lineno, node.end_col_offset)
            yield from _at("attribute", tree, end - len(node.attr), node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            begin = _offset(tree, node.lineno, node.col_offset)
            yield from _at("name", tree, begin, node.id)
        elif isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg is not None:
                    begin = _offset(tree, keyword.lineno, keyword.col_offset)
                    yield from _at("keyword", tree, begin, keyword.arg)
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            for alias in node.names:
                if alias.name != "*":
                    begin = _offset(tree, alias.lineno, alias.col_offset)
                    yield from _at("import_member", tree, begin, alias.name)
            if node.module:
                begin = _offset(tree, node.lineno, node.col_offset)
                start = tree.text.find(node.module, begin + len("from"))
                last = node.module.rpartition(".")[2]
                yield from _at("import_module", tree, start + len(node.module) - len(last), last)


def _at(kind: str, tree: SyntaxTree, offset: int, name: str) -> Iterator[tuple[str, int, str]]:
    # What the compiler renamed (``__private``) or spells otherwise is left out.
    if tree.text[offset : offset + len(name)] == name:
        yield kind, offset, name


def _dunder(name: str) -> bool:
    return name.startswith("__")


def _offset(tree: SyntaxTree, line: int, column: int) -> int:
    """``ast`` counts lines from 1 and columns in bytes of UTF-8."""
    text = tree.lines.line(line - 1)
    return tree.lines.start(line - 1) + len(text.encode()[:column].decode(errors="ignore"))
