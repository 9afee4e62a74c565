"""What is known of holes with a type: the expected type and the headers that give it.

``python -m benchmarks.typed_holes [--packages rich httpx …] [--sites 20] [--seed 5]``

From real packages expressions are taken out that are returned, passed or assigned to something
annotated, and that are a name, an attribute or a call of one. Told is how often a type is expected
there, whether ``relevantHeaders`` lists what the author wrote, at which place, and how long the
answers take once the file has been read. Nothing is asked of a model.
"""

from __future__ import annotations

import ast
import random
import statistics
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.deadline import Deadline
from analysis.errors import AnalysisError
from analysis.holes.context import HoleContext
from analysis.holes.query import HoleQuery
from analysis.snapshot import Snapshot, Workspace
from analysis.text.files import read_file
from analysis.text.lines import LineIndex
from analysis.worker.pool import AnalysisPool
from analysis.worker.process import WorkerSettings, cache_folder
from benchmarks.dot_sites import roots
from benchmarks.installed import python_with
from benchmarks.report import quantile, save, show

_PACKAGES = ("rich", "httpx", "click", "attr", "pygments", "requests", "packaging", "typer")
_PATIENCE_S = 20.0
#: As many characters as no list is cut by.
_ALL = 100_000


@dataclass(frozen=True, slots=True)
class Taken:
    """An expression taken out of ``text`` at ``start``; ``wanted`` is the name it began with."""

    path: Path
    text: str
    start: int
    kind: str
    wanted: str


def taken(path: Path) -> Iterator[Taken]:
    """Every such expression of a file."""
    try:
        text = read_file(path).text
        tree = ast.parse(text)
    except (AnalysisError, SyntaxError, ValueError, RecursionError):
        return
    lines = LineIndex(text)

    def offset(line: int, column: int) -> int:
        start = lines.line(line - 1).encode("utf-8", "surrogatepass")[:column]
        return lines.start(line - 1) + len(start.decode("utf-8", "replace"))

    for node in ast.walk(tree):
        for kind, value in _values(node):
            wanted = _dotted(value.func if isinstance(value, ast.Call) else value)
            if wanted and value.end_lineno is not None and value.end_col_offset is not None:
                start = offset(value.lineno, value.col_offset)
                end = offset(value.end_lineno, value.end_col_offset)
                yield Taken(path, text[:start] + text[end:], start, kind, wanted)


def _values(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Return) and node.value is not None:
        yield "return", node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        yield "assignment", node.value
    elif isinstance(node, ast.Call):
        yield from (("argument", value) for value in node.args)
        yield from (("argument", keyword.value) for keyword in node.keywords)


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


@dataclass(frozen=True, slots=True)
class Told:
    """One answer: ``place`` of what was wanted in the list, from 1; 0 where it is not there."""

    kind: str
    expected: bool
    listed: int
    place: int
    ms: float


def ask(pool: AnalysisPool, one: Taken, workspace: Workspace) -> Told:
    """Ask twice: the first time reads the file."""
    snapshot = Snapshot(str(one.path), one.text, workspace)
    query = HoleQuery(snapshot, one.start, headers=True, budget=_ALL)
    pool.ask(query, Deadline.after(_PATIENCE_S)).result()
    begun = time.monotonic()
    context: HoleContext = pool.ask(query, Deadline.after(_PATIENCE_S)).result()
    took = (time.monotonic() - begun) * 1e3
    names = [header.name for header in context.headers]
    place = names.index(one.wanted) + 1 if one.wanted in names else 0
    return Told(one.kind, bool(context.expected.classes), len(names), place, took)


def row(name: str, told: Sequence[Told]) -> list[object]:
    """The numbers of one kind."""
    typed = [one for one in told if one.expected]
    count = max(1, len(typed))
    return [
        name,
        len(told),
        f"{len(typed) / max(1, len(told)):.2f}",
        f"{sum(one.place > 0 for one in typed) / count:.2f}",
        f"{sum(0 < one.place <= 5 for one in typed) / count:.2f}",
        f"{sum(one.place == 1 for one in typed) / count:.2f}",
        statistics.median([one.listed for one in typed]) if typed else 0,
        round(statistics.median([one.ms for one in told])) if told else 0,
        round(quantile([one.ms for one in told], 0.95)) if told else 0,
    ]


def main() -> int:
    """Take out, ask, print, save."""
    parser = ArgumentParser(prog="benchmarks.typed_holes")
    parser.add_argument("--packages", nargs="+", default=_PACKAGES)
    parser.add_argument("--sites", type=int, default=20, help="of each package")
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    python = str(python_with(options.packages, "dotprompts"))
    where = roots(python, options.packages)
    told: list[Told] = []
    with AnalysisPool(WorkerSettings(cache_folder())) as pool:
        for package in options.packages:
            root = where[package]
            files = [root] if root.is_file() else sorted(root.rglob("*.py"))
            found = [one for path in files if "_vendor" not in path.parts for one in taken(path)]
            random.Random(f"{options.seed} {package}").shuffle(found)
            workspace = Workspace(str(root.parent), python=python)
            told += [ask(pool, one, workspace) for one in found[: options.sites]]
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    kinds = sorted({one.kind for one in told})
    rows = [row("ALL", told), *(row(kind, [t for t in told if t.kind == kind]) for kind in kinds)]
    columns = [
        "expressions", "n", "type known", "listed", "first 5", "first", "headers", "ms p50", "p95",
    ]  # fmt: skip
    show("What is known where the author wrote a name, an attribute or a call", columns, rows)
    save("typed_holes", {"packages": list(options.packages), "columns": columns, "rows": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
