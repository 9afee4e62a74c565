"""Prompt tokens that a key costs: ``python -m benchmarks.keystrokes [--keys 240] [--file MODULE]``

An editing session (:mod:`benchmarks.typing_session`) over a file of the standard library goes
through a real engine process, which is asked for a completion behind every key, guided as shipped.
Counted is how much of the prompt was not in the cache and had to be evaluated. Without reuse every
key costs the whole prompt; the target is 48 tokens in the median.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import statistics
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from analysis.text.lines import LineIndex
from benchmarks.report import quantile, save, show
from benchmarks.typing_session import Keystroke, session
from engine.client import EngineClient, EngineProcess
from engine.messages import CompleteRequest, Snapshot, WarmRequest, Workspace

LIMIT = 48
PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What one key cost: tokens of the prompt, those of them that were evaluated, milliseconds
    that took."""

    kind: str
    prompt: int
    evaluated: int
    ms: float


def replay(engine: EngineClient, path: str, keys: Iterable[Keystroke], tokens: int) -> list[Cost]:
    """Ask ``engine`` for a completion of at most ``tokens`` behind every key."""
    workspace = Workspace(str(Path(path).parent))
    found = []
    for key in keys:
        lines = LineIndex(key.text)
        line = key.text.count("\n", 0, key.offset)
        request = CompleteRequest(
            Snapshot(path, key.text, workspace),
            line,
            key.offset - lines.start(line),
            max_tokens=tokens,
        )
        done = engine.submit(request).future.result(PATIENCE_S).completion
        evaluated = done.prompt_tokens - done.reused_tokens
        found.append(Cost(key.kind, done.prompt_tokens, evaluated, done.ms.prefill))
    return found


def main() -> int:
    """Measure, print, save; 1 when a key costs more than the limit in the median."""
    parser = argparse.ArgumentParser(prog="benchmarks.keystrokes")
    parser.add_argument("--keys", type=int, default=240)
    parser.add_argument("--file", default="textwrap", help="a module of the standard library")
    parser.add_argument("--tokens", type=int, default=2, help="written behind each key")
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    spec = importlib.util.find_spec(options.file)
    if spec is None or spec.origin is None:
        parser.error(f"there is no module {options.file!r} here; name one of the standard library")
    text = Path(spec.origin).read_text(encoding="utf-8")
    keys = list(itertools.islice(session(text, options.seed), options.keys))
    engine = EngineProcess()
    try:
        warm = WarmRequest(Workspace(str(Path(spec.origin).parent)))
        engine.submit(warm).future.result(PATIENCE_S)
        costs = replay(engine, spec.origin, keys, options.tokens)
    finally:
        engine.close()
    rows: list[list[object]] = []
    for kind in ("typed", "erased", "moved", "all"):
        some = [cost for cost in costs if kind in (cost.kind, "all")]
        if not some:
            continue
        evaluated = [cost.evaluated for cost in some]
        rows.append(
            [
                kind,
                len(some),
                round(statistics.median(cost.prompt for cost in some)),
                round(statistics.median(evaluated)),
                round(statistics.mean(evaluated), 1),
                round(quantile(evaluated, 0.95)),
                max(evaluated),
                round(statistics.median(cost.ms for cost in some), 1),
            ]
        )
    columns = ["key", "keys", "prompt", "evaluated p50", "mean", "p95", "max", "prefill p50 ms"]
    show(f"Prompt tokens evaluated a key, limit {LIMIT}", columns, rows)
    named = [dict(zip(columns, row, strict=True)) for row in rows]
    save("keystrokes", {"file": options.file, "seed": options.seed, "limit": LIMIT, "rows": named})
    return int(statistics.median(cost.evaluated for cost in costs) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
