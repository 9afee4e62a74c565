"""Tokens a second beside llama.cpp's own server: ``python -m benchmarks.throughput [--rounds 4]``

The same model file, the same number of threads and the same prompts: beginnings of files of the
standard library, in the cache of both. In turns a llama-server and our loop go on from each,
greedily; only the decoding is timed, by each of them, from the first token on. *Plain* is the loop
alone, *shipped* with drafts, which are faster where code repeats itself. Unguided, since a server
knows no guidance: what that costs ``benchmarks.overhead`` says. Issue C: 0.95 at least.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import sys
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.deadline import Cancellation
from analysis.snapshot import Snapshot, Workspace
from benchmarks.llama_server import llama_server
from benchmarks.report import save, show
from decoding import threads
from decoding.loop.decode_state import Greedy
from decoding.loop.drafts import SpeculationCost
from decoding.loop.loop import write
from decoding.models import store
from decoding.opening import cache_folder
from decoding.runtimes.llama_cpp import LlamaCpp
from decoding.vocabulary import tokens as vocabulary
from decoding.vocabulary.tokens import Vocabulary

MODULES = ("argparse", "textwrap", "zipfile", "tarfile")
PROMPT, WRITTEN = 320, 48
LIMIT = 0.95


class Never:
    """Goes on until there are enough tokens."""

    def cut(self, text: str) -> int | None:
        """Never."""
        return None


def ours(runtime: LlamaCpp, words: Vocabulary, prompt: Sequence[int], *, drafts: bool) -> float:
    """Tokens a second of our loop."""
    written = write(
        runtime,
        prompt,
        vocabulary=words,
        snapshot=Snapshot("/a.py", "", Workspace("/")),
        offset=0,
        evidence=None,
        sampler=Greedy(),
        stop=Never(),
        max_tokens=WRITTEN,
        cancellation=Cancellation(),
        drafts=SpeculationCost() if drafts else None,
    )
    # The first token's logits came with the prompt.
    return (len(written.tokens) - 1) / written.timing.decode * 1e3


def theirs(port: int, prompt: Sequence[int]) -> float:
    """Tokens a second of the server, by its own clock."""
    body = {
        "prompt": list(prompt),
        "n_predict": WRITTEN,
        "temperature": 0.0,
        "cache_prompt": True,
        "id_slot": 0,
    }
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/completion",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=300) as answer:
        timings: dict[str, Any] = json.load(answer)["timings"]
    return (int(timings["predicted_n"]) - 1) / float(timings["predicted_ms"]) * 1e3


def main() -> int:
    """Measure, print, save; 1 when the loop is slower than the limit."""
    parser = argparse.ArgumentParser(prog="benchmarks.throughput")
    parser.add_argument("--model", default="complete")
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    path, count = store.resolve(options.model).path, threads.choose().decode
    runtime = LlamaCpp(path)
    words = vocabulary.load(runtime.token_bytes(), cache_folder())
    specs = [importlib.util.find_spec(module) for module in MODULES]
    texts = [Path(spec.origin).read_text("utf-8") for spec in specs if spec and spec.origin]
    prompts = [runtime.tokenize(text)[:PROMPT] for text in texts]
    shares: dict[str, list[float]] = {"plain": [], "shipped": []}
    rates: dict[str, list[float]] = {"llama-server": [], "plain": [], "shipped": []}
    with llama_server(path, threads=count, slots=1) as port:
        for prompt in prompts:
            for round_ in range(options.rounds + 1):
                server = theirs(port, prompt)
                plain, shipped = (ours(runtime, words, prompt, drafts=d) for d in (False, True))
                if not round_:
                    continue  # the prompt was read
                for name, rate in (
                    ("llama-server", server),
                    ("plain", plain),
                    ("shipped", shipped),
                ):
                    rates[name].append(rate)
                shares["plain"].append(plain / server)
                shares["shipped"].append(shipped / server)
    runtime.close()
    share = {name: round(statistics.median(some), 3) for name, some in shares.items()}
    show(
        f"Decoding, {count} threads, limit {LIMIT:.2f}",
        ["", "tokens a second", "of llama-server"],
        [[n, round(statistics.median(r), 1), share.get(n, "")] for n, r in rates.items()],
    )
    save("throughput", {"model": options.model, "threads": count, "limit": LIMIT, "share": share})
    return int(share["plain"] < LIMIT)


if __name__ == "__main__":
    sys.exit(main())
