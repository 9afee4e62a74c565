"""Samples side by side and one by one: ``python -m benchmarks.lanes [--model repair] [--rounds 2]``

The bodies of functions of the standard library are written anew, unguided, several times each, with
as many lanes as the columns say; one lane is one sample after the other, with drafts as shipped.
In turns, so that all have the same machine. Tokens are those of the samples that are kept, seconds
are from the call to the last sample, the prompt being read before.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Snapshot, Workspace
from benchmarks.report import save, show
from decoding.local_writer import LocalWriter
from decoding.models import store
from decoding.opening import cache_folder
from decoding.runtimes.llama_cpp import LlamaCpp, Tuning
from decoding.writer import InfillRequest

MODULES = ("argparse", "textwrap", "zipfile", "tarfile")
LANES = (1, 2, 4, 8)
SAMPLES, WRITTEN = 8, 64


def holes() -> Iterator[InfillRequest]:
    """The body of the longest function of each module that fits, to be written."""
    for module in MODULES:
        spec = importlib.util.find_spec(module)
        assert spec is not None
        assert spec.origin is not None
        text = Path(spec.origin).read_text("utf-8")
        functions = [
            node
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.FunctionDef) and 8 <= len(ast.unparse(node).split("\n")) <= 16
        ]
        longest = max(functions, key=lambda node: len(ast.unparse(node)))
        lines = text.splitlines(keepends=True)
        body = longest.body[ast.get_docstring(longest) is not None :]
        first, last = body[0], body[-1]
        start = sum(map(len, lines[: first.lineno - 1])) + first.col_offset
        end = sum(map(len, lines[: last.end_lineno]))
        cut = text[:start] + "\n" + text[end:]
        yield InfillRequest(
            Snapshot(spec.origin, cut, Workspace("/")),
            start,
            max_tokens=WRITTEN,
            multiline=True,
            temperature=0.8,
            seed=longest.lineno,
        )


def main() -> int:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(prog="benchmarks.lanes")
    parser.add_argument("--model", default="complete")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    model = store.resolve(options.model)
    runtime = LlamaCpp(model.path, name=model.name, tuning=Tuning(branches=max(LANES)))
    writer = LocalWriter(runtime, cache=cache_folder())
    rates: dict[int, list[float]] = {lanes: [] for lanes in LANES}
    ratios: dict[int, list[float]] = {lanes: [] for lanes in LANES}
    for request in holes():
        unguided, stop, never = None, Cancellation(), Deadline.never()
        writer.complete(request, unguided, deadline=never, cancellation=stop)
        for _ in range(options.rounds):
            for lanes in LANES:
                runtime.most_branches = lanes
                begun = time.monotonic()
                drawn = list(
                    writer.samples(request, SAMPLES, unguided, deadline=never, cancellation=stop)
                )
                seconds = time.monotonic() - begun
                rates[lanes].append(sum(one.tokens for one in drawn) / seconds)
                ratios[lanes].append(rates[lanes][-1] / rates[LANES[0]][-1])
    writer.close()
    result = {
        str(lanes): {
            "tokens_per_second": round(statistics.median(rates[lanes]), 1),
            "ratio": round(statistics.median(ratios[lanes]), 2),
        }
        for lanes in LANES
    }
    show(
        f"{SAMPLES} samples of {len(MODULES)} bodies by {model.name}",
        ["lanes", "tokens a second", "of one"],
        [[name, row["tokens_per_second"], row["ratio"]] for name, row in result.items()],
    )
    save("lanes", {"model": model.name, "lanes": result})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
