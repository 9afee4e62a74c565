"""How true the call graph is: calls that really happen against the edges that Pilotfish finds.

``python -m benchmarks.callgraph`` runs the tests of packages (their source distributions, fetched
by pip at pinned versions, one project of this repository and one package of the standard library)
under ``sys.setprofile`` and writes down which function of the package called which. Then

- *recall* is the share of these (caller, callee) pairs that the graph has, by any edge and by
  ``exact`` ones alone. Nothing is left out that Python runs: properties, operators, ``with``,
  decorators' wrappers, dispatch to subclasses and callbacks count.
- *against* looks at every ``exact`` edge whose line was executed while something of the same
  bare name was called from there: how many of them never led to their target.

- *checked* is the precision of ``exact`` edges on the hand-checked ones of
  ``corpora/callgraph/sample.json``: of those that the graph has, how many are right.

``--jedi N`` asks jedi alone for N of the observed pairs, ``--peer`` runs pyan3 (static analysis by
names) on the same packages in an environment of its own. Running a package's tests runs its code:
this is the benchmark's doing; the graph itself only reads.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from analysis.graph import Graph
from analysis.graph.queries.cypher import joined
from analysis.snapshot import Workspace
from benchmarks.callgraph_peers import by_jedi, by_pyan
from benchmarks.report import save, show

HERE = Path(__file__).parent
SAMPLE = HERE / "corpora" / "callgraph" / "sample.json"
CACHE = Path(platformdirs.user_cache_dir("pilotfish")) / "benchmarks" / "callgraph"

#: (file, qualified name within it) of caller and callee.
Function = tuple[str, str]
Pair = tuple[Function, Function]
#: Caller's file, qualified name and line; callee's file and qualified name.
Observed = tuple[str, str, int, str, str]


@dataclass(frozen=True)
class Subject:
    """A package and its tests: ``requirement`` for pip, ``""`` for what is here already."""

    name: str
    requirement: str = ""
    root: str = ""
    package: str = ""
    tests: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


SUBJECTS = (
    Subject("depot", root=str(HERE / "corpora/fresh_bugs/project"), package="depot",
            tests=("tests",)),
    Subject("h11", "h11==0.16.0", package="h11", tests=("h11/tests",)),
    Subject("click", "click==8.5.1", package="src/click", tests=("tests",)),
    Subject("jinja2", "jinja2==3.1.6", package="src/jinja2", tests=("tests",),
            without=("test_async.py", "test_async_filters.py")),
    Subject("parso", "parso==0.8.7", package="parso", tests=("test",)),
    Subject("email", root=str(Path(os.__file__).parent), package="email",
            tests=("test/test_email",)),
)  # fmt: skip


@dataclass
class Measured:
    """What one package gave."""

    name: str
    observed: set[Pair]
    lines: dict[tuple[str, int], set[Function]]
    edges: dict[str, set[Pair]]
    exact_at: list[tuple[str, int, Function]]
    #: (qualified name of the caller, of the callee, line, character) of every exact call.
    named: set[tuple[str, str, int, int]]
    seconds: float
    extra: dict[str, object] = field(default_factory=dict)


def fetch(subject: Subject) -> Path:
    """The folder of a subject's source distribution, fetched once."""
    if not subject.requirement:
        return Path(subject.root)
    place = CACHE / subject.requirement
    if not place.is_dir():
        with tempfile.TemporaryDirectory() as folder:
            name = subject.requirement.partition("==")[0]
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            command += ["--no-binary", name, "-d", folder, subject.requirement]
            subprocess.run(command, check=True)
            [archive] = Path(folder).glob("*.tar.gz")
            part = place.with_name(place.name + ".part")
            with tarfile.open(archive) as tar:
                tar.extractall(part, filter="data")
            part.replace(place)
    [inner] = [p for p in place.iterdir() if p.is_dir()]
    return inner


def observe(subject: Subject, root: Path, seconds: int) -> list[Observed]:
    """Run the tests of ``subject`` under the probe, one file of them after the other.

    What a file gave is kept for the next time; one that needs longer than ``seconds`` is ended,
    and what it had called by then counts.
    """
    rows: set[Observed] = set()
    # What was seen names files: those of another checkout are not these.
    mark = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:8]
    for test in _test_files(subject, root):
        kept = CACHE / "observed" / f"{subject.name}-{mark}" / f"{test.stem}.json"
        if not kept.is_file():
            kept.parent.mkdir(parents=True, exist_ok=True)
            _run(subject, root, test, kept, seconds)
        if kept.is_file():
            rows.update(tuple(row) for row in json.loads(kept.read_text("utf-8")))
    if not rows:
        raise SystemExit(f"the tests of {subject.name} called nothing; do they run?")
    tests = [str((root / t).resolve()) + os.sep for t in subject.tests]
    return sorted(r for r in rows if not any(f.startswith(t) for t in tests for f in (r[0], r[3])))


def _test_files(subject: Subject, root: Path) -> list[Path]:
    found = [p for t in subject.tests for p in sorted((root / t).rglob("test*.py"))]
    return [p for p in found if p.name not in subject.without]


def _run(subject: Subject, root: Path, test: Path, kept: Path, seconds: int) -> None:
    package = root / subject.package
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "call_probe", "-p", "no:cacheprovider",
        "-W", "ignore", "--rootdir", str(root), "-c", os.devnull, str(test),
    ]  # fmt: skip
    variables = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(HERE), str(package.parent), str(root)]),
        "CALL_PROBE_PACKAGE": str(package),
        "CALL_PROBE_OUT": str(kept),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    process = subprocess.Popen(
        command, cwd=root, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.terminate()  # the probe writes what it has
        try:
            said, _ = process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
    last = said.decode(errors="replace").strip().splitlines()[-1:]
    print(f"  {subject.name} {test.stem}: {' '.join(last)}", flush=True)


def measure(subject: Subject, root: Path, limit: int) -> Measured:
    """Observe, index, and bring both to the same names."""
    rows = observe(subject, root, limit)
    package = (root / subject.package).resolve()
    with tempfile.TemporaryDirectory() as cache:
        began = time.perf_counter()
        with Graph(Workspace(str(package)), Path(cache)) as graph:
            graph.refresh()
            seconds = time.perf_counter() - began
            db = graph.store.db
            functions: dict[int, Function] = {
                number: (path, qualname)
                for number, path, qualname in db.execute(
                    "SELECT n.id, f.path, n.qualname FROM node n JOIN file f ON f.id = n.file"
                )
            }
            qualified = dict(db.execute("SELECT id, qualified_name FROM node"))
            edges: dict[str, set[Pair]] = defaultdict(set)
            exact_at, named = [], set()
            for source, target, relation, place in joined(db):
                if relation != "USES" or place[0] not in ("call", "decorate", "raise"):
                    continue
                if source in functions and target in functions:
                    pair = functions[source], functions[target]
                    edges[place[1]].add(pair)
                    if place[1] == "exact":
                        exact_at.append((pair[0][0], place[2] + 1, pair[1]))
                        named.add((qualified[source], qualified[target], place[2], place[3]))
    observed = {((a, b), (c, d)) for a, b, _, c, d in rows}
    lines: dict[tuple[str, int], set[Function]] = defaultdict(set)
    for a, _, line, c, d in rows:
        lines[a, line].add((c, d))
    return Measured(subject.name, observed, lines, edges, exact_at, named, seconds)


def contradicted(measured: Measured) -> tuple[int, int]:
    """(edges whose line called something else of that name, edges whose line called such)."""
    against = of = 0
    for path, line, (file, name) in measured.exact_at:
        bare = name.rpartition(".")[2]
        called = {f for f in measured.lines.get((path, line), ()) if _bare(f) == bare}
        if called:
            of += 1
            against += (file, name) not in called
    return against, of


def checked(measured: Measured) -> tuple[int, int]:
    """(right, of so many) of the hand-checked edges of a package that the graph has."""
    rows = json.loads(SAMPLE.read_text(encoding="utf-8"))
    found = [
        row["right"]
        for row in rows
        if row["package"] == measured.name
        and (row["source"], row["target"], row["line"], row["character"]) in measured.named
    ]
    return sum(found), len(found)


def _bare(function: Function) -> str:
    return function[1].rpartition(".")[2]


def missed(measured: Measured, count: int) -> list[str]:
    """Observed pairs that no edge has, as text."""
    known = set().union(*measured.edges.values())
    rest = sorted(measured.observed - known)
    random.Random(1).shuffle(rest)
    return [
        f"{Path(a).name}:{b} -> {Path(c).name}:{d}" for (a, b), (c, d) in rest[:count]
    ]  # fmt: skip


def _percent(share: object) -> str:
    return f"{share:.1%}" if isinstance(share, float) else ""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = [subject.name for subject in SUBJECTS]
    parser.add_argument("--packages", nargs="+", choices=names, default=names)
    parser.add_argument("--jedi", type=int, default=0, metavar="N", help="pairs to ask jedi for")
    parser.add_argument("--peer", action="store_true", help="run pyan3 as well")
    parser.add_argument("--missed", type=int, default=0, metavar="N", help="show what is not found")
    parser.add_argument(
        "--seconds", type=int, default=25, help="for one file of tests, the first time"
    )
    options = parser.parse_args()
    rows, results = [], []
    for subject in SUBJECTS:
        if subject.name not in options.packages:
            continue
        root = fetch(subject)
        m = measure(subject, root, options.seconds)
        any_, exact = m.edges["exact"] | m.edges["by name"], m.edges["exact"]
        against, of = contradicted(m)
        right, looked_at = checked(m)
        result = {
            "package": m.name,
            "observed": len(m.observed),
            "recall": len(m.observed & any_) / len(m.observed),
            "recall_exact": len(m.observed & exact) / len(m.observed),
            "edges_exact": len(exact),
            "edges_by_name": len(m.edges["by name"] - exact),
            "contradicted": against,
            "executed": of,
            "checked_right": right,
            "checked": looked_at,
            "seconds": m.seconds,
        }
        package = root / subject.package
        if options.jedi:
            result["jedi"] = by_jedi(package, m.observed, options.jedi)
        if options.peer:
            result["pyan"] = by_pyan(package, m.observed)
        results.append(result)
        rows.append(
            (
                m.name, len(m.observed), f"{result['recall']:.1%}", f"{result['recall_exact']:.1%}",
                len(exact), result["edges_by_name"], f"{against} of {of}",
                f"{right} of {looked_at}",
                _percent(result.get("jedi")),
                _percent(result["pyan"]) or "fails" if options.peer else "",
            )
        )  # fmt: skip
        for text in missed(m, options.missed):
            print("  missed", text)
    show(
        "call graph against observed calls",
        (
            "package",
            "pairs",
            "recall",
            "exact",
            "edges",
            "by name",
            "against",
            "checked",
            "jedi",
            "pyan",
        ),
        rows,
    )
    print(save("callgraph", {"packages": results}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
