"""What guidance costs: ``python -m benchmarks.overhead [--sites 30] [--model NAME]``

The same lines of real packages are written with and without guidance, by the shipped writer with
the shipped analysis pool, in turns after a warm-up of each. The prompt is in the cache every time,
as it is while someone types, so that nothing hides the difference. A guided line may be another
line: its time counts as it is. Wall time; run it on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from concurrent.futures import wait
from dataclasses import dataclass, field

from analysis.deadline import Cancellation, Deadline
from analysis.syntax.holes import hole_at
from analysis.worker.pool import AnalysisPool
from analysis.worker.process import WorkerSettings, cache_folder
from analysis.worker.queries import NamesQuery
from benchmarks.holes import CutLine, cut_lines
from benchmarks.report import quantile, save, show
from decoding.completion import Completion
from decoding.evidence import Evidence
from decoding.models import store
from decoding.opening import open_writer
from decoding.writer import InfillRequest, Writer

PACKAGES = ("rich", "httpx", "argparse", "huggingface_hub", "json", "hypothesis")
KINDS = frozenset({"attribute", "import_member", "import_module"})
ROUNDS = 2
FIRST_LOOK_S = 20.0


@dataclass(slots=True)
class Times:
    """Milliseconds of one site's runs."""

    free: list[float] = field(default_factory=list)
    guided: list[float] = field(default_factory=list)
    same: bool = False
    pruned: bool = False

    @property
    def ratio(self) -> float:
        """Guided by unguided time, each the best of its rounds."""
        return min(self.guided) / min(self.free)


def run(writer: Writer, cut: CutLine, evidence: Evidence | None) -> Completion:
    """Write one line."""
    request = InfillRequest(cut.snapshot, cut.offset, max_tokens=32)
    forever = Deadline.never()
    return writer.complete(request, evidence, deadline=forever, cancellation=Cancellation())


def look(pool: AnalysisPool, cut: CutLine) -> None:
    """Let the analysis read the file once, as the server does when a file is opened."""
    hole = hole_at(cut.snapshot.text, cut.offset)
    query = NamesQuery(cut.snapshot, hole)
    wait([pool.ask(query, Deadline.after(FIRST_LOOK_S))], timeout=FIRST_LOOK_S)


def measure(writer: Writer, pool: AnalysisPool, cuts: list[CutLine], seconds: float) -> list[Times]:
    """Every site, in turns, until ``seconds`` are over."""
    measured: list[Times] = []
    deadline = Deadline.after(seconds)
    for cut in cuts:
        if measured and deadline.expired():
            break
        times = Times()
        look(pool, cut)
        free, guided = run(writer, cut, None), run(writer, cut, pool)
        times.same = free.text == guided.text
        times.pruned = any(event.rejected for event in guided.events)
        for turn in range(ROUNDS):
            both = ((None, times.free), (pool, times.guided))
            for evidence, into in both if turn % 2 else both[::-1]:
                into.append(run(writer, cut, evidence).ms.total)
        measured.append(times)
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return measured


def main() -> int:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(prog="benchmarks.overhead")
    parser.add_argument("--sites", type=int, default=30)
    parser.add_argument("--model", default="complete")
    parser.add_argument("--seconds", type=float, default=3600, help="stop after so many")
    options = parser.parse_args()
    each = -(-options.sites // len(PACKAGES))
    cuts = cut_lines(PACKAGES, each, KINDS, seed=11)
    # In turns, so that a run that is stopped early has seen every package.
    cuts = sorted(cuts, key=lambda cut: cuts.index(cut) % each)[: options.sites]
    with AnalysisPool(WorkerSettings(cache_folder())) as pool:
        writer = open_writer(store.resolve(options.model))
        times = measure(writer, pool, cuts, options.seconds)
        writer.close()
    ratios = [one.ratio for one in times]
    alike = [one.ratio for one in times if one.same]
    result = {
        "sites": len(times),
        "median": round(statistics.median(ratios), 3),
        "p95": round(quantile(ratios, 0.95), 3),
        "total": round(
            sum(min(one.guided) for one in times) / sum(min(one.free) for one in times), 3
        ),
        "same_text": len(alike),
        "median_same": round(statistics.median(alike), 3) if alike else None,
        "pruned": sum(one.pruned for one in times),
        "free_ms": round(statistics.median(min(one.free) for one in times), 1),
        "guided_ms": round(statistics.median(min(one.guided) for one in times), 1),
    }
    show("Guided / unguided wall time", list(result), [list(result.values())])
    save("overhead", {"model": options.model, **result})
    return 0


if __name__ == "__main__":
    sys.exit(main())
