"""Make the virtual environment: says what is missing before it spends minutes.

Run by ``make setup`` with the system's Python; standard library only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MINIMUM = (3, 11)
#: The model (0.5 GB), the build of llama.cpp and the packages.
NEEDED_BYTES = 4 * 1024**3
#: Everything that is fetched has a hash in the lock; the project is then built by what is there.
STEPS = (
    ["--require-hashes", "-r", "requirements/dev.txt"],
    ["--no-deps", "--no-build-isolation", "-e", "."],
)


def missing() -> list[str]:
    """What this machine lacks, each with its fix."""
    lacks = []
    if sys.version_info < MINIMUM:
        lacks.append(
            f"Python {'.'.join(map(str, MINIMUM))} or newer; this is {sys.version.split()[0]}: "
            "run make PYTHON=/path/to/python3.11"
        )
    if not any(shutil.which(name) for name in ("c++", "g++", "clang++")):
        lacks.append("a C++ compiler for llama.cpp: apt-get install g++")
    if not any(shutil.which(name) for name in ("cc", "gcc", "clang")):
        lacks.append("a C compiler for llama.cpp: apt-get install gcc")
    if not shutil.which("git"):
        lacks.append("git, which diffs and patches are checked with: apt-get install git")
    free = shutil.disk_usage(ROOT).free
    if free < NEEDED_BYTES:
        lacks.append(f"{(NEEDED_BYTES - free) >> 20} MiB more of disk at {ROOT}")
    return lacks


def say(text: str) -> None:
    """Print progress on standard error."""
    print(
        f"\033[36m[setup]\033[0m {text}" if sys.stderr.isatty() else f"[setup] {text}",
        file=sys.stderr,
        flush=True,
    )


def main(target: Path) -> int:
    """Create ``target`` and install Pilotfish with all extras into it."""
    lacks = missing()
    if lacks:
        for lack in lacks:
            print(f"missing: {lack}", file=sys.stderr)
        return 2
    python = target / "bin" / "python"
    if not python.exists():
        say(f"creating {target}")
        try:
            venv.create(target, with_pip=True)
        except subprocess.CalledProcessError:
            print("missing: the venv module: apt-get install python3-venv", file=sys.stderr)
            return 2
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    say("installing pilotfish (llama.cpp is built from source the first time: about 5 minutes)")
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        for words in STEPS:
            done = subprocess.run(
                [*pip, *words],
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
            if done.returncode:
                log.seek(0)
                sys.stderr.write(log.read()[-6000:])
                say("the installation failed; what pip said is above")
                return 2
    warm(python)
    return 0


def warm(python: Path) -> None:
    """Let pytest keep its plugins as it rewrites them, also where Python is told to write no byte
    code: otherwise each start of a test takes twice as long. What fails here costs time alone."""
    writing = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as empty:
        subprocess.run(
            [
                str(python.absolute()),
                "-m",
                "pytest",
                "--collect-only",
                "-q",
                "-p",
                "no:cacheprovider",
            ],
            cwd=empty,
            env=writing,
            capture_output=True,
            check=False,
        )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
