"""Build hook of the wheel: the rooms become private packages below ``pilotfish``.

The repository keeps its rooms (``analysis``, ``engine`` …) as top-level folders. An installation
must not: such names collide with packages of a user's project, and make ``import analysis`` look
real to our own check. So the wheel holds them as ``pilotfish._rooms.analysis`` and so on, and each
import statement is rewritten to match, as pip does for what it vendors. The line numbers stay.
"""

from __future__ import annotations

import ast
import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOMS = ("analysis", "decoding", "repair", "engine", "lsp_server")
PRIVATE = "pilotfish._rooms"
_FRONT = (
    '"""The rooms of Pilotfish. Private: import ``pilotfish.monitors``, nothing from here."""\n'
)


class NotPortableError(Exception):
    """A file that names a room in a way that the wheel cannot follow; the message says where."""


def installed(text: str, where: str) -> str:
    """``text``, a module of ours, with imports of rooms as they are in an installation.

    Raises :class:`NotPortableError` where a room is named in a form that is not rewritten.
    """
    lines = list(io.StringIO(text))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and _room(node.module):
            old, new = f"from {node.module} ", f"from {PRIVATE}.{node.module} "
        elif isinstance(node, ast.Import) and any(_room(alias.name) for alias in node.names):
            alias = node.names[0]
            if len(node.names) > 1 or ("." in alias.name and alias.asname is None):
                raise NotPortableError(f"{where}:{node.lineno}: write 'from … import …'")
            package, _, name = f"{PRIVATE}.{alias.name}".rpartition(".")
            old, new = f"import {alias.name}", f"from {package} import {name}"
        elif isinstance(node, ast.Constant) and _names_a_module(node.value):
            raise NotPortableError(
                f"{where}:{node.lineno}: {node.value!r} is called otherwise when installed: "
                "derive it from __package__"
            )
        else:
            continue
        line = lines[node.lineno - 1]
        lines[node.lineno - 1] = line[: node.col_offset] + line[node.col_offset :].replace(
            old, new, 1
        )
    return "".join(lines)


def files(root: Path) -> Iterator[tuple[Path, str]]:
    """Every file of an installation, with its path in the wheel."""
    for package in (*ROOMS, "pilotfish"):
        for path in sorted((root / package).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                place = path.relative_to(root).as_posix()
                yield path, place if package == "pilotfish" else f"pilotfish/_rooms/{place}"


def lay_out(root: Path, target: Path) -> None:
    """Write the installation's form of the repository at ``root`` below ``target``."""
    for path, place in files(root):
        to = target / place
        to.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".py":
            text = installed(path.read_text(encoding="utf-8"), os.path.relpath(path, root))
            to.write_text(text, encoding="utf-8")
        else:
            to.write_bytes(path.read_bytes())
    (target / "pilotfish" / "_rooms" / "__init__.py").write_text(_FRONT, encoding="utf-8")


def _room(module: str | None) -> bool:
    return module is not None and module.partition(".")[0] in ROOMS


def _names_a_module(value: object) -> bool:
    """Whether a literal is a module of a room, or a program that imports one."""
    if not isinstance(value, str) or "\n" in value:
        return False
    words = value.split()
    if len(words) == 1:
        dotted = words[0].split(".")
        here = Path(__file__).resolve().parent.parent.joinpath(*dotted)
        return (
            _room(value)
            and len(dotted) > 1
            and (here.is_dir() or here.with_suffix(".py").is_file())
        )
    return len(words) == 2 and words[0] == "import" and _room(words[1])


class RoomsHook(BuildHookInterface[Any]):
    """What hatchling calls; an editable installation keeps the folders as they are."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Hand over the files of the wheel."""
        if version == "editable":
            return
        self._folder = tempfile.TemporaryDirectory()
        made = Path(self._folder.name)
        lay_out(Path(self.root), made)
        build_data["force_include"][str(made / "pilotfish")] = "pilotfish"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was written for the build."""
        if version != "editable":
            self._folder.cleanup()
