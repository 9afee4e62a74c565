"""How often a closed set leaves out the name that the author wrote, and what else it admits.

``python -m benchmarks.soundness [--sites 4] [--least 300] [--slice 1/4]
[--group tuned|held-out|fresh] [--packages NAME …] [--without NAME …|all]``

Sites are made from real code: a name, or all but its beginning, is removed and everything else of
the file is kept. The answer is asked of the analysis worker as the editor would. Rules are tuned
on one group of packages only; the others are run afterwards and never tuned on. Each group is
installed, in the versions named below, into a virtual environment of the benchmark's own. Of an
argument that is written out all is removed: *missed* is one that would be refused.

Attributes are counted apart for the standard library, for packages that say that they are typed
(``py.typed``, PEP 561) and for those that do not. For each kind: sites, the share of closed sets,
those that lack the name (*missed*; *bare* counts also what only another use in the same file, a
witness, put there), and of the identifiers of the same file that are no members at run time the
share that closed sets exclude. Prints every miss; the JSON holds every site with what was said
about it.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from analysis.deadline import Deadline
from analysis.errors import AnalysisError
from analysis.names import NameSet, Tier
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.holes import hole_at, value_at
from analysis.text.files import read_file
from analysis.worker.pool import AnalysisPool, WorkerSettings, cache_folder
from analysis.worker.queries import NamesQuery
from benchmarks import run_time
from benchmarks.installed import IMPORTED_AS, Installed, install
from benchmarks.report import quantile, save, show
from benchmarks.sites import Site, files_of, sites_of
from benchmarks.without_patches import Alone, compare
from decoding.monitors.calls import ArgumentTypeMonitor
from decoding.monitors.monitor import Passage, Verdict
from decoding.monitors.names import NAMES

TUNED = (
    "rich==14.0.0", "httpx==0.28.1", "click==8.1.8", "attrs==25.3.0", "pygments==2.19.1",
    "requests==2.32.3", "packaging==25.0", "typer==0.15.2",
)  # fmt: skip
TUNED_STANDARD = (
    "argparse", "asyncio", "collections", "concurrent", "configparser", "dataclasses", "email",
    "http", "importlib", "inspect", "json", "logging", "pathlib", "subprocess", "tarfile",
    "textwrap", "typing", "unittest", "urllib", "zipfile",
)  # fmt: skip
#: Never looked at while a rule was written.
HELD_OUT = (
    "jinja2==3.1.6", "werkzeug==3.1.3", "flask==3.1.0", "starlette==0.46.2", "marshmallow==3.26.1",
    "tomlkit==0.13.2", "networkx==3.4.2", "docutils==0.21.2", "anyio==4.9.0", "mako==1.3.10",
)  # fmt: skip
#: Named after the rules were done, for one more look from outside.
FRESH = (
    "structlog==25.1.0", "trio==0.29.0", "tenacity==9.0.0", "itsdangerous==2.2.0", "h2==4.2.0",
    "sortedcontainers==2.4.0", "hatchling==1.27.0", "arrow==1.3.0", "loguru==0.7.3",
    "humanize==4.12.2", "tox==4.24.2", "paramiko==3.5.1",
)  # fmt: skip
FRESH_STANDARD = (
    "shutil", "zipimport", "sched", "cmd", "pdb", "poplib", "ftplib", "plistlib", "xmlrpc",
    "profile", "tokenize", "locale",
)  # fmt: skip
HELD_OUT_STANDARD = (
    "ast", "bdb", "calendar", "csv", "ctypes", "decimal", "difflib", "fractions", "gzip", "heapq",
    "imaplib", "mailbox", "multiprocessing", "optparse", "pickle", "random", "smtplib", "sqlite3",
    "statistics", "string", "threading", "tkinter", "wsgiref", "xml",
)  # fmt: skip
GROUPS = {
    "tuned": (TUNED, TUNED_STANDARD),
    "held-out": (HELD_OUT, HELD_OUT_STANDARD),
    "fresh": (FRESH, FRESH_STANDARD),
}
KINDS = (
    HoleKind.ATTRIBUTE, HoleKind.IMPORT_MODULE, HoleKind.IMPORT_MEMBER, HoleKind.KEYWORD,
    HoleKind.NAME, HoleKind.EXCEPTION, HoleKind.DECORATOR, HoleKind.SUBSCRIPT_KEY,
    HoleKind.ARGUMENT_TYPE,
)  # fmt: skip
_DEADLINE_S = 5.0
_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the worker said at a site. ``names`` is kept for closed sets only."""

    group: str
    package: str
    told: str
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
    receiver_type: str
    seconds: float
    names: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class Package:
    """What is asked about, and to which group it belongs."""

    name: str
    group: str
    standard: bool

    def told(self, place: Installed) -> str:
        """Under which name its attributes are counted."""
        if self.standard:
            return "standard library"
        folder = IMPORTED_AS.get(self.name, self.name)
        typed = any((root / folder / "py.typed").is_file() for root in place.folders)
        return "typed packages" if typed else "other packages"


def ask(
    pool: AnalysisPool | Alone, package: Package, told: str, site: Site, home: Workspace, typed: int
) -> Outcome:
    """Remove all but ``typed`` characters of the site's name and ask what may stand there."""
    text = read_file(site.path).text
    typed = 0 if site.kind == HoleKind.ARGUMENT_TYPE.value else typed
    cut = text[: site.start + typed] + text[site.end :]
    begun = time.monotonic()
    argument = site.kind == HoleKind.ARGUMENT_TYPE.value
    hole = value_at(cut, site.start) if argument else hole_at(cut, site.start + typed)
    assert hole is not None, f"{site.path}: no argument begins at {site.start}"
    if site.kind == HoleKind.NAME.value and hole.kind in NAMES:
        # As it is asked once a name has ended that nobody knows: it is no keyword then, and no key.
        hole = replace(hole, kind=HoleKind.NAME, receiver=None, receiver_text="")
    asked = Snapshot(str(site.path), cut, home)
    behind = Passage(cut[: hole.start], site.name, cut[hole.start :], ended=True)
    if argument and hole.end == hole.cursor and ArgumentTypeMonitor().filled(behind):
        # As the monitor asks: with all of it there.
        end = hole.start + len(site.name)
        hole = replace(hole, cursor=end, end=end, prefix=site.name)
        asked = asked.with_text(text)
    query = NamesQuery(asked, hole)
    answer: NameSet = pool.ask(query, Deadline.after(_DEADLINE_S)).result()
    seconds = time.monotonic() - begun
    names = {n.name: n.origin for n in answer.names}
    closed = answer.tier is Tier.CLOSED
    return Outcome(
        package.group,
        package.name,
        told,
        str(site.path),
        text.count("\n", 0, site.start) + 1,
        site.kind,
        site.name,
        answer.tier.value,
        _stands(answer, hole, site.name, cut) if argument else site.name in names,
        names.get(site.name) == "witness",
        len(names),
        answer.reason,
        hole.receiver_text[:80],
        answer.receiver_type,
        seconds,
        frozenset(names) if closed else frozenset(),
    )


def _stands(answer: NameSet, hole: Hole, written: str, cut: str) -> bool:
    """Whether the monitor lets an argument be that was ``written`` in ``hole`` of ``cut``."""
    passage = Passage(cut[: hole.start], written, cut[hole.start :], ended=True)
    return ArgumentTypeMonitor().judge(hole, answer, passage) is not Verdict.REJECTED


def pooled(package: Package, place: Installed, kinds: set[str], seed: int) -> dict[str, list[Site]]:
    """Every site of a package by kind, in a random order."""
    by_kind: dict[str, list[Site]] = {}
    for path in files_of(package.name, place.folders):
        try:
            text = read_file(path).text
        except AnalysisError:
            continue
        for site in sites_of(path, text):
            if site.kind in kinds:
                by_kind.setdefault(site.kind, []).append(site)
    for kind, sites in by_kind.items():
        random.Random(f"{seed} {package.name} {kind}").shuffle(sites)
    return by_kind


def drawn(
    pools: dict[Package, dict[str, list[Site]]], count: int, least: int
) -> dict[Package, list[Site]]:
    """Up to ``count`` sites of each kind from each package, in order of its files. Kinds of which
    a group would have fewer than ``least`` are drawn more often, from each package that has more.
    """
    limits: dict[tuple[str, str], int] = {}
    for group, kind in {(p.group, kind) for p, pool in pools.items() for kind in pool}:
        sizes = [len(pool.get(kind, ())) for p, pool in pools.items() if p.group == group]
        limit = count
        while sum(min(limit, size) for size in sizes) < min(least, sum(sizes)):
            limit += 1
        limits[group, kind] = limit
    return {
        package: sorted(
            (site for kind, sites in pool.items() for site in sites[: limits[package.group, kind]]),
            key=lambda site: (str(site.path), site.start),
        )
        for package, pool in pools.items()
    }


def measure(
    packages: Sequence[Package], place: Installed, options: argparse.Namespace
) -> Iterator[Outcome]:
    """Ask at the sites of each package until the budget of seconds is spent."""
    with AnalysisPool(WorkerSettings(cache_folder())) as pool:
        home = Workspace(str(Path.cwd()), python=str(place.python))
        pool.ask(
            NamesQuery(Snapshot("", "''.", home), hole_at("''.", 3)), Deadline.after(60)
        ).result()
        yield from answers(pool, packages, place, options)


def answers(
    pool: AnalysisPool | Alone,
    packages: Sequence[Package],
    place: Installed,
    options: argparse.Namespace,
) -> Iterator[Outcome]:
    """What ``pool`` says at the sites of each package."""
    home = Workspace(str(Path.cwd()), python=str(place.python))
    pools = {p: pooled(p, place, set(options.kinds), options.seed) for p in packages}
    sites = drawn(pools, options.sites, options.least)
    part, parts = options.slice
    ends = Deadline.after(options.budget) if options.budget else Deadline.never()
    for package, chosen in sites.items():
        drawing = random.Random(f"{options.seed} {package.name}")
        for site in chosen[part - 1 :: parts]:
            if ends.expired():
                return
            typed = drawing.choice((0, 0, 1, len(site.name) // 2))
            yield ask(pool, package, package.told(place), site, home, typed)


def excluded(outcomes: Iterable[Outcome], place: Installed) -> dict[tuple[str, str], list[int]]:
    """By group and kind: how many identifiers that are no members were looked at, and excluded."""
    counts: dict[tuple[str, str], list[int]] = {}
    words: dict[str, frozenset[str]] = {}
    command = [str(place.python), "-I", run_time.__file__, *map(str, place.folders)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for outcome in outcomes:
            if outcome.kind not in ("attribute", "import_member", "name", "exception", "decorator"):
                continue
            if outcome.tier != Tier.CLOSED.value or " | " in outcome.receiver_type:
                continue
            asked = {"kind": outcome.kind, "path": outcome.path, "line": outcome.line}
            asked["receiver"] = outcome.receiver_type
            process.stdin.write(json.dumps(asked) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
            if not answer:
                break  # a package ended the process
            members = json.loads(answer)
            if members is None:
                continue
            if outcome.path not in words:
                text = Path(outcome.path).read_text(encoding="utf-8", errors="replace")
                words[outcome.path] = frozenset(_WORD.findall(text))
            strangers = words[outcome.path].difference(members)
            count = counts.setdefault((outcome.group, outcome.kind), [0, 0])
            count[0] += len(strangers)
            count[1] += len(strangers - outcome.names)
        process.stdin.close()
    return counts


WITHOUT = ("without", "closed %", "missed", "other", "seconds")
COLUMNS = (
    "group", "kind", "sites", "closed %", "missed", "missed %", "bare %", "size", "excluded %",
    "p50 ms", "p95 ms", "p99 ms", "worst",
)  # fmt: skip


def table(
    outcomes: Sequence[Outcome], strangers: dict[tuple[str, str], list[int]]
) -> list[tuple[object, ...]]:
    """The numbers: one row a group and kind, and one a group."""
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.group, outcome.kind), []).append(outcome)
        groups.setdefault((outcome.group, "all"), []).append(outcome)
        if outcome.kind == HoleKind.ATTRIBUTE.value:
            groups.setdefault((outcome.group, f"attribute, {outcome.told}"), []).append(outcome)
    return [
        (name, kind, *_numbers(group), *_times(group, strangers.get((name, kind))))
        for (name, kind), group in sorted(groups.items())
    ]


def _numbers(group: Sequence[Outcome]) -> tuple[object, ...]:
    closed = [o for o in group if o.tier == Tier.CLOSED.value]
    missed = [o for o in closed if not o.found]
    without = [o for o in closed if not o.found or o.witness]
    return (
        len(group),
        f"{100 * len(closed) / len(group):.1f}",
        len(missed),
        f"{100 * len(missed) / max(1, len(closed)):.2f}",
        f"{100 * len(without) / max(1, len(closed)):.2f}",
        f"{statistics.median([o.size for o in closed] or [0]):.0f}",
    )


def _times(group: Sequence[Outcome], strangers: list[int] | None) -> tuple[object, ...]:
    times = [o.seconds * 1000 for o in group]
    shares = (f"{quantile(times, share):.0f}" for share in (0.5, 0.95, 0.99, 1.0))
    return (f"{100 * strangers[1] / max(1, strangers[0]):.2f}" if strangers else "", *shares)


def chosen_packages(options: argparse.Namespace) -> list[Package]:
    """Those of the chosen groups, or those named."""
    if options.packages:
        standard = {name for _, modules in GROUPS.values() for name in modules}
        return [Package(name, "named", name in standard) for name in options.packages]
    found = []
    for group in options.group:
        requirements, modules = GROUPS[group]
        found += [Package(r.partition("==")[0], group, False) for r in requirements]
        found += [Package(name, group, True) for name in modules]
    return found


def _slice(text: str) -> tuple[int, int]:
    part, _, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise argparse.ArgumentTypeError(f"'{text}' is no part: write 1/4 for the first of four")
    return int(part), int(parts)


def main() -> int:
    """Measure, print the table and the misses, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--packages", nargs="+", help="these, of what is installed, instead")
    parser.add_argument("--group", choices=GROUPS, nargs="+", default=["tuned", "held-out"])
    parser.add_argument("--sites", type=int, default=4, help="sites a package and kind")
    parser.add_argument(
        "--least", type=int, default=0, help="sites a group and kind, from packages that have more"
    )
    parser.add_argument(
        "--slice", type=_slice, default=(1, 1), metavar="I/N", help="the I-th of N parts of them"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--budget", type=float, default=0.0, metavar="S", help="ask none later")
    parser.add_argument("--kinds", nargs="+", default=[kind.value for kind in KINDS])
    parser.add_argument("--reasons", action="store_true", help="why sets were not closed")
    parser.add_argument(
        "--without", nargs="+", metavar="NAME", help="what these changes to jedi bring; or 'all'"
    )
    options = parser.parse_args()
    fresh = options.group == ["fresh"]
    place = install(FRESH if fresh else [*TUNED, *HELD_OUT], "fresh" if fresh else "soundness")
    if options.without:
        packages = chosen_packages(options)
        rows = compare(
            options.without, lambda alone: list(answers(alone, packages, place, options))
        )
        show("without one change to jedi", WITHOUT, rows)
        save("without_patches", {"arguments": vars(options), "rows": rows})
        return 0
    outcomes = list(measure(chosen_packages(options), place, options))
    strangers = excluded(outcomes, place)
    show("closed sets against what was written", COLUMNS, table(outcomes, strangers))
    for o in outcomes:
        if o.tier == Tier.CLOSED.value and not o.found:
            print(f"missed: {o.path}:{o.line} {o.kind} {o.receiver} . {o.name} ({o.size} names)")
    if options.reasons:
        reasons = Counter((o.kind, o.reason) for o in outcomes if o.tier != Tier.CLOSED.value)
        for (kind, reason), count in reasons.most_common(60):
            print(f"{count:>6}  {kind}: {reason}")
    late = sum(o.seconds > _DEADLINE_S + 0.02 for o in outcomes)
    print(f"{len(outcomes)} sites; {late} answered more than 20 ms behind their deadline")
    kept = [{k: v for k, v in asdict(o).items() if k != "names"} for o in outcomes]
    save("soundness", {"arguments": vars(options), "outcomes": kept})
    return 0


if __name__ == "__main__":
    sys.exit(main())
