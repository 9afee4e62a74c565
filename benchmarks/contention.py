"""What is left of a model's speed when other work has every core.

``python -m benchmarks.contention [--rounds 5]``

The model decodes with the threads that ship, alone and beside one busy process a core, in turns;
each round gives one ratio, and the median over rounds counts. Fair shares of every core would leave
0.50; issue C asks for 0.40. Beside processes that copy memory cores are not all that is shared: a
token reads every weight once. So what the model reads a second, what the processes copy, alone and
beside it, is told, too: where the model keeps less than beside processes that count, on the same
cores with the same threads, that is the memory bus. On a machine that is not idle "alone" is slower
than it is, so the ratio flatters: the load that was there before is saved with the result.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time

from analysis.deadline import Cancellation
from benchmarks.burning import COPIED, WORK, burning
from benchmarks.report import save, show
from decoding import threads
from decoding.models import store
from decoding.runtimes.llama_cpp import LlamaCpp

LIMIT = 0.40
#: In front of what is decoded, as large as prompts are (``decoding.prompts.anchor.Budget``).
PROMPT_TOKENS = 416
PREFILL_TOKENS = 64
#: A pass that crawls is cut off after this many seconds.
PATIENCE_S = 6.0


def pace(runtime: LlamaCpp, tokens: int) -> tuple[float, float]:
    """Tokens a second in prefill and in decode, behind a prompt."""
    stop = Cancellation()
    runtime.truncate(PROMPT_TOKENS - PREFILL_TOKENS)
    begun = time.perf_counter()
    runtime.evaluate(range(1_000, 1_000 + PREFILL_TOKENS), stop)
    prefill = PREFILL_TOKENS / (time.perf_counter() - begun)
    begun, count = time.perf_counter(), 0
    while count < tokens and time.perf_counter() - begun < PATIENCE_S:
        runtime.evaluate([2_000 + count], stop)
        count += 1
    return prefill, count / (time.perf_counter() - begun)


def main() -> int:
    """Measure, print and save; 1 when the limit is not held beside processes that count."""
    parser = argparse.ArgumentParser(prog="benchmarks.contention")
    parser.add_argument("--model", default="complete")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=16, help="decoded in each pass")
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    ways = (None, *WORK)
    rates: dict[str | None, list[tuple[float, float]]] = {way: [] for way in ways}
    copied: dict[str, list[float]] = {"alone": [], "beside the model": []}
    path = store.resolve(options.model).path
    runtime = LlamaCpp(path)
    try:
        runtime.evaluate(range(500, 500 + PROMPT_TOKENS), Cancellation())
        pace(runtime, options.tokens)
        for _ in range(options.rounds):
            for way in ways:
                with burning(cores if way else 0, way or "counting") as work:
                    rates[way].append(pace(runtime, options.tokens))
                if way == "copying":
                    copied["beside the model"].append(work.pace * COPIED / 1e9)
            with burning(cores, "copying") as work:
                time.sleep(1.0)
            copied["alone"].append(work.pace * COPIED / 1e9)
    finally:
        runtime.close()
    rows: list[list[object]] = []
    kept: dict[str, dict[str, float]] = {}
    for way in ways:
        prefill, decode = (statistics.median(part) for part in zip(*rates[way], strict=True))
        shares = [
            statistics.median(
                busy[which] / alone[which]
                for busy, alone in zip(rates[way], rates[None], strict=True)
            )
            for which in (0, 1)
        ]
        name = f"{cores} processes {way}" if way else "alone"
        rows.append(
            [name, *(round(x, 1) for x in (prefill, decode)), *(f"{x:.2f}" for x in shares)]
        )
        if way:
            kept[way] = {"prefill": round(shares[0], 3), "decode": round(shares[1], 3)}
    size = path.stat().st_size / 1e9
    bus = {
        f"weights read, {name}": size * statistics.median(rate for _, rate in rates[way])
        for name, way in (("alone", None), *((f"beside {way}", way) for way in WORK))
    } | {f"copied, {name}": statistics.median(values) for name, values in copied.items()}
    counts = threads.choose()
    title = (
        f"Tokens a second, {counts.decode} threads on {cores} cores, limit {LIMIT:.2f} in decode"
    )
    show(title, ["", "prefill", "decode", "prefill kept", "decode kept"], rows)
    show("Memory, GB a second", ["", "GB/s"], [[name, f"{x:.1f}"] for name, x in bus.items()])
    told = {name: round(x, 2) for name, x in bus.items()}
    result = {"model": options.model, "limit": LIMIT, "threads": counts.decode, **kept}
    save("contention", {**result, "gigabytes_a_second": told})
    return int(kept["counting"]["decode"] < LIMIT)


if __name__ == "__main__":
    sys.exit(main())
