"""How often ``check`` cries wolf over code known to work, and what it finds of invented names.

``python -m benchmarks.lint_precision`` runs the command over packages from the package index, side
by side with ``ty check``, basedpyright, ruff and pyflakes (installed into a virtual environment of
their own), on the same files. *Alarms* are what a tool says of names in the packages as they are,
but for modules that really are not installed. Then names are invented in the same files: an
attribute, a bare name, an imported member, a keyword or a module gets a name that occurs nowhere in
its file. *Found* are those on whose line a tool says something that it did not say before;
*closed* are those of which ``pilotfish inspect`` says that every name that may stand there is
known, and *precision* is the share of the found among all that a tool says.

Rules were tuned on the packages of the first group only; the second is held out. ``--lines`` is how
much of each package is looked at. The copies are kept in ``--world``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.installed import Installed, distribution, install
from benchmarks.lint_tools import TOOLS, Said, Tool, run
from benchmarks.lint_world import KINDS, Group, Invention, group
from benchmarks.report import RESULTS, save, show

#: Import names, and the distributions that bring them where they are called otherwise.
TUNED = ("rich", "httpx", "click", "attr", "pygments", "requests", "packaging", "typer")
HELD_OUT = (
    "alembic", "apscheduler", "babel", "bottle", "cattrs", "cookiecutter", "feedparser", "fsspec",
    "httplib2", "invoke", "jsonschema", "lark", "mako", "mistune", "nox", "oauthlib", "peewee",
    "pexpect", "prompt_toolkit", "pyparsing", "rq", "sqlparse", "tomlkit", "virtualenv",
    "watchdog", "websockets",
)  # fmt: skip
_ASKED_AT_MOST = 400


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one tool said of one group."""

    tool: str
    alarms: tuple[Said, ...]
    not_installed: int
    found: frozenset[Invention]
    seconds: float


def measure(tool: Tool, of: Group, tools: Installed, python: Path) -> Outcome:
    """Run ``tool`` over the group as it is and with its inventions."""
    before, seconds = run(tool, tools, python, of.clean, of.files)
    after, _ = run(tool, tools, python, of.invented, of.files)
    missing = _missing({s for s in before if _about_modules(s)}, of, python)
    alarms = tuple(s for s in before if (s.path, s.line) not in missing)
    known = Counter((s.path, s.line, s.code) for s in before)
    new = Counter((s.path, s.line, s.code) for s in after) - known
    places = {(path, line) for path, line, _ in new}
    found = frozenset(i for i in of.inventions if (i.path, i.line) in places)
    return Outcome(tool.name, alarms, len(before) - len(alarms), found, seconds)


def _about_modules(said: Said) -> bool:
    return said.code in ("PF102", "unresolved-import", "import-not-found", "reportMissingImports")


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


def closed(of: Group, python: Path) -> tuple[list[Invention], set[Invention]]:
    """A sample of the inventions, and those whose set of names ``pilotfish inspect`` calls closed.

    Asked of the files as they are, at the end of the name that stood there.
    """
    asked = sorted(of.inventions, key=lambda i: (i.path, i.line))
    step = max(1, len(asked) // _ASKED_AT_MOST)
    asked = asked[::step]
    lines = "".join(
        json.dumps(
            {
                "path": str(of.clean / i.path),
                "line": i.line - 1,
                "character": i.column + len(i.was),
            }
        )
        + "\n"
        for i in asked
    )
    command = [
        str(Path(sys.executable).parent / "pilotfish"), "inspect", "--jsonl",
        "--deadline-ms", "20000",
        "--python", str(python), "--workspace", str(of.clean),
    ]  # fmt: skip
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(asked):
        raise SystemExit(f"inspect answered {len(answers)} of {len(asked)}: {done.stderr[-500:]}")
    sure = {i for i, a in zip(asked, answers, strict=True) if a.get("tier") == "closed"}
    return asked, sure


def main() -> int:
    """Measure both groups with every tool and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", nargs="+", help="these instead of the two groups")
    parser.add_argument("--lines", type=int, default=1500, help="about so many of each package")
    parser.add_argument("--inventions", type=int, default=4, help="in each file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--tools", nargs="*", choices=[t.name for t in TOOLS], default=[t.name for t in TOOLS]
    )
    parser.add_argument("--no-tiers", action="store_true", help="do not ask which sets are closed")
    parser.add_argument("--world", type=Path, default=RESULTS / "lint-world")
    options = parser.parse_args()
    chosen = [tool for tool in TOOLS if tool.name in options.tools]
    groups = {"tuned": TUNED, "held out": HELD_OUT}
    if options.packages:
        groups = {"chosen": tuple(options.packages)}
    world = options.world.resolve()
    wanted = [distribution(name) for names in groups.values() for name in names]
    place = install(wanted, "lint-packages")
    tools = install([t.requirement for t in TOOLS if t.requirement], "lint-tools")
    result: dict[str, object] = {"lines": options.lines, "seed": options.seed}
    for name, packages in groups.items():
        of = group(
            name,
            packages,
            place.folders[0],
            world / name.replace(" ", "-"),
            lines=options.lines,
            inventions=options.inventions,
            seed=options.seed,
        )
        outcomes = [measure(tool, of, tools, place.python) for tool in chosen]
        asked, sure = ([], set()) if options.no_tiers else closed(of, place.python)
        result[name] = _tell(of, outcomes, asked, sure)
    print(save("lint_precision", result))
    return 0


def _tell(
    of: Group, outcomes: Sequence[Outcome], asked: list[Invention], sure: set[Invention]
) -> dict[str, object]:
    for outcome in outcomes:
        if outcome.tool == "pilotfish":
            for said in outcome.alarms:
                print(f"{said.path}:{said.line}: {said.code} {said.message}")
    rows, kinds = [], []
    for o in outcomes:
        share = len(o.found) / max(1, len(of.inventions))
        precision = len(o.found) / max(1, len(o.found) + len(o.alarms))
        rows.append(
            (
                o.tool, len(o.alarms), f"{20_000 * len(o.alarms) / max(1, of.lines):.2f}",
                o.not_installed, f"{len(o.found)} of {len(of.inventions)}", f"{share:.0%}",
                f"{precision:.0%}", f"{o.seconds:.1f}", f"{of.lines / o.seconds:.0f}",
            )
        )  # fmt: skip
    total = Counter(i.kind for i in of.inventions)
    for kind in KINDS:
        shares = [sum(i.kind == kind for i in o.found) / max(1, total[kind]) for o in outcomes]
        kinds.append((kind, total[kind], *(f"{share:.0%}" for share in shares)))
    show(
        f"{of.name}: {len(of.files)} files, {of.lines:,} lines",
        ("tool", "alarms", "per 20,000", "not installed", "found", "recall", "precision", "s",
         "lines/s"),
        rows,
    )  # fmt: skip
    show(f"{of.name}: recall by kind", ("kind", "invented", *(o.tool for o in outcomes)), kinds)
    ours = next((o.found for o in outcomes if o.tool == "pilotfish"), frozenset[Invention]())
    by_tier: dict[str, object] = {}
    if asked and ours:
        table = []
        for kind in (*KINDS, "all"):
            of_kind = [i for i in asked if kind in (i.kind, "all")]
            certain = [i for i in of_kind if i in sure]
            hit = sum(i in ours for i in certain)
            by_tier[kind] = {"asked": len(of_kind), "closed": len(certain), "found": hit}
            table.append(
                (kind, len(of_kind), len(certain), hit, f"{hit / max(1, len(certain)):.0%}")
            )
        show(f"{of.name}: where the set is closed", ("kind", "asked", "closed", "found", ""), table)
    return {
        "files": len(of.files),
        "lines": of.lines,
        "inventions": len(of.inventions),
        "where_closed": by_tier,
        "missed": [
            f"{i.path}:{i.line}: {i.kind} {i.was} -> {i.name}{' (closed)' if i in sure else ''}"
            for i in of.inventions
            if i not in ours
        ],
        "tools": {
            o.tool: {
                "alarms": [f"{s.path}:{s.line}: {s.code} {s.message}" for s in o.alarms],
                "not_installed": o.not_installed,
                "found": dict(Counter(i.kind for i in o.found)),
                "seconds": round(o.seconds, 2),
            }
            for o in outcomes
        },
    }


if __name__ == "__main__":
    sys.exit(main())
