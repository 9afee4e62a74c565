"""What a constraint costs: ``python -m benchmarks.mask [--peers]``

Over the 151,936 tokens of Qwen2.5: the check of one proposed token, the full mask (never cached:
every one is computed anew), and what is paid once, for a vocabulary and for a set of names. States
are those that random tokenizations of random names of the set pass through, from the dot on.
Times are processor time of this thread: what else runs on the machine does not count. Beside us
llguidance and llama.cpp's grammar sampler (:mod:`benchmarks.mask_peers`) do the same.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import vocabularies
from benchmarks.leak import pool, split
from benchmarks.mask_peers import Case, Times, by_llama_cpp, by_llguidance
from benchmarks.report import quantile, save, show
from decoding.remote.forms import NameForm
from decoding.runtimes.llama_cpp import LlamaTokens
from decoding.vocabulary import tokens as vocabulary
from decoding.vocabulary.tokens import Constraint, Names, Vocabulary

#: Issue C: 50 µs at 300 names.
LIMIT_US = 50.0
SIZES = (30, 300, 3000)
#: Sets of each size; behind each literal of each, so many walks.
SETS, WALKS = 10, 33
LITERALS = (b"", b".", b").")
#: Peers are slower by orders of magnitude: they see fewer sets and are cut off after so many
#: seconds a case.
PEER_SETS, PEER_S = 2, 1.5


def cases(words: Vocabulary, names: list[str], size: int, rng: random.Random) -> list[Case]:
    """Sets of ``size`` names, and random tokenizations of random names of each."""
    found = []
    for _ in range(SETS):
        chosen = rng.sample(names, size)
        for literal in LITERALS:
            walks = []
            for _ in range(WALKS):
                pieces = split(words, literal + rng.choice(chosen).encode() + b"(", rng)
                walks.append(tuple(words.spelled_as(piece)[0] for piece in pieces))
            found.append(Case(NameForm(literal.decode(), tuple(chosen)), tuple(walks)))
    return found


def measure(words: Vocabulary, some: list[Case]) -> Times:
    """Processor seconds to build a set, to mask and to check a token; ``root`` are the masks at the
    beginning of a name."""
    times: Times = {"build": [], "mask": [], "check": [], "root": []}
    for case in some:
        begun = time.thread_time()
        whole = Constraint.over(Names.of(case.choice.names))
        assert whole is not None
        assert whole.names.prefixes
        times["build"].append(time.thread_time() - begun)
        for walk in case.walks:
            state: Constraint | None = whole.behind(case.choice.literal.encode())
            for token in walk:
                assert state is not None
                begun = time.thread_time()
                state.mask(words)
                times["mask"].append(time.thread_time() - begun)
                if not state.part:
                    times["root"].append(times["mask"][-1])
                begun = time.thread_time()
                state = state.advance(words.tokens[token])
                times["check"].append(time.thread_time() - begun)
    return times


def summary(times: Times) -> dict[str, float]:
    """Quantiles in microseconds."""
    micro = {
        "check_p50": quantile(times["check"], 0.5),
        "check_p99": quantile(times["check"], 0.99),
        "mask_p50": quantile(times["mask"], 0.5),
        "mask_p99": quantile(times["mask"], 0.99),
        "mask_max": max(times["mask"]),
        "root_p50": quantile(times.get("root") or times["mask"], 0.5),
        "set_p50": quantile(times["build"], 0.5),
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
    """Measure, print, save; 1 when the median mask over 300 names takes more than the limit."""
    parser = argparse.ArgumentParser(prog="benchmarks.mask")
    parser.add_argument("--peers", action="store_true", help="llguidance and llama.cpp too")
    options = parser.parse_args()
    tokens = LlamaTokens(vocabularies.files()["qwen2"])
    words, paid_once = once(tokens)
    rng, names = random.Random(7), pool()
    rows: dict[str, dict[int, dict[str, float]]] = {"pilotfish": {}}
    for size in SIZES:
        some = cases(words, names, size, rng)
        rows["pilotfish"][size] = summary(measure(words, some))
        if options.peers:
            few = some[: PEER_SETS * len(LITERALS)]
            for peer, by in (("llguidance", by_llguidance), ("llama.cpp", by_llama_cpp)):
                if (times := by(tokens, few, PEER_S)) is not None:
                    rows.setdefault(peer, {})[size] = summary(times)
    columns = list(rows["pilotfish"][SIZES[0]])
    if options.peers:
        columns.remove("root_p50")
    table: list[list[object]] = [
        [f"{who}, {size} names", *(row[column] for column in columns)]
        for size in SIZES
        for who, by_size in rows.items()
        if (row := by_size.get(size))
    ]
    show(f"Masks over {words.size:,} tokens, µs", ["", *columns], table)
    print(f"vocabulary: {paid_once['built_s']} s built, {paid_once['cached_s']} s from the cache")
    save("mask", {"tokens": words.size, **paid_once, "limit_us": LIMIT_US, "microseconds": rows})
    return int(rows["pilotfish"][300]["mask_p50"] > LIMIT_US)


if __name__ == "__main__":
    sys.exit(main())
