"""``make bench``: every benchmark that needs no corpus from outside, one after another.

Those over bug corpora (``quixbugs``, ``humanevalfix``, ``fresh_bugs``, ``real_bugs``) take long
and an argument; they are run by name.
"""

from __future__ import annotations

import subprocess
import sys

#: Sorted by what they load, nothing beside another: timings are taken on a quiet machine.
NAMES = (
    "leak",
    "mask",
    "graph_speed",
    "sandbox",
    "throughput",
    "overhead",
    "dotprompts",
)


def main() -> int:
    """Run them all; how many failed, as an exit code."""
    failed = []
    for name in NAMES:
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
