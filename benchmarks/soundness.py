"""How often a closed set leaves out the name that the author wrote.

``python -m benchmarks.soundness --packages rich httpx click attrs pygments``

Sites are made from real code: at an attribute that is read, an imported module or member, or a
keyword argument, the rest of the name is removed and everything else of the file is kept. The
answer is asked of the analysis worker as the editor would. Packages are those installed beside the
running interpreter; a name of the standard library may be given too (``--packages asyncio``).

Prints a table per kind and every miss; the JSON holds every site with what was said about it.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from analysis.deadline import Deadline
from analysis.errors import AnalysisError
from analysis.names import NameSet, Tier
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.hole import HoleKind
from analysis.syntax.holes import hole_at
from analysis.text.files import read_file
from analysis.text.lines import LineIndex
from analysis.worker.pool import AnalysisPool
from analysis.worker.process import WorkerSettings, cache_folder
from analysis.worker.queries import NamesQuery
from benchmarks.report import save, show

#: Distributions whose package has another name.
_IMPORTED_AS = {"attrs": "attr"}


@dataclass(frozen=True, slots=True)
class Site:
    """A name in a file that is to be found again: its span in code points, and its kind."""

    path: Path
    start: int
    end: int
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the worker said at a site."""

    package: str
    path: str
    line: int
    kind: str
    name: str
    tier: str
    found: bool
    witness: bool
    size: int
    reason: str
    receiver: str
    seconds: float


def sites_of(path: Path, text: str) -> Iterator[Site]:
    """Every site of a file; nothing for a file that this interpreter cannot parse."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    lines = LineIndex(text)
    encoded = [lines.line(n).encode("utf-8", "surrogatepass") for n in range(len(lines))]

    def offset(line: int, column: int) -> int:
        return lines.start(line - 1) + len(encoded[line - 1][:column].decode("utf-8", "replace"))

    special = _special(tree)
    for node in ast.walk(tree):
        found: list[tuple[int, str, str]] = []
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            end = offset(node.end_lineno or 0, node.end_col_offset or 0)
            found.append((end - len(node.attr), node.attr, HoleKind.ATTRIBUTE.value))
        elif isinstance(node, ast.keyword) and node.arg is not None:
            found.append((offset(node.lineno, node.col_offset), node.arg, HoleKind.KEYWORD.value))
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name != "*":
                    start = offset(alias.lineno, alias.col_offset)
                    found.append((start, alias.name, HoleKind.IMPORT_MEMBER.value))
        elif isinstance(node, ast.Import):
            for alias in node.names:
                last = alias.name.rpartition(".")[2]
                start = offset(alias.lineno, alias.col_offset) + len(alias.name) - len(last)
                found.append((start, last, HoleKind.IMPORT_MODULE.value))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            kind = special.get(node, HoleKind.NAME.value)
            found.append((offset(node.lineno, node.col_offset), node.id, kind))
        for start, name, kind in found:
            if text[start : start + len(name)] == name:
                yield Site(path, start, start + len(name), name, kind)


def _special(tree: ast.AST) -> dict[ast.Name, str]:
    """The names that are raised or caught, and those that decorate, with their kind."""
    found: dict[ast.Name, str] = {}

    def note(node: ast.AST | None, kind: HoleKind) -> None:
        while isinstance(node, ast.Call):
            node = node.func
        for part in node.elts if isinstance(node, ast.Tuple) else [node]:
            if isinstance(part, ast.Name):
                found[part] = kind.value

    for node in ast.walk(tree):
        if isinstance(node, ast.Raise):
            note(node.exc, HoleKind.EXCEPTION)
        elif isinstance(node, ast.ExceptHandler):
            note(node.type, HoleKind.EXCEPTION)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                note(decorator, HoleKind.DECORATOR)
    return found


def ask(pool: AnalysisPool, package: str, site: Site, workspace: Workspace, typed: int) -> Outcome:
    """Remove all but ``typed`` characters of the site's name and ask what may stand there."""
    text = read_file(site.path).text
    cut = text[: site.start + typed] + text[site.end :]
    begun = time.monotonic()
    hole = hole_at(cut, site.start + typed)
    query = NamesQuery(Snapshot(str(site.path), cut, workspace), hole)
    answer: NameSet = pool.ask(query, Deadline.after(5)).result()
    names = {n.name: n.origin for n in answer.names}
    return Outcome(
        package,
        str(site.path),
        text.count("\n", 0, site.start) + 1,
        site.kind,
        site.name,
        answer.tier.value,
        site.name in names,
        names.get(site.name) == "witness",
        len(names),
        answer.reason,
        hole.receiver_text[:80],
        time.monotonic() - begun,
    )


def files_of(package: str) -> list[Path]:
    """The source files of an installed package or a module of the standard library."""
    spec = importlib.util.find_spec(_IMPORTED_AS.get(package, package))
    if spec is None or spec.origin is None:
        raise AnalysisError(
            f"there is no package '{package}' here", where="--packages", mend="pip install it"
        )
    origin = Path(spec.origin)
    if origin.name != "__init__.py":
        return [origin]
    return sorted(p for p in origin.parent.rglob("*.py") if "_vendor" not in p.parts)


def measure(packages: list[str], limit: int, seed: int, kinds: set[str]) -> list[Outcome]:
    """Ask at up to ``limit`` sites of each package and kind, drawn with ``seed``."""
    workspace = Workspace(str(Path.cwd()), python=sys.executable)
    outcomes = []
    with AnalysisPool(WorkerSettings(cache_folder())) as pool:
        for package in packages:
            chosen = random.Random(f"{seed} {package}")
            by_kind: dict[str, list[Site]] = {}
            for path in files_of(package):
                try:
                    text = read_file(path).text
                except AnalysisError:
                    continue
                for site in sites_of(path, text):
                    by_kind.setdefault(site.kind, []).append(site)
            for kind, sites in sorted(by_kind.items()):
                if kind not in kinds:
                    continue
                chosen.shuffle(sites)
                for site in sites[:limit]:
                    typed = chosen.choice((0, 0, 1, len(site.name) // 2))
                    outcomes.append(ask(pool, package, site, workspace, typed))
    return outcomes


#: ``missed`` is a share of the closed sets; ``bare %`` counts as missed also what only another use
#: in the same file (a witness) put into the set.
COLUMNS = (
    "package",
    "kind",
    "sites",
    "closed %",
    "missed",
    "missed %",
    "bare %",
    "size",
    "p50 ms",
    "p95 ms",
)


def table(outcomes: list[Outcome]) -> list[tuple[object, ...]]:
    """The numbers, one row a package and kind, and one a kind."""
    rows: list[tuple[object, ...]] = []
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.package, outcome.kind), []).append(outcome)
        groups.setdefault(("ALL", outcome.kind), []).append(outcome)
        groups.setdefault(("ALL", "all"), []).append(outcome)
    for (package, kind), group in sorted(groups.items()):
        closed = [o for o in group if o.tier == Tier.CLOSED.value]
        missed = [o for o in closed if not o.found]
        without = [o for o in closed if not o.found or o.witness]
        times = sorted(o.seconds * 1000 for o in group)
        sizes = [o.size for o in closed]
        rows.append(
            (
                package,
                kind,
                len(group),
                f"{100 * len(closed) / len(group):.1f}",
                len(missed),
                f"{100 * len(missed) / max(1, len(closed)):.2f}",
                f"{100 * len(without) / max(1, len(closed)):.2f}",
                f"{statistics.median(sizes) if sizes else 0:.0f}",
                f"{times[len(times) // 2]:.0f}",
                f"{times[int(len(times) * 0.95)]:.0f}",
            )
        )
    return rows


def main() -> int:
    """Measure, print the table and the misses, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--packages", nargs="+", required=True)
    parser.add_argument("--limit", type=int, default=200, help="sites a package and kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--kinds",
        nargs="+",
        default=[
            "attribute",
            "import_module",
            "import_member",
            "keyword",
            "name",
            "exception",
            "decorator",
        ],
    )
    parser.add_argument("--reasons", action="store_true", help="why sets were not closed")
    options = parser.parse_args()
    outcomes = measure(options.packages, options.limit, options.seed, set(options.kinds))
    show("closed sets against what was written", COLUMNS, table(outcomes))
    for o in outcomes:
        if o.tier == Tier.CLOSED.value and not o.found:
            print(f"missed: {o.path}:{o.line} {o.kind} {o.receiver} . {o.name} ({o.size} names)")
    if options.reasons:
        reasons = Counter((o.kind, o.reason) for o in outcomes if o.tier != Tier.CLOSED.value)
        for (kind, reason), count in reasons.most_common(40):
            print(f"{count:>6}  {kind}: {reason}")
    save("soundness", {"arguments": vars(options), "outcomes": [asdict(o) for o in outcomes]})
    return 0


if __name__ == "__main__":
    sys.exit(main())
