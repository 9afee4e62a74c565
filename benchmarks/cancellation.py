"""How long until the model is quiet after a cancellation, in prefill and in decode.

``python -m benchmarks.cancellation [--model NAME] [--trials N]``. A thread cancels at a random
moment while another computes; measured from the call of ``cancel`` to the return of the
computation. Issue A: 50 ms at most.
"""

from __future__ import annotations

import argparse
import random
import threading
import time

from analysis.deadline import Cancellation
from benchmarks.report import quantile, save, show
from decoding.errors import CancelledError
from decoding.models import store
from decoding.runtimes.llama_cpp import LlamaCpp

#: Of a prompt as large as prompts are (``decoding.prompts.anchor.Budget``).
PROMPT_TOKENS = 416
LIMIT_MS = 50.0


class _Alarm:
    """Cancels after some seconds, on a thread of its own, and knows when it did."""

    def __init__(self, seconds: float) -> None:
        self.cancellation = Cancellation()
        self.at = 0.0
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.start()

    def _ring(self) -> None:
        self.at = time.perf_counter()
        self.cancellation.cancel()

    def stop(self) -> None:
        """Wait for the thread."""
        self._timer.cancel()
        self._timer.join()


def in_prefill(runtime: LlamaCpp, prompt: list[int], trials: int, seed: int) -> list[float]:
    """Milliseconds to quiet, for each trial that was cancelled before the prompt was done."""
    runtime.truncate(0)
    begun = time.perf_counter()
    runtime.evaluate(prompt, Cancellation())
    whole = time.perf_counter() - begun
    chance = random.Random(seed)
    quiet: list[float] = []
    while len(quiet) < trials:
        runtime.truncate(0)
        alarm = _Alarm(chance.uniform(0, whole * 0.9))
        try:
            runtime.evaluate(prompt, alarm.cancellation)
        except CancelledError:
            quiet.append((time.perf_counter() - alarm.at) * 1e3)
        alarm.stop()
    return quiet


def in_decode(runtime: LlamaCpp, prompt: list[int], trials: int, seed: int) -> list[float]:
    """Milliseconds to quiet while tokens are evaluated one at a time behind the prompt."""
    runtime.truncate(0)
    runtime.evaluate(prompt, Cancellation())
    chance = random.Random(seed)
    quiet: list[float] = []
    for _ in range(trials):
        alarm = _Alarm(chance.uniform(0.02, 0.5))
        try:
            while True:
                runtime.truncate(len(prompt))
                for token in prompt[:64]:
                    runtime.evaluate([token], alarm.cancellation)
        except CancelledError:
            quiet.append((time.perf_counter() - alarm.at) * 1e3)
        alarm.stop()
    return quiet


def main() -> int:
    """Measure, print and save; 1 when the limit is not held."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--model", default="complete")
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    model = store.resolve(options.model)
    runtime = LlamaCpp(model.path, name=model.name)
    try:
        # Tokens that differ: what they spell does not matter for how long they take.
        ids = random.Random(options.seed).sample(range(1_000, 40_000), PROMPT_TOKENS)
        measured = {
            "prefill": in_prefill(runtime, ids, options.trials, options.seed),
            "decode": in_decode(runtime, ids, options.trials, options.seed),
        }
    finally:
        runtime.close()
    rows, summary = [], {}
    for where, values in measured.items():
        quantiles = {f"p{round(q * 100)}": round(quantile(values, q), 1) for q in (0.5, 0.95)}
        summary[where] = {**quantiles, "max": round(max(values), 1), "trials": len(values)}
        rows.append([where, *summary[where].values()])
    show("Milliseconds to quiet", [model.name, "p50", "p95", "max", "trials"], rows)
    save("cancellation", {"model": model.name, "limit_ms": LIMIT_MS, "quiet_ms": summary})
    return int(any(part["p95"] > LIMIT_MS for part in summary.values()))


if __name__ == "__main__":
    raise SystemExit(main())
