"""Where else the mistake may be: files of the workspace that a failing test runs through.

Those that the failure passed come first, the deepest of them before others; then what the file
under repair imports, which it may call; last what it only imports. From a test, what it runs by
fixtures counts too.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

from repair.failure.diagnosis import Diagnosis
from repair.source.file import Source

_MOST = 3
_TEST_FOLDERS = frozenset({"test", "tests", "testing"})


def elsewhere(source: Source, diagnosis: Diagnosis) -> tuple[str, ...]:
    """Paths of other files to repair, the likeliest first; no tests among them."""
    mine = {str(Path(source.path)), *diagnosis.test_files}
    others = [path for path in diagnosis.own if path not in mine and not _is_test(path)]
    passed = _passed(diagnosis)
    imported = _imported(source.tree)
    near = {path: passed.index(path) for path in others if path in passed}
    called = {path: len(passed) for path in others if _name(path) in imported}
    ran: dict[str, int] = {}
    if source.path in diagnosis.test_files:
        ran = {path: len(passed) + 1 for path in others if path in diagnosis.entered}
    order = {**ran, **called, **near}

    def place(path: str) -> tuple[bool, int, int]:
        return (not diagnosis.runs(path), order[path], others.index(path))

    return tuple(sorted(order, key=place)[:_MOST])


def _passed(diagnosis: Diagnosis) -> list[str]:
    """Files on the way of the first failure, the deepest first."""
    failure = diagnosis.failure()
    if failure is None or failure.failure is None:
        return []
    return list(dict.fromkeys(path for path, _line, _name in reversed(failure.failure.frames)))


def _imported(tree: ast.AST | None) -> frozenset[str]:
    """The last names of modules that are imported, and of what is imported from them."""
    found: set[str] = set()
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Import):
            found.update(alias.name.rpartition(".")[2] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").rpartition(".")[2])
            found.update(alias.name for alias in node.names)
    return frozenset(found)


def _name(path: str) -> str:
    file = Path(path)
    return file.parent.name if file.name == "__init__.py" else file.stem


def _is_test(path: str) -> bool:
    file = Path(path)
    parts: Sequence[str] = file.parts[-3:-1]
    name = file.stem
    return (
        name == "conftest"
        or name.startswith("test_")
        or name.endswith("_test")
        or bool(_TEST_FOLDERS.intersection(parts))
    )
