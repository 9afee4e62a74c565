"""Whether anything breaks on broken input: prefixes, mutated files, random protocol sessions,
answers of a sandbox.

``make fuzz``, or ``python -m benchmarks.fuzz [--minutes 30] [--seed S] [--package P …]``. A quarter
of the time each: every prefix of every file of the packages (in a random order) through syntax,
holes and scopes; mutated files through flow, graph, interfaces and lint as well, the last in a
worker; random sessions with one server, whose messages are right, nearly right, or nonsense; and
what hostile code can write in place of the answer that its test was followed block by block.
``robustness`` walks token boundaries and asks the worker about broken texts.

No exception that is not explained, no input that takes ``HANG_S`` of processor time, no process
that grows past ``MEMORY`` or dies, no error in a log, and every request answered. Prints what was
done and what was found, each with what repeats it; exit status 1 where something was found.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

from benchmarks.fuzz_answers import answers
from benchmarks.fuzz_part import MOST_FOUND
from benchmarks.fuzz_sessions import sessions
from benchmarks.fuzz_texts import mutations, prefixes
from benchmarks.report import save, show
from benchmarks.sites import files_of

PARTS = {
    "prefixes": prefixes,
    "mutated files": mutations,
    "protocol sessions": sessions,
    "sandbox answers": answers,
}


def main() -> int:
    """Run the parts, print, save; 1 when something was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--package", nargs="+", default=["packaging", "parso"])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    options = parser.parse_args()
    files = [path for package in options.package for path in files_of(package)]
    share = options.minutes * 60 / len(options.only)
    parts = {}
    for name in options.only:
        parts[name] = PARTS[name](files, time.monotonic() + share, random.Random(options.seed))
        print(f"{name}: {parts[name].inputs}", file=sys.stderr)
    show(
        f"fuzz, {options.minutes:g} minutes, seed {options.seed}",
        ["", "inputs", "found", "worst s"],
        [[n, part.inputs, len(part.found), f"{part.worst:.2f}"] for n, part in parts.items()],
    )
    for name, part in parts.items():
        for one in part.found[:MOST_FOUND]:
            print(f"{name}: {one}")
    save(
        "fuzz",
        {
            name: {"inputs": part.inputs, "found": part.found, "worst_s": part.worst}
            for name, part in parts.items()
        },
    )
    return int(any(part.found for part in parts.values()))


if __name__ == "__main__":
    sys.exit(main())
