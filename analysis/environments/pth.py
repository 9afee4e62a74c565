"""What installed packages add to ``sys.path``, read without running anything.

``site`` of the standard library executes lines of ``.pth`` files that begin with ``import``; here
they are ignored, except that the finder modules which setuptools writes for editable installs are
parsed for their literal ``MAPPING``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from analysis.text.files import is_file, is_folder, read_text, real_path

#: A ``.pth`` or finder file larger than this is no such file.
_MAX_BYTES = 1_000_000


def added_folders(site_packages: Path) -> list[str]:
    """Existing folders that the ``.pth`` files of ``site_packages`` add, in order, once each."""
    found: dict[str, None] = {}
    try:
        files = sorted(site_packages.glob("*.pth"))
        finders = sorted(site_packages.glob("__editable__*_finder.py"))
    except OSError:
        return []
    for file in files:
        for line in _text(file).splitlines():
            line = line.strip()
            if line and not line.startswith(("#", "import ", "import\t")):
                folder = (site_packages / line).absolute()
                if is_folder(folder):
                    found[str(real_path(folder))] = None
    for finder in finders:
        for package, place in _mapping(finder):
            path = Path(place)
            above = real_path(path).parents
            depth = package.count(".")
            if path.name.removesuffix(".py") != package.rpartition(".")[2] or depth >= len(above):
                continue
            if is_file(path) or is_folder(path):
                found[str(above[depth])] = None
    return list(found)


def _mapping(finder: Path) -> Iterator[tuple[str, str]]:
    try:
        module = ast.parse(_text(finder))
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in module.body:
        target: ast.expr
        if isinstance(node, ast.AnnAssign):
            target, value = node.target, node.value
        elif isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
        else:
            continue
        if isinstance(target, ast.Name) and target.id == "MAPPING" and isinstance(value, ast.Dict):
            for key, item in zip(value.keys, value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(item, ast.Constant):
                    yield str(key.value), str(item.value)


def _text(path: Path) -> str:
    try:
        return read_text(path, _MAX_BYTES)
    except OSError:
        return ""
