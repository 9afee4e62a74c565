"""Packages and programs from the registry in virtual environments of the benchmarks' own.

Nothing that a benchmark needs besides Pilotfish is installed beside Pilotfish. An environment is
made at first use and kept among this machine's results; asking for other requirements makes it
anew.
"""

from __future__ import annotations

import re
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

from benchmarks.report import RESULTS

#: Distributions whose package has another name, and that package.
IMPORTED_AS = {
    "alive-progress": "alive_progress", "attrs": "attr", "beautifulsoup4": "bs4",
    "dnspython": "dns", "gitpython": "git", "ipython": "IPython", "poetry-core": "poetry",
    "pydantic-settings": "pydantic_settings", "pyjwt": "jwt", "pyserial": "serial",
    "python-dateutil": "dateutil", "python-docx": "docx", "pyyaml": "yaml",
}  # fmt: skip
_DISTRIBUTIONS = {package: name for name, package in IMPORTED_AS.items()}


@dataclass(frozen=True, slots=True)
class Installed:
    """A virtual environment: its interpreter, and the folders that packages are looked for in, the
    installed ones before the standard library."""

    python: Path
    folders: tuple[Path, ...]

    def program(self, name: str) -> Path:
        """A command that one of the packages brings."""
        return self.python.with_name(f"{name}.exe" if sys.platform == "win32" else name)

    def version(self, distribution: str) -> str:
        """The version of an installed distribution; ``""`` where it is not there."""
        name = re.sub(r"[-_.]+", "-", distribution).lower()
        for each in distributions(path=[str(self.folders[0])]):
            if re.sub(r"[-_.]+", "-", each.name).lower() == name:
                return each.version
        return ""


def install(requirements: Sequence[str], name: str) -> Installed:
    """The environment ``name`` with ``requirements`` in it, as pip takes them.

    Raises ``CalledProcessError`` where one cannot be installed; pip has said why.
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


def python_with(packages: Sequence[str], name: str) -> Path:
    """An interpreter that can import ``packages``: this one, or that of the environment ``name``.

    Raises ``CalledProcessError`` where one cannot be installed.
    """
    if all(find_spec(package) is not None for package in packages):
        return Path(sys.executable)
    foreign = [p for p in packages if p not in sys.stdlib_module_names]
    return install([distribution(package) for package in foreign], name).python


def distribution(package: str) -> str:
    """What a package that is imported as ``package`` is installed by."""
    return _DISTRIBUTIONS.get(package, package)
