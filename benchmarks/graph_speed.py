"""How fast the code graph is built, followed and asked, over real code of ≥ 100,000 lines.

``python -m benchmarks.graph_speed`` copies packages of the running environment into one folder and
measures, through the command line where a person waits for it and in process where an editor does:

- *index*: ``pilotfish graph build`` from nothing, over all cores and on one: seconds, lines a
  second, and the most memory its processes held together; beside ``ctags`` (names alone, resolves
  nothing) where it is installed;
- *edit*: milliseconds from a saved file to a query that sees it, in a process that holds the graph
  (random files, and the most imported one), and as a whole command with its start;
- *questions*: callers, callees, subclasses, uses, impact and path of random names: p50, p95, worst;
- *cypher*: loading all edges into the engine;
- *kills*: ``--kills N`` builds are killed at random moments; the graph that is then finished must
  pass SQLite's integrity check and be equal to one that was built in peace.

Parts are chosen by ``--parts``; ``--packages`` by name.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import itertools
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from analysis.graph import Graph, UnknownNameError
from analysis.snapshot import Workspace
from benchmarks.report import quantile, save, show

PACKAGES = ("pip", "jedi", "hypothesis")
PARTS = ("index", "edit", "questions", "cypher", "kills")
#: Those that ask a graph that has been built.
_HELD = frozenset({"edit", "questions", "cypher"})
_BUILD = (
    "import os, pathlib, sys; os.cpu_count = lambda: int(sys.argv[3]); "
    "from analysis.graph import Graph; from analysis.snapshot import Workspace; "
    "Graph(Workspace(sys.argv[1]), pathlib.Path(sys.argv[2])).refresh()"
)


def corpus(packages: list[str], root: Path) -> tuple[int, int]:
    """Copies of ``packages`` under ``root``: files and lines."""
    for name in packages:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise SystemExit(f"{name} is not installed")
        ignore = shutil.ignore_patterns("__pycache__", "*.so", "*.pyi")
        shutil.copytree(Path(spec.origin).parent, root / name, ignore=ignore)
    files = list(root.rglob("*.py"))
    return len(files), sum(path.read_bytes().count(b"\n") for path in files)


def _build(root: Path, cache: Path, cores: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _BUILD, str(root), str(cache), str(cores)])


def index(root: Path, work: Path, lines: int) -> dict[str, object]:
    """Build from nothing, on all cores and on one."""
    found: dict[str, object] = {}
    for cores in sorted({os.cpu_count() or 1, 1}, reverse=True):
        began = time.perf_counter()
        process = _build(root, work / f"index{cores}", cores)
        most = 0
        while process.poll() is None:
            most = max(most, _memory(process.pid))
            time.sleep(0.05)
        seconds = time.perf_counter() - began
        assert process.returncode == 0
        found[f"cores_{cores}"] = {
            "seconds": seconds,
            "lines_per_second": lines / seconds,
            "memory_bytes": most,
        }
    ctags = shutil.which("ctags")
    if ctags:
        began = time.perf_counter()
        command = [ctags, "-R", "--languages=Python", "-f", os.devnull, str(root)]
        subprocess.run(command, check=True, capture_output=True)
        found["ctags_seconds"] = time.perf_counter() - began
    return found


def _memory(pid: int) -> int:
    try:
        process = psutil.Process(pid)
        return sum(p.memory_info().rss for p in (process, *process.children(recursive=True)))
    except psutil.Error:
        return 0


def edit(graph: Graph, root: Path, runs: int) -> dict[str, object]:
    """From a file written to a query that sees it, in random files and in the most imported one.

    *body* adds a line to a function, *meaning* changes what it gives, which is resolved anew
    wherever it is used; *hub* is both, in the file that most others import; *shared*
    gives another member or local variable to the definitions that the most files use.
    """
    rows = graph.store.db.execute(
        "SELECT f.path, f.module, count(*) FROM edge e JOIN node n ON n.id = e.target JOIN file f "
        "ON f.id = n.file WHERE e.type = 7 AND n.kind = 'MODULE' GROUP BY n.id ORDER BY 3 DESC"
    ).fetchall()
    chosen = random.Random(2).sample(rows[1:], min(runs, len(rows) - 1))
    times: dict[str, list[float]] = {"body": [], "meaning": [], "hub": [], "shared": []}
    for path, module, _ in [rows[0], *chosen]:
        source = Path(path).read_text(encoding="utf-8")
        for number, result in enumerate(("1", "1", "[]", "''")):
            added = f"def probe_():\n    print({number})\n    return {result}\nprobe_()\n"
            Path(path).write_text(f"{source}\n\n{added}", encoding="utf-8")
            began = time.perf_counter()
            graph.refresh([path])
            callers = graph.callers(f"{module}.probe_")
            passed = 1000 * (time.perf_counter() - began)
            assert len(callers) == 1, f"{module} is not seen"
            name = "hub" if path == rows[0][0] else "body" if number < 2 else "meaning"
            if number:  # the first decodes what an editor has at hand
                times[name].append(passed)
        Path(path).write_text(source, encoding="utf-8")
        graph.refresh([path])
    times["shared"] = [ms for used in _most_used(graph, runs) for ms in _shared(graph, *used)]
    times["command"] = []
    path, module, _ = chosen[0]
    source = Path(path).read_text(encoding="utf-8")
    for number in range(4):
        Path(path).write_text(f"{source}\n\ndef probe_{number}(): ...\n", encoding="utf-8")
        command = [sys.executable, "-m", "pilotfish.main", "graph", "callers"]
        command += [f"{module}.probe_{number}", "--workspace", str(root), "--json"]
        began = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        if number:  # the first builds the graph in the command's own cache
            times["command"].append(1000 * (time.perf_counter() - began))
    Path(path).write_text(source, encoding="utf-8")
    graph.refresh([path])
    return {
        name: {"p50": quantile(v, 0.5), "p95": quantile(v, 0.95), "worst": max(v)}
        for name, v in times.items()
    }


def _most_used(graph: Graph, count: int) -> list[tuple[str, str]]:
    """Path and name of the functions and classes that are used in the most other files."""
    return graph.store.db.execute(
        "SELECT f.path, n.name FROM edge e JOIN node n ON n.id = e.target JOIN file f ON f.id = "
        "n.file WHERE n.kind IN ('FUNCTION', 'CLASS') AND n.qualname = n.name AND e.file != n.file "
        "GROUP BY n.id ORDER BY count(DISTINCT e.file) DESC LIMIT ?",
        (count,),
    ).fetchall()


def _shared(graph: Graph, path: str, name: str) -> Iterator[float]:
    """Milliseconds of edits that give a definition another member or local variable."""
    source = Path(path).read_text(encoding="utf-8")
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, kinds) and node.name == name:
            last = node.body[-1]
            break
    else:
        return
    decorators = last.decorator_list if isinstance(last, kinds) else []
    at = min([last.lineno, *(each.lineno for each in decorators)]) - 1
    lines = source.split("\n")
    for number in range(3):
        probe = f"{' ' * last.col_offset}probe_{number} = {number}"
        Path(path).write_text("\n".join([*lines[:at], probe, *lines[at:]]), encoding="utf-8")
        began = time.perf_counter()
        graph.refresh([path])
        used = graph.around(path, at)
        assert used is not None
        graph.uses(used)
        if number:  # the first decodes what an editor has at hand
            yield 1000 * (time.perf_counter() - began)
    Path(path).write_text(source, encoding="utf-8")
    graph.refresh([path])


def questions(graph: Graph, count: int) -> dict[str, object]:
    """Milliseconds of each named question for ``count`` random names."""
    rows = graph.store.db.execute(
        "SELECT qualified_name, kind FROM node WHERE kind IN ('FUNCTION', 'METHOD', 'CLASS')"
    ).fetchall()
    chosen = random.Random(5).sample(rows, min(count, len(rows)))
    names = [name for name, _ in chosen]
    classes = [name for name, kind in rows if kind == "CLASS"][:count]
    asked: dict[str, tuple[Callable[..., object], list[tuple[str, ...]]]] = {
        "callers": (graph.callers, [(n,) for n in names]),
        "callees": (graph.callees, [(n,) for n in names]),
        "subclasses": (graph.subclasses, [(n,) for n in classes]),
        "uses": (graph.uses, [(n,) for n in names]),
        "impact": (graph.impact, [(n,) for n in names]),
        "path": (graph.path, list(itertools.pairwise(names))),
    }
    found: dict[str, object] = {}
    for question, (ask, arguments) in asked.items():
        times = []
        for words in arguments:
            began = time.perf_counter()
            try:
                ask(*words)
            except UnknownNameError:
                continue  # two files define it
            times.append(1000 * (time.perf_counter() - began))
        found[question] = {
            "asked": len(times),
            "p50": quantile(times, 0.5),
            "p95": quantile(times, 0.95),
            "worst": max(times),
        }
    return found


def cypher(graph: Graph) -> dict[str, object]:
    """Seconds to load everything, and how many edges that was."""
    import ladybug

    from analysis.graph.queries.cypher import load

    best, edges = float("inf"), 0
    for _ in range(3):
        database = ladybug.Database(":memory:", buffer_pool_size=1 << 30)
        connection = ladybug.Connection(database)
        began = time.perf_counter()
        edges = load(graph.store.db, connection)
        best = min(best, time.perf_counter() - began)
        connection.close()
        database.close()
    return {"edges": edges, "seconds": best, "seconds_per_100k": best * 100_000 / edges}


def kills(root: Path, work: Path, count: int, seconds: float, seed: int) -> dict[str, object]:
    """Kill ``count`` builds at random moments of their work; what is finished later must be equal.

    A build goes on from what the killed ones before it left. One that ends before it is killed
    counts as no kill: it is compared, and the next begins from nothing.
    """
    chance = random.Random(seed)
    corrupt = killed = finished = 0
    cache = work / "killed"
    expected = _summary(work / "peace", root)
    while killed < count:
        process = _build(root, cache, 1)
        time.sleep(chance.uniform(0.1, seconds))
        ended = process.poll() is not None
        process.kill()
        process.wait()
        for place in cache.rglob("*.sqlite"):
            with sqlite3.connect(place) as db:
                corrupt += db.execute("PRAGMA integrity_check").fetchall() != [("ok",)]
            db.close()
        killed += not ended
        if ended:
            finished += 1
            corrupt += _summary(cache, root) != expected
            shutil.rmtree(cache)
            seconds = max(0.3, 0.8 * seconds)  # it was slower in peace
    corrupt += _summary(cache, root) != expected
    return {"kills": count, "corrupt": corrupt, "finished_and_compared": finished + 1}


def _summary(cache: Path, root: Path) -> tuple[object, ...]:
    with Graph(Workspace(str(root)), cache) as graph:
        graph.refresh()
        counts = graph.stats()
        edges = graph.store.db.execute(
            "SELECT a.qualified_name, b.qualified_name, e.type, e.line FROM edge e JOIN node a ON "
            "a.id = e.source JOIN node b ON b.id = e.target WHERE b.file != 0"
        ).fetchall()
    del counts["EXTERNAL"]
    return (*counts.items(), hash(tuple(sorted(edges))))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", nargs="+", default=list(PACKAGES))
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--runs", type=int, default=10, help="edits of each kind")
    parser.add_argument("--names", type=int, default=200, help="names to ask each question of")
    parser.add_argument("--kills", type=int, default=20, help="builds to kill (the claim: 100)")
    parser.add_argument("--killed", default="jedi", help="the package whose builds are killed")
    parser.add_argument("--seed", type=int, default=11, help="of the moments of kills")
    options = parser.parse_args()
    result: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        os.environ["XDG_CACHE_HOME"] = str(work / "command")
        root = work / "project"
        files, lines = corpus(options.packages, root)
        result |= {"files": files, "lines": lines}
        rows: list[tuple[object, ...]] = []
        if "index" in options.parts:
            result["index"] = found = index(root, work, lines)
            for key, value in found.items():
                if isinstance(value, dict):
                    rows.append((f"index, {key.replace('_', ' ')}", f"{value['seconds']:.1f} s",
                                 f"{value['lines_per_second']:,.0f} lines/s",
                                 f"{value['memory_bytes'] / 1e6:.0f} MB"))  # fmt: skip
                else:
                    rows.append(("index, ctags (names alone)", f"{value:.1f} s", "", ""))
        with Graph(Workspace(str(root)), work / "held") as graph:
            if _HELD & set(options.parts):
                graph.refresh()
            if "edit" in options.parts:
                result["edit"] = edited = edit(graph, root, options.runs)
                rows += _times("edit, ", edited)
            if "questions" in options.parts:
                result["questions"] = asked = questions(graph, options.names)
                rows += _times("", asked)
            if "cypher" in options.parts:
                result["cypher"] = loaded = cypher(graph)
                rows.append(("cypher, load", f"{loaded['seconds']:.2f} s",
                             f"{loaded['edges']:,} edges",
                             f"{loaded['seconds_per_100k']:.2f} s for 100k"))  # fmt: skip
        if "kills" in options.parts:
            small = work / "small"
            corpus([options.killed], small)
            began = time.perf_counter()
            _build(small, work / "peace", 1).wait()
            seconds = time.perf_counter() - began
            killed = kills(small, work, options.kills, seconds, options.seed)
            result["kills"] = killed
            rows.append(("kills", killed["kills"], f"{killed['corrupt']} corrupt", ""))
    show(f"code graph of {files} files, {lines:,} lines", ("", "", "", ""), rows)
    print(save("graph_speed", result))
    return 0


def _times(before: str, found: dict[str, object]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for name, value in found.items():
        assert isinstance(value, dict)
        p95 = f"p95 {value['p95']:.1f} ms" if "p95" in value else ""
        rows.append(
            (before + name, f"p50 {value['p50']:.1f} ms", p95, f"worst {value['worst']:.1f} ms")
        )
    return rows


if __name__ == "__main__":
    sys.exit(main())
