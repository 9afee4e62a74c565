"""How fast ``pilotfish check`` is, from a cold start: lines a second, and a second and core.

``python -m benchmarks.check_speed`` runs the command over copies of packages of the running
environment, each in a fresh process with an empty cache of jedi's (*cold*) and once more with the
cache filled (*warm*). Time is wall time of the whole command, start-up and ruff included.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import save, show

PACKAGES = ("click", "httpx", "rich")


def measure(package: str, runs: int) -> dict[str, object]:
    """Seconds of cold and warm runs over a copy of ``package``, and what they looked at."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is not installed")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copytree(
            Path(spec.origin).parent,
            root / package,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        (root / ".git").mkdir()
        files = list(root.rglob("*.py"))
        lines = sum(path.read_bytes().count(b"\n") for path in files)
        cold, warm = [], []
        for run in range(runs):
            cache = root / f"cache{run}"
            cold.append(_seconds(root, package, cache))
            warm.append(_seconds(root, package, cache))
    return {
        "package": package,
        "files": len(files),
        "lines": lines,
        "cold_seconds": min(cold),
        "warm_seconds": min(warm),
        "workers": min(os.cpu_count() or 1, 8, len(files)),
    }


def _seconds(root: Path, package: str, cache: Path) -> float:
    command = [
        sys.executable, "-m", "pilotfish.main", "check", package, "--json",
        "--python", sys.executable,
    ]  # fmt: skip
    began = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=root,
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr.decode()
    return time.perf_counter() - began


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", nargs="+", default=PACKAGES)
    parser.add_argument("--runs", type=int, default=1, help="the quickest of so many counts")
    options = parser.parse_args()
    results = [measure(package, options.runs) for package in options.packages]
    rows = []
    for r in results:
        lines, workers = int(str(r["lines"])), int(str(r["workers"]))
        cold, warm = (float(str(r[f"{kind}_seconds"])) for kind in ("cold", "warm"))
        rows.append(
            (
                r["package"], r["files"], lines, f"{cold:.1f}", f"{lines / cold:.0f}",
                f"{lines / cold / workers:.0f}", f"{warm:.1f}", f"{lines / warm:.0f}",
            )
        )  # fmt: skip
    show(
        "pilotfish check",
        ("package", "files", "lines", "cold s", "lines/s", "a core", "warm s", "lines/s"),
        rows,
    )
    print(save("check_speed", {"packages": results}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
