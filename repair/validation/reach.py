"""Which test files can reach a file by imports, read from their text and nothing else.

Errs on the side of reaching: a file that imports dynamically or starts processes reaches all.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable
from pathlib import Path

from analysis.text.files import read_text

_SKIPPED = frozenset({"node_modules", "__pycache__", "build", "dist", "venv", "site-packages"})
_MOST_FILES = 4000
_DYNAMIC = ("importlib", "__import__", "runpy", "subprocess", "multiprocessing", "exec(")


def reaching(tests: Iterable[str], target: str, root: str) -> frozenset[str]:
    """Those of the files ``tests`` from which imports lead to ``target``, over files of ``root``.

    Where the workspace is too large to read, all of them.
    """
    files = _files(root)
    wanted = tuple(tests)
    if len(files) > _MOST_FILES:
        return frozenset(wanted)
    by_stem: dict[str, list[str]] = {}
    for file in files:
        path = Path(file)
        name = path.parent.name if path.name == "__init__.py" else path.stem
        by_stem.setdefault(name, []).append(file)
    known: dict[str, frozenset[str] | None] = {}
    return frozenset(test for test in wanted if _leads(test, target, by_stem, known))


def _leads(
    start: str,
    target: str,
    by_stem: dict[str, list[str]],
    known: dict[str, frozenset[str] | None],
) -> bool:
    seen = {start}
    waiting = [start, *_conftests(start, by_stem)]
    while waiting:
        file = waiting.pop()
        if file == target:
            return True
        if file not in known:
            known[file] = _imported(file, by_stem)
        imported = known[file]
        if imported is None:
            return True
        for other in imported - seen:
            seen.add(other)
            waiting.append(other)
    return False


def _conftests(test: str, by_stem: dict[str, list[str]]) -> list[str]:
    return [f for f in by_stem.get("conftest", ()) if Path(test).is_relative_to(Path(f).parent)]


def _imported(file: str, by_stem: dict[str, list[str]]) -> frozenset[str] | None:
    """Files whose module name fits an import of ``file``; ``None`` where it could be any."""
    try:
        text = read_text(file)
        tree = ast.parse(text)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
    if any(sign in text for sign in _DYNAMIC):
        return None
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(part for alias in node.names for part in alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            names.update((node.module or Path(file).parent.name).split("."))
            names.update(alias.name for alias in node.names)
            if any(alias.name == "*" for alias in node.names) and not node.module:
                return None
    return frozenset(path for name in names for path in by_stem.get(name, ()))


def _files(root: str) -> list[str]:
    found: list[str] = []
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in _SKIPPED and not f.startswith(".")]
        found += [str(Path(folder, name)) for name in names if name.endswith(".py")]
        if len(found) > _MOST_FILES:
            break
    return found
