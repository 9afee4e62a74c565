"""How often ``check`` cries wolf over code known to work, and what it finds of invented names.

``python -m benchmarks.lint_precision`` looks at packages of the running environment. *Alarms* are
findings there, but for modules that really cannot be imported (an optional dependency that is not
installed). Then names are invented at random sites of the same files (an attribute, a member, a
module or a keyword gets a name that occurs nowhere in its package), and the *recall* is the share
that is found, of all and of those whose set of names is closed.

Rules were tuned on the packages of the first group only; the second group is held out.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from analysis.deadline import Deadline
from analysis.errors import AnalysisError
from analysis.findings import Finding
from analysis.lint.invented import look
from analysis.lint.rules.rule import Site
from analysis.lint.sites import candidates, site_of
from analysis.names import NameSet, Tier
from analysis.semantics.reference import ReferenceProvider
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.tree import parse
from analysis.text import read_file
from benchmarks.report import save, show

TUNED = ("rich", "httpx", "click", "attr", "pygments", "requests", "packaging", "typer")
HELD_OUT = (
    "anyio", "h11", "httpcore", "huggingface_hub", "hypothesis", "importlinter",
    "llama_cpp", "lsprotocol", "markdown_it", "pip", "pluggy", "psutil", "pydantic", "pygls",
    "pytest", "tqdm", "_pytest",
)  # fmt: skip
#: What a model makes of a name that it half remembers.
_TAILS = ("_all", "_by_name", "_now", "_value", "s_list", "_async", "_from_path", "_or_none")
#: Inventions in one file: few, so that one does not hide another.
_PER_FILE = 6
_LARGEST = 120_000


@dataclass
class Tally:
    """What was counted over some files."""

    files: int = 0
    lines: int = 0
    seconds: float = 0.0
    alarms: list[Finding] = field(default_factory=list)
    not_installed: int = 0
    asked: int = 0
    closed: int = 0
    #: By kind of hole: inventions, those with a closed set, those found.
    invented: Counter[str] = field(default_factory=Counter)
    certain: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Add the counts of other files."""
        self.files += other.files
        self.lines += other.lines
        self.seconds += other.seconds
        self.alarms += other.alarms
        self.not_installed += other.not_installed
        self.asked += other.asked
        self.closed += other.closed
        self.invented += other.invented
        self.certain += other.certain
        self.found += other.found


class _Recording:
    """A provider that remembers which holes it answered for certain."""

    def __init__(self, provider: ReferenceProvider) -> None:
        self._provider = provider
        self.closed: set[int] = set()

    def names(self, snapshot: Snapshot, hole: Hole, deadline: Deadline) -> NameSet:
        answer = self._provider.names(snapshot, hole, deadline)
        if answer.tier is Tier.CLOSED:
            self.closed.add(hole.start)
        return answer

    def holds(self, snapshot: Snapshot, hole: Hole, name: str) -> bool:
        return self._provider.holds(snapshot, hole, name)

    def refresh(self) -> None:
        self._provider.refresh()

    def files(self, snapshot: Snapshot) -> frozenset[str]:
        return self._provider.files(snapshot)


@cache
def _provider() -> ReferenceProvider:
    sys.setrecursionlimit(3000)
    return ReferenceProvider(str(Path(tempfile.gettempdir()) / "pilotfish-benchmark-jedi"))


def _files(package: str) -> list[Path]:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.origin:
        return []
    origin = Path(spec.origin)
    if origin.name != "__init__.py":
        return [origin]
    return [p for p in sorted(origin.parent.rglob("*.py")) if p.stat().st_size <= _LARGEST]


def _root(path: Path) -> Path:
    """The folder that holds the file's outermost package."""
    folder = path.parent
    while (folder / "__init__.py").is_file():
        folder = folder.parent
    return folder


def _look(path: Path, seed: int, inventions: int) -> Tally:
    """Look at a file as it is, then with names invented in it."""
    tally = Tally(files=1)
    try:
        text = read_file(path).text
    except AnalysisError:
        return tally
    workspace = Workspace(str(_root(path)), python=sys.executable)
    tally.lines = text.count("\n")
    began = time.perf_counter()
    looked = look(Snapshot(str(path), text, workspace), _provider())
    tally.seconds = time.perf_counter() - began
    tally.asked, tally.closed = looked.asked, looked.closed
    for finding in looked.findings:
        if finding.code == "PF102" and not _importable(finding, text):
            tally.not_installed += 1
        else:
            tally.alarms.append(finding)
    if inventions:
        _invent(path, text, workspace, random.Random(seed), inventions, tally)
    return tally


def _importable(finding: Finding, text: str) -> bool:
    """Whether the module of a finding on an absolute import can really be found."""
    line = parse(text).lines.line(finding.line)[: finding.end_character]
    name = line.split()[-1].rpartition(",")[2] if line.split() else ""
    if not name or name.startswith("."):
        return True
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def _invent(
    path: Path, text: str, workspace: Workspace, rng: random.Random, count: int, tally: Tally
) -> None:
    tree = parse(text)
    chosen: dict[int, Site] = {}
    pool = list(candidates(tree))
    rng.shuffle(pool)
    for candidate in pool:
        site = site_of(tree, candidate)
        if site is None or site.hole.guards:
            continue
        # Two inventions in one statement would hide one another.
        if all(abs(site.hole.start - start) > 200 for start in chosen):
            chosen[site.hole.start] = site
        if len(chosen) == count:
            break
    changed, shift = text, 0
    places: dict[int, HoleKind] = {}
    for start, site in sorted(chosen.items()):
        name = _unused(site.name, text, rng)
        changed = changed[: start + shift] + name + changed[site.hole.end + shift :]
        places[start + shift] = site.hole.kind
        shift += len(name) - len(site.name)
    recording = _Recording(_provider())
    looked = look(Snapshot(str(path), changed, workspace), recording)
    lines = parse(changed).lines
    found = {lines.offset(f.line, f.character) for f in looked.findings}
    for start, kind in places.items():
        tally.invented[kind.value] += 1
        tally.certain[kind.value] += start in recording.closed
        tally.found[kind.value] += start in found


def _unused(name: str, text: str, rng: random.Random) -> str:
    tails = list(_TAILS)
    rng.shuffle(tails)
    return next((name + tail for tail in tails if name + tail not in text), name + "_qqx")


def _batches(packages: Sequence[str], most: int) -> Iterator[Path]:
    for package in packages:
        files = _files(package)
        random.Random(package).shuffle(files)
        total = 0
        for path in files:
            if total > most:
                break
            total += path.stat().st_size // 38  # bytes a line, about
            yield path


def measure(packages: Sequence[str], most: int, inventions: int, jobs: int) -> Tally:
    """The tally over ``packages``, of each about ``most`` lines at random files."""
    total = Tally()
    paths = list(_batches(packages, most))
    with ProcessPoolExecutor(jobs) as workers:
        for tally in workers.map(
            _look, paths, range(len(paths)), [inventions] * len(paths), chunksize=1
        ):
            total.add(tally)
    return total


def main() -> int:
    """Measure both groups and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", nargs="+", help="these instead of the two groups")
    parser.add_argument("--lines", type=int, default=12_000, help="about so many of each package")
    parser.add_argument("--inventions", type=int, default=_PER_FILE, help="in each file")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    groups = {"tuned": TUNED, "held out": HELD_OUT}
    if options.packages:
        groups = {"chosen": tuple(options.packages)}
    result: dict[str, object] = {}
    alarms, recalls = [], []
    for name, packages in groups.items():
        tally = measure(packages, options.lines, options.inventions, options.jobs)
        rate = 20_000 * len(tally.alarms) / max(1, tally.lines)
        alarms.append(
            (
                name, tally.files, tally.lines, len(tally.alarms), f"{rate:.2f}",
                tally.not_installed, f"{tally.closed / max(1, tally.asked):.0%}",
                f"{tally.lines / max(tally.seconds, 1e-9):.0f}",
            )
        )  # fmt: skip
        for kind in sorted(tally.invented):
            total, certain, found = (c[kind] for c in (tally.invented, tally.certain, tally.found))
            recalls.append(
                (
                    f"{name}: {kind}", total, certain, found, f"{found / total:.0%}",
                    f"{found / certain:.0%}" if certain else "-",
                )
            )  # fmt: skip
        result[name] = {
            "packages": packages,
            "files": tally.files,
            "lines": tally.lines,
            "alarms": [f"{f.path}:{f.line + 1}: {f.code} {f.message}" for f in tally.alarms],
            "alarms_per_20000_lines": rate,
            "not_installed": tally.not_installed,
            "lines_per_second": tally.lines / max(tally.seconds, 1e-9),
            "invented": tally.invented,
            "closed": tally.certain,
            "found": tally.found,
        }
        for finding in tally.alarms:
            print(f"{finding.path}:{finding.line + 1}: {finding.code} {finding.message}")
    show(
        "False alarms over code that works",
        (
            "packages",
            "files",
            "lines",
            "alarms",
            "per 20,000",
            "not installed",
            "closed",
            "lines/s",
        ),
        alarms,
    )
    show(
        "Invented names",
        ("packages: kind", "invented", "closed", "found", "of all", "of closed"),
        recalls,
    )
    print(save("lint_precision", result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
