"""Which tests exercise a file, where the person named none."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from repair.source import Source

#: Folders that hold no tests of the workspace.
_SKIPPED = frozenset({"node_modules", "site-packages", "__pycache__", "build", "dist", "venv"})
_MOST_FOLDERS = 2000


def find_test_command(source: Source, root: str, has_pytest: bool) -> str:
    """A command for the tests of ``source``'s file, or ``""`` when none are found.

    The file itself if it holds tests; else ``test_NAME.py`` or ``NAME_test.py``, the nearest
    first; else its docstrings' examples.
    """
    path = Path(source.path)
    runner = "python -m pytest" if has_pytest else "python -m unittest"
    if "def test_" in source.text or "unittest.TestCase" in source.text:
        return f"{runner} {_relative(path, root)}"
    names = {f"test_{path.stem}.py", f"{path.stem}_test.py", f"tests_{path.stem}.py"}
    found = sorted(_named(root, names), key=lambda p: (_distance(p, path), str(p)))
    if found:
        return f"{runner} {_relative(found[0], root)}"
    if ">>> " in source.text:
        return f"python -m doctest {_relative(path, root)}"
    return ""


def _named(root: str, names: set[str]) -> list[Path]:
    found = []
    for number, (folder, folders, files) in enumerate(os.walk(root)):
        folders[:] = [f for f in folders if f not in _SKIPPED and not f.startswith(".")]
        found += [Path(folder, name) for name in names & set(files)]
        if number >= _MOST_FOLDERS:
            break
    return found


def _distance(one: Path, other: Path) -> int:
    """Steps from one folder to the other, up and down."""
    a, b = one.parent.parts, other.parent.parts
    shared = len(Path(os.path.commonpath([one.parent, other.parent])).parts)
    return len(a) + len(b) - 2 * shared


def _relative(path: Path, root: str) -> str:
    return shlex.quote(os.path.relpath(path, root))
