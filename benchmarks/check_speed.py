"""How fast ``pilotfish check`` is: cold, with what it remembers, and after an edit.

``python -m benchmarks.check_speed`` runs the command, start-up and ruff included, each time in a
fresh process: over copies of packages of the running environment with an empty cache folder
(*cold*), and over one project of about ``--project-lines`` lines made of several packages: cold,
with nothing changed, after an edit inside one function, and after a new function in one file,
which others may see. *s* is wall time; *a core* divides lines by the processor time of all
processes, which a busy machine changes less.

``--peers`` measures beside ty, basedpyright and pyrefly instead (``benchmarks.check_peers``).
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.check_peers import beside
from benchmarks.report import save, show

PACKAGES = ("click", "httpx", "rich")
#: What the large project is made of, until it has enough lines.
PROJECT = ("rich", "httpx", "click", "_pytest", "huggingface_hub", "pydantic", "hypothesis", "pip")
_COUNTED = re.compile(r"in (\d+) files?, (?:(\d+) from cache, )?")


@dataclass(frozen=True, slots=True)
class _Run:
    """Wall and processor time of one run in seconds, and how many files were looked at."""

    seconds: float
    processor: float
    looked_at: int


def packages(chosen: list[str]) -> list[dict[str, Any]]:
    """Cold runs over each package."""
    results: list[dict[str, Any]] = []
    for package in chosen:
        with tempfile.TemporaryDirectory() as folder:
            root, cache = Path(folder, "project"), Path(folder, "cache")
            lines, files = copy([package], root, sys.maxsize)
            run = _check(root, cache)
            results.append(
                {"package": package, "files": files, "lines": lines, "cold": asdict(run)}
            )
    return results


def project(lines: int) -> dict[str, Any]:
    """Runs over one project of about ``lines`` lines."""
    with tempfile.TemporaryDirectory() as folder:
        root, cache = Path(folder, "project"), Path(folder, "cache")
        total, files = copy(list(PROJECT), root, lines)
        runs = {"cold": _check(root, cache), "nothing changed": _check(root, cache)}
        sizes = sorted((p.stat().st_size, p) for p in root.rglob("*.py"))
        edited = sizes[len(sizes) // 2][1]  # a file of median size
        text = edited.read_text(encoding="utf-8")
        edited.write_text(f"{text}\n# an edit that no other file can see\n", encoding="utf-8")
        runs["an edit inside one file"] = _check(root, cache)
        edited.write_text(f"{text}\n\ndef added(size):\n    return size\n", encoding="utf-8")
        runs["a new function in it"] = _check(root, cache)
    return {
        "lines": total,
        "files": files,
        "edited": edited.name,
        "edited_lines": text.count("\n"),
        "runs": {name: asdict(run) for name, run in runs.items()},
    }


def copy(names: list[str], root: Path, most: int) -> tuple[int, int]:
    """Copy packages into a workspace until it has ``most`` lines; its lines and files."""
    (root / ".git").mkdir(parents=True)
    lines = files = 0
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise SystemExit(f"{name} is not installed")
        for source in sorted(Path(spec.origin).parent.rglob("*.py")):
            if lines >= most:
                break
            target = root / name / source.relative_to(Path(spec.origin).parent)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
            lines += source.read_bytes().count(b"\n")
            files += 1
    return lines, files


def _check(root: Path, cache: Path) -> _Run:
    """One run over ``root``."""
    command = [
        str(Path(sys.executable).parent / "pilotfish"), "check", ".", "--json",
        "--python", sys.executable,
    ]  # fmt: skip
    began, spent = time.perf_counter(), _processor()
    done = subprocess.run(
        command,
        cwd=root,
        env={**os.environ, "XDG_CACHE_HOME": str(cache), "COLUMNS": "200"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    seconds, processor = time.perf_counter() - began, _processor() - spent
    counted = _COUNTED.search(done.stderr)
    if done.returncode not in (0, 1) or counted is None:
        raise SystemExit(f"check: exit {done.returncode}: {done.stderr[-1000:]}")
    return _Run(seconds, processor, int(counted[1]) - int(counted[2] or 0))


def _processor() -> float:
    """Seconds of processor time of the processes that have ended."""
    times = os.times()
    return times.children_user + times.children_system


_COLUMNS = ("looked at", "s", "processor s", "lines/s", "a core")


def _cells(lines: int, run: dict[str, Any]) -> tuple[object, ...]:
    seconds, processor = run["seconds"], run["processor"]
    rates = (f"{lines / seconds:.0f}", f"{lines / processor:.0f}")
    return run["looked_at"], f"{seconds:.2f}", f"{processor:.2f}", *rates


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", nargs="*", default=list(PACKAGES))
    parser.add_argument(
        "--project-lines", type=int, default=50_000, help="0 leaves the large project out"
    )
    parser.add_argument("--peers", action="store_true", help="other checkers on the same files")
    parser.add_argument("--seed", type=int, default=1, help="of the packages drawn for --peers")
    parser.add_argument("--count", type=int, default=8, help="packages to draw for --peers")
    options = parser.parse_args()
    document: dict[str, object] = {"cores": os.cpu_count()}
    if options.peers:
        document |= beside(options.project_lines, options.count, options.seed)
        print(save("check_peers", document))
        return 0
    if options.packages:
        document["packages"] = results = packages(options.packages)
        rows = [
            (r["package"], r["files"], r["lines"], *_cells(r["lines"], r["cold"])) for r in results
        ]
        show("Cold", ("package", "files", "lines", *_COLUMNS), rows)
    if options.project_lines:
        document["project"] = large = project(options.project_lines)
        show(
            f"A project of {large['lines']:,} lines in {large['files']} files",
            ("run", *_COLUMNS),
            [(name, *_cells(large["lines"], run)) for name, run in large["runs"].items()],
        )
    print(save("check_speed", document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
