"""Everything that asserts correctness, stage by stage, stopping at the first that fails.

``python -m tools.check`` is what you run all day (under a minute); ``--all`` adds the tests that
need a model, a sandbox, an editor or more than seconds. The time budget of each stage is in
CONTRIBUTING.
"""

from __future__ import annotations

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
UNIT = ["-m", "not model and not sandbox and not editor and not slow"]


def stages(everything: bool) -> list[tuple[str, list[str]]]:
    """Names and commands, in order."""
    pytest = [sys.executable, "-m", "pytest", "-q"]
    if everything:
        return [*QUICK, ("tests", pytest)]
    return [*QUICK, ("unit tests", [*pytest, *UNIT])]


def main() -> int:
    """Run the stages and return the first failing exit code, or 0."""
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
    return 0


if __name__ == "__main__":
    sys.exit(main())
