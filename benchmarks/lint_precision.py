"""How often ``check`` cries wolf over code known to work, and what it finds of invented names.

``python -m benchmarks.lint_precision --seed N`` draws packages from a long list, installs them and
runs the command over them, side by side with ``ty check``, basedpyright, ruff and pyflakes (in an
environment of their own), on the same files. *Alarms* are what a tool says of names in the packages
as they are, but for modules that really are not installed; *deprecated* calls are counted apart.
Then members, names, imports, keywords and numbers of arguments are invented in copies of the same
files (``benchmarks.lint_inventions``). *Found* are those on whose lines a tool says something that
it did not say before; *precision* is the share of the found among them and the alarms. Recall is
told by what analysis knew of the place: where the set is *closed*, all that may stand there is
known.

A seed whose alarms and misses somebody has read is used up: take another one for the next figure.
``--lines`` is how much of each package is looked at.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from analysis.deadline import Deadline
from analysis.lint.sites import candidates, site_of
from analysis.names import NameSet, Tier
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.holes import hole_at
from analysis.syntax.tree import parse
from analysis.text import read_file
from analysis.worker.pool import AnalysisPool, WorkerSettings, cache_folder
from analysis.worker.queries import NamesQuery
from benchmarks.installed import IMPORTED_AS, Installed, install
from benchmarks.lint_inventions import KINDS, Invention
from benchmarks.lint_tools import DEPRECATED, TOOLS, Said, Tool, run
from benchmarks.lint_world import Group, group
from benchmarks.report import save, show

#: What the packages are drawn from: well known, of many hands, and none that a rule was tuned on.
LONG_LIST = (
    "aiohttp", "alive-progress", "asgiref", "astroid", "beautifulsoup4", "billiard", "boltons",
    "boto3", "celery", "cerberus", "cheroot", "colorlog", "construct", "coverage", "croniter",
    "dateparser", "deepdiff", "django", "dnspython", "docker", "dulwich", "ecdsa", "fabric",
    "faker", "falcon", "freezegun", "furl", "gitpython", "gunicorn", "html5lib", "hypothesis",
    "icalendar", "ipython", "isort", "kombu", "ldap3", "markdown", "natsort", "openpyxl",
    "parsel", "passlib", "pika", "pint", "poetry-core", "praw", "prettytable", "pycparser",
    "pydantic-settings", "pyflakes", "pyjwt", "pylint", "pymysql", "pypdf", "pyramid",
    "pyserial", "python-dateutil", "python-docx", "quart", "rdflib", "redis", "responses",
    "scrapy", "sphinx", "sqlalchemy", "tinydb", "toolz", "tornado", "tqdm", "traitlets",
    "twisted", "typeguard", "uvicorn", "voluptuous", "waitress", "wtforms", "xlsxwriter",
    "yarl", "zeroconf",
)  # fmt: skip
_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one tool said of one group."""

    tool: str
    alarms: tuple[Said, ...]
    deprecated: tuple[Said, ...]
    not_installed: int
    found: frozenset[Invention]
    seconds: float


def measure(tool: Tool, of: Group, tools: Installed, python: Path) -> Outcome:
    """Run ``tool`` over the group as it is and with its inventions."""
    before, seconds = run(tool, tools, python, of.clean, of.files)
    deprecated = tuple(s for s in before if s.code == DEPRECATED)
    before = [s for s in before if s.code != DEPRECATED]
    missing = _missing({s for s in before if _about_modules(s)}, of, python)
    alarms = tuple(s for s in before if (s.path, s.line) not in missing)
    known = Counter((s.path, s.line, s.code) for s in before)
    found: set[Invention] = set()
    for workspace, inventions in of.invented:
        after, _ = run(tool, tools, python, workspace, of.files)
        new = Counter((s.path, s.line, s.code) for s in after) - known
        places = {(path, line) for path, line, _ in new}
        found |= {
            i for i in inventions if any((i.path, n) in places for n in range(i.line, i.last + 1))
        }
    gone = len(before) - len(alarms)
    return Outcome(tool.name, alarms, deprecated, gone, frozenset(found), seconds)


def _about_modules(said: Said) -> bool:
    return said.code in (
        "PF102",
        "PF109",
        "unresolved-import",
        "import-not-found",
        "reportMissingImports",
    )


def _missing(said: Iterable[Said], of: Group, python: Path) -> set[tuple[str, int]]:
    """The lines whose imports name a top-level module that ``python`` does not find either."""
    tops: dict[tuple[str, int], str] = {}
    for one in said:
        words = (of.clean / one.path).read_text(encoding="utf-8").split("\n")[one.line - 1].split()
        if len(words) > 1 and words[0] in ("import", "from") and not words[1].startswith("."):
            tops[one.path, one.line] = words[1].split(".")[0].rstrip(",")
    names = sorted(set(tops.values()))
    question = (
        "import importlib.util, sys\n"
        "print([n for n in sys.argv[1:] if importlib.util.find_spec(n) is None])"
    )
    done = subprocess.run(
        [str(python), "-c", question, *names], capture_output=True, text=True, check=True
    )
    gone = set(json.loads(done.stdout.replace("'", '"')))
    return {place for place, name in tops.items() if name in gone}


def tiers(of: Group, place: Installed) -> dict[Invention, Tier]:
    """How sure analysis is of what may stand where something was invented, asked of the files as
    they are; where all answers come from one file, in its order."""
    home = Workspace(str(of.clean), python=str(place.python))
    asked: list[tuple[Invention, Future[NameSet]]] = []
    with AnalysisPool(WorkerSettings(cache_folder())) as pool:
        for path, inventions in groupby(sorted(of.inventions, key=_by_place), lambda i: i.path):
            text = read_file(of.clean / path).text
            tree = parse(text)
            calls = {c.end: c for c in candidates(tree) if c.call is not None}
            for one in inventions:
                hole = hole_at(text, one.end, tree)
                if one.kind == "arity":
                    site = site_of(tree, calls[one.end]) if one.end in calls else None
                    hole = site.hole if site is not None else hole
                snapshot = Snapshot(str(of.clean / path), text, home)
                query = NamesQuery(snapshot, hole)
                asked.append((one, pool.ask(query, Deadline.after(_PATIENCE_S))))
        return {one: _tier(one, answer.result()) for one, answer in asked}


def _by_place(invention: Invention) -> tuple[str, int]:
    return invention.path, invention.end


def _tier(invention: Invention, names: NameSet) -> Tier:
    if invention.kind != "arity":
        return names.tier
    known = names.arity is not None and names.arity.closed and bool(names.arity.signatures)
    return Tier.CLOSED if known else Tier.ABSTAIN


def main() -> int:
    """Measure what was drawn with every tool and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", nargs="+", help="distributions to take instead of a draw")
    parser.add_argument("--count", type=int, default=8, help="packages to draw")
    parser.add_argument("--lines", type=int, default=1500, help="about so many of each package")
    parser.add_argument("--inventions", type=int, default=1200, help="about so many in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--tools", nargs="*", choices=[t.name for t in TOOLS], default=[t.name for t in TOOLS]
    )
    parser.add_argument("--no-tiers", action="store_true", help="do not ask which sets are closed")
    parser.add_argument(
        "--world", type=Path, default=Path(tempfile.gettempdir()) / "pilotfish-lint-world"
    )
    options = parser.parse_args()
    chosen = [tool for tool in TOOLS if tool.name in options.tools]
    drawing = random.Random(f"packages {options.seed}")
    drawn = options.packages or sorted(drawing.sample(sorted(LONG_LIST), options.count))
    name = "chosen" if options.packages else f"lint-{options.seed}"
    tools = install([t.requirement for t in TOOLS if t.requirement], "lint-tools")
    place = install(drawn, name)
    versions = [f"{each} {place.version(each)}" for each in drawn]
    print(f"seed {options.seed}: {', '.join(versions)}", flush=True)
    of = group(
        name,
        [IMPORTED_AS.get(each, each) for each in drawn],
        place,
        options.world.resolve() / name,
        lines=options.lines,
        inventions=options.inventions,
        seed=options.seed,
    )
    outcomes = [measure(tool, of, tools, place.python) for tool in chosen]
    sure = {} if options.no_tiers else tiers(of, place)
    result = {"packages": versions, "lines": options.lines, "seed": options.seed}
    result |= tell(of, outcomes, sure)
    print(save("lint_precision", result))
    return 0


def tell(
    of: Group, outcomes: Sequence[Outcome], sure: Mapping[Invention, Tier]
) -> dict[str, object]:
    """Print the tables of a group; what is saved of it."""
    ours = next((o for o in outcomes if o.tool == "pilotfish"), None)
    for said in (*ours.alarms, *ours.deprecated) if ours else ():
        print(f"{said.path}:{said.line}: {said.code} {said.message}")
    show(
        f"{of.name}: {len(of.files)} files, {of.lines:,} lines, {len(of.inventions):,} inventions",
        ("tool", "alarms", "per 20,000", "deprecated", "not installed", "found", "recall",
         "precision", "s", "lines/s"),
        [
            (
                o.tool, len(o.alarms), f"{20_000 * len(o.alarms) / max(1, of.lines):.2f}",
                len(o.deprecated), o.not_installed,
                len(o.found), _share(len(o.found), len(of.inventions)),
                _share(len(o.found), len(o.found) + len(o.alarms)), f"{o.seconds:.1f}",
                f"{of.lines / o.seconds:.0f}",
            )
            for o in outcomes
        ],
    )  # fmt: skip
    rows = []
    for tier in (*Tier, None) if sure else (None,):
        for kind in (*KINDS, "all"):
            some = {
                i for i in of.inventions
                if kind in (i.kind, "all") and (tier is None or sure[i] is tier)
            }  # fmt: skip
            found = [len(some & o.found) for o in outcomes]
            shown = tier.value if tier is not None else "any"
            rows.append((shown, kind, len(some), *(_share(n, len(some)) for n in found)))
    columns = ("set", "kind", "invented", *(o.tool for o in outcomes))
    show(f"{of.name}: recall by what analysis knew there", columns, rows)
    missed = [] if ours is None else sorted(set(of.inventions) - ours.found, key=_by_place)
    return {
        "files": len(of.files),
        "lines": of.lines,
        "inventions": len(of.inventions),
        "ways": dict(Counter(i.way for i in of.inventions)),
        "recall": [dict(zip(columns, row, strict=True)) for row in rows],
        "missed": [
            f"{i.path}:{i.line}: {i.kind} ({i.way}) {i.was} -> {i.name}"
            f"{f' ({sure[i].value})' if sure else ''}"
            for i in missed
        ],
        "tools": {
            o.tool: {
                "alarms": [f"{s.path}:{s.line}: {s.code} {s.message}" for s in o.alarms],
                "deprecated": [f"{s.path}:{s.line}: {s.message}" for s in o.deprecated],
                "not_installed": o.not_installed,
                "found": dict(Counter(i.kind for i in o.found)),
                "seconds": round(o.seconds, 2),
            }
            for o in outcomes
        },
    }


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else ""


if __name__ == "__main__":
    sys.exit(main())
