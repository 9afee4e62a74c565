"""What a constraint costs: ``python -m benchmarks.mask``

Over the 151,936 tokens of Qwen2.5: the check of one proposed token, the full mask (never cached:
every one is computed anew), and what is paid once, for a vocabulary and for a set of names. States
are those that random tokenizations of random names of the set pass through, from the dot on.
Times are processor time of this thread: what else runs on the machine does not count.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import vocabularies
from benchmarks.leak import pool, split
from benchmarks.report import quantile, save, show
from decoding import vocabulary
from decoding.constraint import Constraint, Names
from decoding.runtimes.llama_tokens import LlamaTokens
from decoding.vocabulary import Vocabulary

SIZES = (30, 300, 3000)
SETS, WALKS = 10, 100
LITERALS = (b"", b".", b").")


def measure(words: Vocabulary, names: list[str], size: int, rng: random.Random) -> dict[str, float]:
    """Times in microseconds for sets of ``size`` names."""
    build: list[float] = []
    mask: list[float] = []
    root: list[float] = []
    check: list[float] = []
    for _ in range(SETS):
        chosen = rng.sample(names, size)
        begun = time.thread_time()
        whole = Constraint.over(Names.of(chosen))
        assert whole is not None
        assert whole.names.prefixes
        build.append(time.thread_time() - begun)
        for _ in range(WALKS):
            literal = rng.choice(LITERALS)
            state: Constraint | None = whole.behind(literal)
            for piece in split(words, literal + rng.choice(chosen).encode() + b"(", rng):
                assert state is not None
                begun = time.thread_time()
                state.mask(words)
                mask.append(time.thread_time() - begun)
                if not state.part:
                    root.append(mask[-1])
                begun = time.thread_time()
                state = state.advance(piece)
                check.append(time.thread_time() - begun)
    micro = {
        "check_p50": quantile(check, 0.5),
        "check_p99": quantile(check, 0.99),
        "mask_p50": quantile(mask, 0.5),
        "mask_p99": quantile(mask, 0.99),
        "mask_max": max(mask),
        "root_p50": quantile(root, 0.5),
        "set_p50": quantile(build, 0.5),
    }
    return {key: round(seconds * 1e6, 1) for key, seconds in micro.items()}


def once(tokens: LlamaTokens) -> tuple[Vocabulary, dict[str, float]]:
    """The vocabulary, and seconds to build its trie and look-ups, without and with the cache."""
    spelled = tokens.token_bytes()
    with tempfile.TemporaryDirectory() as folder:
        times = []
        for _ in range(2):
            begun = time.thread_time()
            words = vocabulary.load(spelled, Path(folder))
            times.append(time.thread_time() - begun)
    for literal in LITERALS:
        words.behind(literal)
    return words, {"built_s": round(times[0], 3), "cached_s": round(times[1], 3)}


def main() -> int:
    """Measure, print, save."""
    words, paid_once = once(LlamaTokens(vocabularies.files()["qwen2"]))
    rng, names = random.Random(7), pool()
    results = {size: measure(words, names, size, rng) for size in SIZES}
    columns = list(results[SIZES[0]])
    title = f"Masks over {words.size:,} tokens, µs"
    show(title, ["names", *columns], [[n, *row.values()] for n, row in results.items()])
    print(f"vocabulary: {paid_once['built_s']} s built, {paid_once['cached_s']} s from the cache")
    by_size = {str(size): row for size, row in results.items()}
    save("mask", {"tokens": words.size, **paid_once, "microseconds": by_size})
    return 0


if __name__ == "__main__":
    sys.exit(main())
