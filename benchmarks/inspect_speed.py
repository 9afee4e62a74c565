"""How fast ``pilotfish inspect`` answers.

``python -m benchmarks.inspect_speed [--package rich] [--sites 150]``

Starts the real command, asks at attributes and imports of an installed package as
``benchmarks.sites`` makes them, and measures from outside: the time to the first answer, the
answers after a first round over the files (warm), and how far past a short deadline any answer
comes.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from analysis.syntax.hole import HoleKind
from analysis.text.files import read_file
from analysis.text.lines import LineIndex
from benchmarks.report import save, show
from benchmarks.sites import files_of, sites_of

_KINDS = (HoleKind.ATTRIBUTE.value, HoleKind.IMPORT_MEMBER.value, HoleKind.IMPORT_MODULE.value)
_SHORT_MS = 50


def questions(package: str, count: int, seed: int) -> list[bytes]:
    """``count`` input lines, each a file with one name cut out."""
    found = []
    for path in files_of(package):
        text = read_file(path).text
        found += [(s, text) for s in sites_of(path, text) if s.kind in _KINDS]
    chosen = random.Random(seed)
    chosen.shuffle(found)
    lines = []
    for site, text in found[:count]:
        cut = text[: site.start] + text[site.end :]
        line, character = LineIndex(cut).position(site.start)
        asked = {"path": str(site.path), "line": line, "character": character, "text": cut}
        lines.append(json.dumps(asked).encode() + b"\n")
    return lines


class Inspecting:
    """A running ``pilotfish inspect``."""

    def __init__(self, *options: str) -> None:
        self._process = subprocess.Popen(
            [
                str(Path(sys.executable).parent / "pilotfish"),
                "inspect",
                "--jsonl",
                "--python",
                sys.executable,
                *options,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=tempfile.gettempdir(),
        )

    def ask(self, line: bytes) -> tuple[float, dict[str, object]]:
        """Milliseconds until the answer, and the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        begun = time.perf_counter()
        self._process.stdin.write(line)
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return (time.perf_counter() - begun) * 1000, answer

    def end(self) -> None:
        """Close its input and wait."""
        self._process.communicate()


def measure(package: str, count: int, seed: int) -> dict[str, float]:
    """All numbers, in milliseconds."""
    lines = questions(package, count, seed)
    inspecting = Inspecting()
    first, _ = inspecting.ask(lines[0])
    cold = sorted(inspecting.ask(line)[0] for line in lines[1:])
    # The same files with other names cut out: what is warm is what stays warm while typing.
    others = questions(package, count, seed + 1)
    warm = sorted(inspecting.ask(line)[0] for line in others)
    inspecting.end()
    hurried = Inspecting("--deadline-ms", str(_SHORT_MS))
    hurried.ask(lines[0])
    own = [hurried.ask(line)[1]["ms"] for line in others]
    hurried.end()
    over = [float(ms) - _SHORT_MS for ms in own if isinstance(ms, (int, float))]
    return {
        "first_answer_ms": first,
        "first_round_p50_ms": _at(cold, 0.5),
        "first_round_p95_ms": _at(cold, 0.95),
        "warm_p50_ms": _at(warm, 0.5),
        "warm_p95_ms": _at(warm, 0.95),
        "warm_p99_ms": _at(warm, 0.99),
        "past_deadline_worst_ms": max(0.0, *over),
        "sites": float(len(lines) + len(others)),
    }


def _at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--package", default="rich")
    parser.add_argument("--sites", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    numbers = measure(options.package, options.sites, options.seed)
    rows = [(name, f"{value:.1f}") for name, value in numbers.items()]
    show(f"pilotfish inspect on {options.package}", ("", "value"), rows)
    save("inspect_speed", {"arguments": vars(options), "numbers": numbers})
    return 0


if __name__ == "__main__":
    sys.exit(main())
