"""Tokens a second by threads and by how they wait, alone and beside other work.

``python -m benchmarks.threads [--model NAME] [--rounds N]``. OpenMP reads how to wait once, so each
way has a process of its own; rounds of all combinations are interleaved, and the median over
rounds is reported. "Busy" cores are kept so by processes that only count. This is where the
defaults of ``decoding.threads`` come from.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from typing import Any

from benchmarks.burning import burning
from benchmarks.report import save, show

WAYS = {"sleep": "passive", "spin": "active"}
PREFILL_TOKENS = 64
DECODE_TOKENS = 8
#: A combination that crawls is cut off after this many seconds.
PATIENCE = 3.0


def main() -> int:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--model", default="complete")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        return _child(options.model, json.loads(options.measure))
    cores = len(os.sched_getaffinity(0))
    counts = sorted({1, max(1, cores // 2), cores})
    found: dict[tuple[str, int, int], list[tuple[float, float]]] = defaultdict(list)
    children = {way: _start(options.model, way, counts) for way in WAYS}
    try:
        for _ in range(options.rounds):
            for busy in (0, cores // 2, cores):
                with burning(busy):
                    for threads in counts:
                        for way, child in children.items():
                            found[way, threads, busy].append(_ask(child, threads))
    finally:
        for child in children.values():
            child.kill()
            child.communicate()
    rows, results = [], []
    for (way, threads, busy), rates in sorted(found.items(), key=lambda item: item[0][2]):
        prefill, decode = (round(statistics.median(part), 1) for part in zip(*rates, strict=True))
        rows.append([f"{busy} of {cores} busy, {threads} threads that {way}", prefill, decode])
        results.append(
            {"busy": busy, "threads": threads, "wait": way, "prefill": prefill, "decode": decode}
        )
    show("Tokens a second", ["", "prefill", "decode"], rows)
    save("threads", {"model": options.model, "rounds": options.rounds, "rates": results})
    return 0


def _start(model: str, way: str, counts: list[int]) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "benchmarks.threads",
            "--model",
            model,
            "--measure",
            json.dumps(counts),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_WAIT_POLICY": WAYS[way]},
    )
    assert child.stdout is not None
    child.stdout.readline()
    return child


def _ask(child: subprocess.Popen[str], threads: int) -> tuple[float, float]:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(f"{threads}\n")
    child.stdin.flush()
    prefill, decode = json.loads(child.stdout.readline())
    return prefill, decode


def _child(name: str, counts: list[int]) -> int:
    """Load the model once for each number of threads; answer each number read with the rates."""
    from decoding.models import store
    from decoding.runtimes.llama_cpp import LlamaCpp, Tuning
    from decoding.threads import Threads

    path = store.resolve(name).path
    runtimes = {
        n: LlamaCpp(path, tuning=Tuning(context=512, threads=Threads(n, n))) for n in counts
    }
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(_rates(runtimes[int(line)])), flush=True)
    return 0


def _rates(runtime: Any) -> tuple[float, float]:
    from analysis.deadline import Cancellation

    stop = Cancellation()
    runtime.truncate(0)
    begun = time.perf_counter()
    runtime.evaluate(range(1_000, 1_000 + PREFILL_TOKENS), stop)
    prefill = PREFILL_TOKENS / (time.perf_counter() - begun)
    begun, count = time.perf_counter(), 0
    while count < DECODE_TOKENS and time.perf_counter() - begun < PATIENCE:
        runtime.evaluate([2_000 + count], stop)
        count += 1
    return prefill, count / (time.perf_counter() - begun)


if __name__ == "__main__":
    raise SystemExit(main())
