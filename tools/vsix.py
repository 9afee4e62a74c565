"""Build the VS Code extension: ``python -m tools.vsix`` writes ``dist/pilotfish-VERSION.vsix``.

The package carries the server as a wheel, so that a machine without one can get it, with the
person's consent, into an environment of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.bootstrap import say
from tools.node import install, node

ROOT = Path(__file__).resolve().parent.parent
EXTENSION = ROOT / "editors" / "vscode"


def bundle() -> None:
    """Check the types and bundle the scripts into ``editors/vscode/dist``."""
    install(EXTENSION)
    node("node_modules/typescript/bin/tsc", "-p", ".", cwd=EXTENSION)
    node("esbuild.mjs", cwd=EXTENSION)


def wheel(folder: Path) -> Path:
    """Build Pilotfish's own wheel into an empty ``folder``."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    options = ["--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, *options, "--wheel-dir", str(folder), str(ROOT)], check=True)
    (built,) = folder.glob("*.whl")
    return built


def package(target: Path) -> Path:
    """Build everything and pack it. Raises ``subprocess.CalledProcessError`` where a tool fails."""
    say("bundling the extension")
    bundle()
    say("building the server's wheel")
    wheel(EXTENSION / "server")
    for lock in ("base", "model"):
        shutil.copy(ROOT / "requirements" / f"{lock}.txt", EXTENSION / "server")
    shutil.copy(ROOT / "LICENSE", EXTENSION / "LICENSE")
    say("packing")
    target.parent.mkdir(parents=True, exist_ok=True)
    options = ["--no-dependencies", "--allow-missing-repository", "--out", str(target)]
    node("node_modules/@vscode/vsce/vsce", "package", *options, cwd=EXTENSION)
    return target


def main() -> int:
    """Build, and print where the package is."""
    from importlib.metadata import version

    try:
        made = package(ROOT / "dist" / f"pilotfish-{version('pilotfish')}.vsix")
    except subprocess.CalledProcessError as error:
        print(error.stdout or "", file=sys.stderr)
        print(f"failed: {' '.join(map(str, error.cmd[:4]))}", file=sys.stderr)
        return 2
    print(os.path.relpath(made))
    return 0


if __name__ == "__main__":
    sys.exit(main())
