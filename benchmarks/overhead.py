"""What guidance costs: ``python -m benchmarks.overhead [--sites 30] [--seconds 240] [--model M]``

The same lines of real packages are written with and without guidance, by the shipped writer with
the shipped analysis pool and all that ships switched on. *Cold*: nothing of the prompt is in the
cache, the analysis has read the file once. *Warm*: the prompt is in the cache, as it is while
someone types, so that nothing hides the difference; the better of two runs counts. Which way goes
first alternates from site to site. A guided line may be another line, and its time counts as it is.
So the ratio is told in its three factors, too: how many tokens the guided line has of the other's
(*length*), how many the model computed for each that it has (*computed*: what a search tries, what
was written before a name turned out to be wrong) and what each of them took (*per token*). *Slower
by length* is the share of the first in what the slower lines took longer. ``each`` of the JSON
says of every line what was computed and what happened.
Wall time wants an otherwise idle machine; *processor time* of this process (the model's threads and
the loop, not the analysis beside them) is taken too, which other work disturbs less.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from concurrent.futures import wait
from dataclasses import asdict, dataclass, field

from analysis.deadline import Cancellation, Deadline
from analysis.syntax.holes import hole_at
from analysis.worker.pool import AnalysisPool, WorkerSettings, cache_folder
from analysis.worker.queries import NamesQuery
from benchmarks.counted import Counted
from benchmarks.holes import CutLine, cut_lines
from benchmarks.report import quantile, save, show
from decoding.guidance.evidence import Evidence
from decoding.local_writer import LocalWriter
from decoding.models import store
from decoding.opening import cache_folder as vocabulary_folder
from decoding.writer import Completion, Event, InfillRequest, Writer

PACKAGES = ("rich", "httpx", "argparse", "huggingface_hub", "json", "hypothesis")
KINDS = frozenset({"attribute", "import_member", "import_module"})
WARM = 2
FIRST_LOOK_S = 20.0


@dataclass(slots=True)
class Times:
    """Milliseconds of one site's runs; the first of each is cold."""

    free: list[float] = field(default_factory=list)
    guided: list[float] = field(default_factory=list)
    #: The same in processor time.
    free_cpu: list[float] = field(default_factory=list)
    guided_cpu: list[float] = field(default_factory=list)
    pruned: bool = False
    place: str = ""
    #: Without and with guidance.
    texts: list[str] = field(default_factory=lambda: ["", ""])
    #: Passes through the model of the last run, without and with guidance, and tokens in them.
    passes: list[int] = field(default_factory=lambda: [0, 0])
    tokens: list[int] = field(default_factory=lambda: [0, 0])
    #: Tokens of the line as it stood in the end, however much of it is shown.
    written: list[int] = field(default_factory=lambda: [1, 1])
    #: What the last guided run waited for analysis, in milliseconds, and what it saw.
    waited: float = 0.0
    events: tuple[Event, ...] = ()

    @property
    def same(self) -> bool:
        """Whether guidance changed nothing."""
        return self.texts[0] == self.texts[1]

    @property
    def ratio(self) -> float:
        """Guided by unguided time, warm."""
        return min(self.guided[1:]) / min(self.free[1:])

    @property
    def length(self) -> float:
        """Tokens of the guided line by those of the other."""
        return self.written[1] / self.written[0]

    @property
    def computed(self) -> float:
        """Tokens that were computed for each of the line, guided by unguided."""
        return self.tokens[1] / self.tokens[0] / self.length

    @property
    def longer(self) -> float:
        """Milliseconds that the guided line takes more since it has more tokens."""
        return max(self.length - 1, 0.0) * min(self.free[1:])

    @property
    def slower(self) -> float:
        """Milliseconds that the guided line takes more."""
        return max(min(self.guided[1:]) - min(self.free[1:]), 0.0)

    @property
    def by_token(self) -> float:
        """The same for each token that was computed."""
        return self.ratio * self.tokens[0] / self.tokens[1]

    @property
    def cpu(self) -> float:
        """Guided by unguided processor time, warm."""
        return min(self.guided_cpu[1:]) / min(self.free_cpu[1:])

    @property
    def cold(self) -> float:
        """Guided by unguided time, cold."""
        return self.guided[0] / self.free[0]


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


def measure(
    runtime: Counted, pool: AnalysisPool, cuts: list[CutLine], seconds: float
) -> list[Times]:
    """Every site, until ``seconds`` are over."""
    # Each way has its own memory of prompts, as if it were the only one.
    free, guided = (LocalWriter(runtime, cache=vocabulary_folder()) for _ in range(2))
    measured: list[Times] = []
    deadline = Deadline.after(seconds)
    for cut in cuts:
        if measured and deadline.expired():
            break
        times = Times()
        look(pool, cut)
        ways = [
            (free, None, times.free, times.free_cpu),
            (guided, pool, times.guided, times.guided_cpu),
        ]
        if len(measured) % 2:
            ways.reverse()
        for writer, evidence, into, into_cpu in ways:
            runtime.truncate(0)
            for _ in range(1 + WARM):
                runtime.restart()
                begun, worked = time.monotonic(), time.process_time()
                done = run(writer, cut, evidence)
                into.append((time.monotonic() - begun) * 1e3)
                into_cpu.append((time.process_time() - worked) * 1e3)
            way = evidence is not None
            times.texts[way] = done.text
            times.passes[way], times.tokens[way] = runtime.passes, runtime.tokens
            times.written[way] = max(1, len(runtime.evaluated()) - done.prompt_tokens + 1)
            if evidence is not None:
                times.pruned = any(event.rejected for event in done.events)
                times.waited, times.events = done.ms.analysis, done.events
        times.place = f"{cut.site.path}:{cut.snapshot.text.count(chr(10), 0, cut.offset) + 1}"
        measured.append(times)
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return measured


def _spread(name: str, ratios: list[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    return {
        f"median_{name}": round(statistics.median(ratios), 3),
        f"p95_{name}": round(quantile(ratios, 0.95), 3),
    }


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
        runtime = Counted(store.resolve(options.model).path)
        times = measure(runtime, pool, cuts, options.seconds)
        runtime.close()
    ratios = [one.ratio for one in times]
    cold = [one.cold for one in times]
    alike = [one.ratio for one in times if one.same]
    cpu = [one.cpu for one in times]
    alike_cpu = [one.cpu for one in times if one.same]
    result = {
        "sites": len(times),
        "median": round(statistics.median(ratios), 3),
        "p95": round(quantile(ratios, 0.95), 3),
        "total": round(
            sum(min(one.guided[1:]) for one in times) / sum(min(one.free[1:]) for one in times), 3
        ),
        **_spread("length", [one.length for one in times]),
        **_spread("computed", [one.computed for one in times]),
        "slower_by_length": round(
            sum(min(one.longer, one.slower) for one in times)
            / max(sum(one.slower for one in times), 1e-9),
            2,
        ),
        **_spread("per_token", [one.by_token for one in times]),
        "cold": round(statistics.median(cold), 3),
        "cold_p95": round(quantile(cold, 0.95), 3),
        "same_text": len(alike),
        "median_same": round(statistics.median(alike), 3) if alike else None,
        "p95_same": round(quantile(alike, 0.95), 3) if alike else None,
        "cpu_median": round(statistics.median(cpu), 3),
        "cpu_p95": round(quantile(cpu, 0.95), 3),
        "cpu_median_same": round(statistics.median(alike_cpu), 3) if alike else None,
        "cpu_p95_same": round(quantile(alike_cpu, 0.95), 3) if alike else None,
        "pruned": sum(one.pruned for one in times),
        "free_ms": round(statistics.median(min(one.free[1:]) for one in times), 1),
        "guided_ms": round(statistics.median(min(one.guided[1:]) for one in times), 1),
    }
    show("Guided / unguided time", ["", ""], [[name, value] for name, value in result.items()])
    sites = [asdict(one) for one in times]
    save("overhead", {"model": options.model, **result, "each": sites})
    return 0


if __name__ == "__main__":
    sys.exit(main())
