"""Which tests exercise a file, where the person named none."""

from __future__ import annotations

import ast
import os
import re
import shlex
from pathlib import Path

from analysis.environments import environment
from analysis.text.files import read_text, real_path
from repair.source.file import Source

#: Folders that hold no tests of the workspace.
_SKIPPED = frozenset({"node_modules", "site-packages", "__pycache__", "build", "dist", "venv"})
_MOST_FOLDERS = 2000
#: Test files that are taken for those of one function.
_MOST_FILES = 8


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


def file_of_tests(test: str, root: str) -> Path | None:
    """The first file that a test command names, else the test file nearest to ``root``; ``None``
    where there is none."""
    try:
        words = shlex.split(test)
    except ValueError:
        words = []
    named = [real_path(Path(root, word.partition("::")[0])) for word in words]
    files = [path for path in named if path.suffix == ".py" and path.is_file()]
    folders = [path for path in named if path.is_dir()] or [Path(root)]
    here = folders[0] / "tests.py"
    nearest = sorted(_tests(str(folders[0])), key=lambda path: (_distance(path, here), path))
    return next(iter([*files, *nearest]), None)


def find_tests_of(source: Source, name: str, documented: bool, root: str, has_pytest: bool) -> str:
    """A command for the tests of one function, or ``""`` when none are found.

    Test files that name both the function and its module, and the examples of its docstring
    (``documented``). Without pytest the examples of the whole file, else its tests.
    """
    if not has_pytest:
        if documented:
            return f"python -m doctest {_relative(Path(source.path), root)}"
        return find_test_command(source, root, has_pytest)
    path = Path(source.path)
    last = name.rpartition(".")[2]
    words = [re.compile(rf"\b{re.escape(word)}\b") for word in (last, path.stem)]
    found = []
    for test in sorted(_tests(root), key=lambda p: (_distance(p, path), str(p))):
        text = read_text(test)
        if all(word.search(text) for word in words):
            found.append(_relative(test, root))
    command = ["python -m pytest"]
    if documented:
        example = f"{_relative(path, root)}::{module_name(path)}.{name}"
        command += ["--doctest-modules", example]
    command += found[:_MOST_FILES]
    return " ".join(command) if documented or found else ""


def find_tests_reaching(
    source: Source, name: str, documented: bool, root: str, has_pytest: bool
) -> str:
    """A command for the tests that name one function, test by test, and for its examples; that of
    :func:`find_tests_of` where no single test names it."""
    whole = find_tests_of(source, name, documented, root, has_pytest)
    if not has_pytest or not whole:
        return whole
    word = re.compile(rf"\b{re.escape(name.rpartition('.')[2])}\b")
    words: list[str] = []
    for each in shlex.split(whole):
        path = Path(root, each)
        single = _naming(path, word) if each.endswith(".py") and path.is_file() else []
        words += [f"{each}::{test}" for test in single] or [each]
    return shlex.join(words)


def _naming(path: Path, word: re.Pattern[str]) -> list[str]:
    """The tests of a file that name what ``word`` matches, as pytest writes them behind ``::``."""
    try:
        text = read_text(path)
        tree = ast.parse(text)
    except (OSError, SyntaxError, ValueError):
        return []
    found = []
    scopes = [("", tree.body)]
    scopes += [(f"{c.name}::", c.body) for c in tree.body if isinstance(c, ast.ClassDef)]
    for prefix, body in scopes:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                segment = ast.get_source_segment(text, node) or ""
                if node.name.startswith("test") and word.search(segment):
                    found.append(prefix + node.name)
    return found


def module_name(path: Path) -> str:
    """The dotted name of a file in its packages."""
    return ".".join(environment.module_name(path, (str(environment.package_root(path)),)))


def _tests(root: str) -> list[Path]:
    found = []
    for number, (folder, folders, files) in enumerate(os.walk(root)):
        folders[:] = [f for f in folders if f not in _SKIPPED and not f.startswith(".")]
        found += [
            Path(folder, name)
            for name in files
            if name.endswith("_test.py") or (name.startswith("test_") and name.endswith(".py"))
        ]
        if number >= _MOST_FOLDERS:
            break
    return found


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
