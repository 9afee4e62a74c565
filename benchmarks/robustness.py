"""Whether analysis stands up to text as it is while somebody types.

``python -m benchmarks.robustness [--package packaging] [--broken 400] [--budget 240]
[--no-boundaries]``

First, every token boundary of every file of one package goes through syntax, holes and scopes: as
the text is, and with everything behind the boundary cut off. Then files of the package are cut off
at random places, or lose random bytes, and the analysis worker is asked what may stand there. No
exception and no hang may come of either.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import time
import tokenize
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from analysis.deadline import Deadline
from analysis.names import NameSet
from analysis.program.visible import visible
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.holes import hole_at
from analysis.syntax.tree import parse, reparse
from analysis.text.document import LineIndex
from analysis.text.files import read_file
from analysis.worker.pool import AnalysisPool, WorkerSettings, cache_folder
from analysis.worker.queries import NamesQuery
from benchmarks.report import quantile, save, show
from benchmarks.sites import files_of

_DEADLINE_S = 5.0


def boundaries(text: str) -> list[int]:
    """Where tokens begin and end, in code points."""
    lines = LineIndex(text)
    found: set[int] = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
            for line, column in (token.start, token.end):
                if line <= len(lines):
                    found.add(min(lines.start(line - 1) + column, len(text)))
    except (tokenize.TokenError, SyntaxError):
        pass
    return sorted(found)


class Tally:
    """Times and failures of one part."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.failures: list[str] = []

    def row(self, name: str) -> tuple[object, ...]:
        """The part in a table."""
        times = [second * 1000 for second in self.seconds] or [0.0]
        worst = f"{max(times):.0f}"
        p50, p99 = (f"{quantile(times, share):.2f}" for share in (0.5, 0.99))
        return name, len(self.seconds), len(self.failures), p50, p99, worst


def every_boundary(files: list[Path], ends: Deadline) -> Iterator[tuple[str, Tally]]:
    """Syntax, hole and scopes at every boundary of the whole text, and of the text before it."""
    whole, cut = Tally(), Tally()
    for path in files:
        text = read_file(path).text
        tree = parse(text)
        before = parse("")
        for offset in boundaries(text):
            if ends.expired():
                break
            for tally, shown in ((whole, text), (cut, text[:offset])):
                begun = time.perf_counter()
                try:
                    known = tree if tally is whole else reparse(before, shown)
                    hole_at(shown, offset, known)
                    visible(known, offset)
                    before = before if tally is whole else known
                except Exception:  # noqa: BLE001  # what is looked for
                    tally.failures.append(f"{path}:{offset}\n{traceback.format_exc()}")
                tally.seconds.append(time.perf_counter() - begun)
    yield "whole text", whole
    yield "cut off behind the boundary", cut


def broken(files: list[Path], count: int, seed: int) -> Iterator[tuple[str, Path, str, int]]:
    """What was done, a file, its broken text, and where to ask."""
    chosen = random.Random(seed)
    for number in range(count):
        path = chosen.choice(files)
        text = read_file(path).text
        at = chosen.randrange(len(text) + 1)
        if number % 2:
            yield "cut off", path, text[:at], at
            continue
        data = bytearray(text.encode())
        for _ in range(chosen.randint(1, 8)):
            begin = chosen.randrange(len(data) + 1)
            del data[begin : begin + chosen.randint(1, 3)]
        shown = data.decode(errors="replace")
        dots = [i + 1 for i, char in enumerate(shown) if char in ".("] or [len(shown)]
        yield "bytes deleted", path, shown, chosen.choice(dots)


def ask_worker(
    files: list[Path], count: int, seed: int, ends: Deadline
) -> tuple[Tally, Counter[str]]:
    """Ask about broken texts; what came of it, and how often each tier."""
    tally, tiers = Tally(), Counter[str]()
    home = Workspace(str(Path.cwd()), python=sys.executable)
    with AnalysisPool(WorkerSettings(cache_folder())) as pool:
        for done, path, text, offset in broken(files, count, seed):
            if ends.expired():
                break
            begun = time.perf_counter()
            query = NamesQuery(Snapshot(str(path), text, home), hole_at(text, offset))
            answer: NameSet = pool.ask(query, Deadline.after(_DEADLINE_S)).result()
            tally.seconds.append(time.perf_counter() - begun)
            tiers[answer.tier.value] += 1
            if answer.reason.startswith(("jedi failed", "a defect", "the analysis")):
                tally.failures.append(f"{done} {path}:{offset}: {answer.reason}")
            elif tally.seconds[-1] > _DEADLINE_S + 0.02:
                tally.failures.append(f"{done} {path}:{offset}: {tally.seconds[-1]:.3f} s")
            elif answer.reason == "late":
                tiers["late"] += 1
    return tally, tiers


def main() -> int:
    """Run both parts, print the table and the failures, write the JSON; 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--package", default="packaging")
    parser.add_argument("--broken", type=int, default=400, help="texts for the worker")
    parser.add_argument(
        "--boundaries",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="walk the token boundaries as well",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--budget", type=float, default=240.0, metavar="S", help="for both parts")
    options = parser.parse_args()
    files = files_of(options.package)
    parts: dict[str, Tally] = {}
    if options.boundaries:
        parts = dict(every_boundary(files, Deadline.after(options.budget / 2)))
    worker, tiers = ask_worker(
        files, options.broken, options.seed, Deadline.after(options.budget / 2)
    )
    parts["broken text, through the worker"] = worker
    rows = [tally.row(name) for name, tally in parts.items()]
    columns = ("", "places", "failures", "p50 ms", "p99 ms", "worst ms")
    show(f"robustness on {options.package} ({len(files)} files)", columns, rows)
    print(", ".join(f"{tier}: {count}" for tier, count in tiers.most_common()))
    failures = [failure for tally in parts.values() for failure in tally.failures]
    for failure in failures[:20]:
        print(failure)
    save(
        "robustness",
        {"arguments": vars(options), "rows": rows, "tiers": tiers, "failures": failures},
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
