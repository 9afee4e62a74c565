"""Everything that asserts correctness, stage by stage, stopping at the first that fails.

``python -m tools.check`` is what you run all day (about a minute); ``--all`` adds the tests that
need a model, a sandbox, an editor or more than seconds. The time budget of each stage is in
CONTRIBUTING.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
ROOMS = ["analysis", "decoding", "repair", "engine", "lsp_server", "pilotfish"]

QUICK = [
    ("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."]),
    ("lint", [str(BIN / "ruff"), "check", "--quiet", "."]),
    ("types", [str(BIN / "mypy")]),
    ("imports", [str(BIN / "lint-imports")]),
]
#: The stages of the tests, which together are all of them: each has its budget in CONTRIBUTING.
TESTS = {
    "unit tests": "not model and not sandbox and not editor and not slow and not process",
    "tests of processes": "process and not slow and not model and not sandbox and not editor",
    "tests of corpora": "slow and not model and not sandbox and not editor",
    "tests in the sandbox": "sandbox and not model and not editor",
    "tests with a real model": "model and not editor",
    "tests in real editors": "editor",
}


def stages(everything: bool) -> list[tuple[str, list[str]]]:
    """Names and commands, in order."""
    names = list(TESTS) if everything else ["unit tests"]
    pytest = [sys.executable, "-m", "pytest", "-q"]
    # The others start processes that compute, and some keep limits of time: not beside each other.
    two = ["-n", "2", "--dist", "loadfile"]
    shared = {
        "unit tests": ["-n", "auto", "--maxprocesses", "4"],
        "tests of corpora": two,
        "tests in the sandbox": two,
    }
    return [
        *QUICK,
        *((name, [*pytest, *shared.get(name, []), "-m", TESTS[name]]) for name in names),
    ]


def main() -> int:
    """Run the stages and return the first failing exit code, or 0."""
    # Shells start a background job with Ctrl-C ignored, and the tests of Ctrl-C would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    times = []
    for name, command in stages("--all" in sys.argv[1:]):
        start = time.monotonic()
        print(f"== {name}", flush=True)
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        print(
            f"== {name}: {'ok' if code == 0 else f'failed ({code})'}, "
            f"{time.monotonic() - start:.1f} s",
            flush=True,
        )
        if code:
            return code
        times.append((name, time.monotonic() - start))
    print("\n".join(f"{seconds:7.1f} s  {name}" for name, seconds in times))
    return 0


if __name__ == "__main__":
    sys.exit(main())
