"""Packages from the registry in a virtual environment of the benchmarks' own, in exact versions."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import RESULTS


@dataclass(frozen=True, slots=True)
class Installed:
    """A virtual environment: its interpreter, and the folders that packages are looked for in."""

    python: Path
    folders: tuple[Path, ...]


def install(requirements: Sequence[str], name: str) -> Installed:
    """The environment ``name`` with ``requirements`` (``package==version``) in it.

    Made at first use, kept among this machine's results; raises ``CalledProcessError``.
    """
    folder = RESULTS / "venvs" / name
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    stamp = folder / "requirements"
    wanted = "\n".join(requirements)
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *requirements], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    asked = "import sysconfig as s; p = s.get_paths(); print(p['purelib'], p['stdlib'], sep='\\n')"
    told = subprocess.run([str(python), "-I", "-c", asked], check=True, capture_output=True)
    return Installed(python, tuple(map(Path, told.stdout.decode().splitlines())))
