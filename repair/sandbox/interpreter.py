"""Which files a Python needs to run, so that the sandbox can show these and no more of a home.

Learns nothing by starting it: ``analysis.environments`` has done that where it may be done.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from analysis.environments.boundaries import holds_python, may_be_base
from analysis.environments.environment import Environment, Origin
from analysis.text.files import first_bytes, is_file, is_folder
from repair.errors import RepairError

#: The first Python whose tests can be run: what runs beside them (``probe``) is written for it.
OLDEST = (3, 8)
_MACHINE = ("/usr", "/lib", "/lib64", "/bin", "/sbin")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python as the sandbox starts it.

    ``executable`` is an absolute path, links kept (a virtual environment is known by them).
    ``folders`` are what it reads from, outside the folders every sandbox shows: its prefix, the
    prefix of the Python it is based on, site-packages and the sources of editable installs.
    ``named`` tells whether a person chose it or a search did.
    """

    executable: str
    version: tuple[int, int, int]
    folders: tuple[str, ...]
    named: bool = False

    @property
    def bin(self) -> str:
        """The folder that goes first on ``PATH``."""
        return str(Path(self.executable).parent)


def interpreter_of(environment: Environment) -> Interpreter:
    """The interpreter of ``environment``, with the folders that it reads.

    Where it was read and not started, its links are its author's text:
    :mod:`analysis.environments.boundaries` says how far they may lead.
    Raises :class:`~repair.errors.RepairError` for a Python that is too old.
    """
    if too_old(environment):
        raise RepairError(
            f"tests run with Python 3.8 to 3.14, and this is Python {environment.version_text}",
            where=environment.executable,
            help="name another interpreter with --python",
        )
    executable = _real_binary(environment)
    prefixes = [*_prefixes(executable), _prefix_of_library(Path(environment.stdlib))]
    within = environment.within
    shown = [str(p) for p in prefixes if p is not None and may_be_base(p, within)]
    wanted = [*shown, *environment.sys_path]
    return Interpreter(
        executable=str(executable),
        version=environment.version,
        folders=_outermost(wanted),
        named=environment.origin is not Origin.PATH and environment.origin is not Origin.OWN,
    )


def too_old(environment: Environment) -> bool:
    """Whether tests cannot run under this Python."""
    return environment.version[:2] < OLDEST


def is_environment(folder: Path) -> bool:
    """Whether ``folder`` holds what was installed: a Python's prefix, or its packages."""
    return (
        is_file(folder / "pyvenv.cfg")
        or folder.name in ("site-packages", "dist-packages")
        or holds_python(folder)
    )


def _real_binary(environment: Environment) -> Path:
    """The binary itself: a version manager's shim is a script that needs the manager's files."""
    executable = Path(environment.executable)
    try:
        script = first_bytes(executable, 2) == b"#!"
    except OSError:
        script = False
    if script:
        prefix = _prefix_of_library(Path(environment.stdlib))
        major, minor, _ = environment.version
        for name in (f"python{major}.{minor}", "python3", "python"):
            if prefix is not None and is_file(prefix / "bin" / name):
                return prefix / "bin" / name
    return executable


def _prefixes(executable: Path) -> list[Path]:
    """The prefix at each step from a virtual environment's link to the real binary."""
    found = []
    for _ in range(16):
        prefix = executable.parent.parent
        if str(prefix) != "/" and is_environment(prefix):
            found.append(prefix)
        if not os.path.islink(executable):  # noqa: PTH114 - pathlib raises where one is closed
            break
        executable = executable.parent / executable.readlink()
    return found


def _prefix_of_library(stdlib: Path) -> Path | None:
    prefix = stdlib.parent.parent
    return prefix if is_folder(prefix / "bin") and holds_python(prefix) else None


def _outermost(folders: list[str]) -> tuple[str, ...]:
    """The folders that no other one holds and that the sandbox does not show anyway."""
    unique = dict.fromkeys(str(Path(folder)) for folder in folders)
    kept = []
    for folder in unique:
        others = [other for other in unique if other != folder]
        if not any(_below(folder, other) for other in (*_MACHINE, *others)):
            kept.append(folder)
    return tuple(kept)


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
