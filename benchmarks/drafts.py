"""What drafts save: ``python -m benchmarks.drafts [--functions 24] [--lines 24] [--budget 600]``

*Rewriting*: a function of a real package stands in the file, and below it the header of another
version of it, which the model writes to the end of its block. *Elsewhere*: the rest of single
lines. Each is written with and without drafts, in turns, unguided, the prompt in the cache. Both
ways must write the same text; the last column counts where they do not. *Guessed* are the cases in
which there was a draft at all. *Slower* is the share of cases that took over 3 % longer with
drafts, of those with one and of those without: the latter do the same work twice, and what they
differ by is the error of the measurement. *Dearer* counts cases that cost over 3 % more by what
the passes they took cost on this machine just then, which no single pass can disturb. The
*ceiling* is how much faster this machine computes eight tokens in one batch than one by one,
measured in the same run.
"""

from __future__ import annotations

import argparse
import ast
import random
import statistics
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Snapshot, Workspace
from benchmarks.counted import Counted
from benchmarks.holes import cut_lines
from benchmarks.report import quantile, save, show
from benchmarks.sites import files_of
from decoding.completion import Completion
from decoding.local_writer import Guiding, LocalWriter
from decoding.loop.drafts import Price
from decoding.models import store
from decoding.opening import cache_folder
from decoding.writer import InfillRequest

PACKAGES = ("httpx", "rich", "json", "argparse", "hypothesis", "click")
BATCH = 8
#: From here on a case counts as slower.
SLOWER = 1.03


@dataclass(frozen=True, slots=True)
class Case:
    """What is to be written: where, and whether it is a whole block."""

    kind: str
    snapshot: Snapshot
    offset: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """Milliseconds of the decoding alone, tokens, whether both ways wrote the same, whether there
    was a draft, and what the passes with drafts cost of those without."""

    kind: str
    plain: float
    drafted: float
    tokens: int
    same: bool
    guessed: bool
    cost: float

    @property
    def slower(self) -> bool:
        """Whether drafts made it so."""
        return self.drafted > SLOWER * self.plain


def rewriting(count: int) -> list[Case]:
    """Functions with the header of their next version below."""
    found = []
    for package in PACKAGES:
        for path in files_of(package):
            text = path.read_text("utf-8", "replace")
            if len(text) > 60_000:
                continue
            for node in ast.walk(ast.parse(text)):
                if not isinstance(node, ast.FunctionDef) or node.col_offset or node.decorator_list:
                    continue
                lines = text.splitlines()[node.lineno - 1 : node.end_lineno]
                if 8 <= len(lines) <= 20 and lines[0].endswith(":"):
                    header = lines[0].replace(node.name, f"{node.name}_checked", 1)
                    old = "\n".join(lines)
                    new = f"{old}\n\n\n# The same, but None is refused with a ValueError.\n{header}"
                    found.append(Case("rewriting", _snapshot(path, new), len(new)))
    random.Random(3).shuffle(found)
    return found[:count]


def elsewhere(count: int) -> list[Case]:
    """The rest of single lines."""
    each = -(-count // len(PACKAGES))
    cuts = cut_lines(PACKAGES, each, {"attribute"}, seed=13)
    return [Case("elsewhere", cut.snapshot, cut.offset) for cut in cuts][:count]


def _snapshot(path: Path, text: str) -> Snapshot:
    return Snapshot(str(path), text, Workspace(str(path.parent)))


def ceiling(runtime: Counted) -> float:
    """Tokens a second in batches of :data:`BATCH` over tokens a second one by one."""
    tokens = runtime.tokenize("def area(width, height):\n    return width * height\n" * 12)
    runtime.truncate(0)
    runtime.evaluate(tokens, Cancellation())

    def pace(size: int) -> float:
        best = float("inf")
        for _ in range(3):
            begun = time.monotonic()
            for start in range(0, 16, size):
                runtime.evaluate_all(tokens[start : start + size], Cancellation())
            best = min(best, time.monotonic() - begun)
            runtime.truncate(len(tokens))
        return best

    return pace(1) / pace(BATCH)


def prices(runtime: Counted) -> Price:
    """What a batch of each size costs here, in passes over one token."""
    tokens = runtime.tokenize("def area(width, height):\n    return width * height\n" * 12)
    runtime.truncate(0)
    runtime.evaluate(tokens, Cancellation())
    price = Price()
    for _ in range(6):
        for size in (1, 1, 2, 4, 8, 16, 17):
            begun = time.monotonic()
            runtime.evaluate_all(tokens[:size], Cancellation())
            price.note(size, time.monotonic() - begun)
            runtime.truncate(len(tokens))
    return price


def measure(
    runtime: Counted, writers: tuple[LocalWriter, LocalWriter], case: Case, turns: int, price: Price
) -> Outcome:
    """One case, without drafts and with, so many times; the better time of each counts."""
    plain, drafted = writers
    times: dict[bool, list[float]] = {False: [], True: []}
    sizes: dict[bool, list[int]] = {}
    texts: dict[bool, Completion] = {}
    request = InfillRequest(
        case.snapshot,
        case.offset,
        max_tokens=96 if case.kind == "rewriting" else 32,
        multiline=case.kind == "rewriting",
    )
    # Read once beforehand, so that both ways find the prompt in the cache.
    plain.complete(
        replace(request, max_tokens=1), None, deadline=Deadline.never(), cancellation=Cancellation()
    )
    for turn in range(turns):
        for drafts in (False, True) if turn % 2 else (True, False):
            writer = drafted if drafts else plain
            runtime.restart()
            done = writer.complete(
                request, None, deadline=Deadline.never(), cancellation=Cancellation()
            )
            times[drafts].append(done.ms.decode)
            texts[drafts], sizes[drafts] = done, runtime.sizes
    cost = {way: sum(map(price.cost, some)) for way, some in sizes.items()}
    return Outcome(
        case.kind,
        min(times[False]),
        min(times[True]),
        texts[False].tokens,
        texts[False].text == texts[True].text,
        any(size > 1 for size in sizes[True]),
        cost[True] / cost[False],
    )


def _share(said: list[bool]) -> str:
    return f"{sum(said) / len(said):.2f}" if said else "–"


def main() -> int:
    """Measure, print, save; 1 if drafts changed an output."""
    parser = argparse.ArgumentParser(prog="benchmarks.drafts")
    parser.add_argument("--functions", type=int, default=24)
    parser.add_argument("--lines", type=int, default=24)
    parser.add_argument("--budget", type=float, default=600.0, metavar="S")
    parser.add_argument("--turns", type=int, default=3, help="times that each way is measured")
    parser.add_argument("--model", default="complete")
    options = parser.parse_args()
    deadline = Deadline.after(options.budget)
    runtime = Counted(store.resolve(options.model).path)
    guessing, folder = Guiding(drafts=True), cache_folder()
    writers = (
        LocalWriter(runtime, cache=folder, guiding=replace(guessing, drafts=False)),
        LocalWriter(runtime, cache=folder, guiding=guessing),
    )
    highest, price = ceiling(runtime), prices(runtime)
    outcomes: list[Outcome] = []
    cases = [*rewriting(options.functions), *elsewhere(options.lines)]
    for case in sorted(cases, key=lambda case: cases.index(case) % max(1, options.functions)):
        if deadline.expired():
            break
        outcomes.append(measure(runtime, writers, case, options.turns, price))
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    runtime.close()
    rows: list[list[object]] = []
    for kind in ("rewriting", "elsewhere"):
        some = [o for o in outcomes if o.kind == kind and o.tokens]
        if not some:
            continue
        gains = [o.plain / o.drafted for o in some]
        total = sum(o.plain for o in some) / sum(o.drafted for o in some)
        rows.append(
            [
                kind,
                len(some),
                sum(o.tokens for o in some),
                f"{total:.2f}",
                f"{statistics.median(gains):.2f}",
                f"{quantile(gains, 0.05):.2f}",
                sum(o.guessed for o in some),
                _share([o.slower for o in some if o.guessed]),
                _share([o.slower for o in some if not o.guessed]),
                sum(o.cost > SLOWER for o in some),
                f"{total / highest:.2f}",
                sum(not o.same for o in some),
            ]
        )
    columns = [
        "",
        "cases",
        "tokens",
        "faster",
        "median",
        "p5",
        "guessed",
        "slower",
        "slower without",
        "dearer",
        "of the ceiling",
        "other text",
    ]
    show(f"Drafts (ceiling {highest:.2f})", columns, rows)
    save("drafts", {"model": options.model, "ceiling": round(highest, 3), "rows": rows})
    return int(any(not o.same for o in outcomes))


if __name__ == "__main__":
    sys.exit(main())
