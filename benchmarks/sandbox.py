"""What the sandbox costs: starting one, candidates a second in each way of running them, tracing.

``python -m benchmarks.sandbox [--runs N] [--lanes N]``. The file under test is a small module; the
tests are a plain function, a test with a fixture, and a script. Issue D: at least 300 candidates a
second where the tests can be called, 15 a second through pytest in general. Each way is measured
one candidate after another and with as many at once as a repair would run here: one for each
processor that nobody else uses (``repair.sandbox.cores``), or ``--lanes``.

Tracing is measured on a module that computes (loops, calls, dictionaries), as the time of its test
with a probe over that without one: lines counted, expressions noted, blocks followed with their
values. With and without take turns, and medians are compared. Following has a bound of its own
(here above what the test needs), past which a test runs on untraced.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from analysis.environments.candidates import resolve
from analysis.snapshot import Workspace
from analysis.views.plan import block_plan
from benchmarks.fixing import folder
from benchmarks.report import save, show
from repair.failure.command import parse
from repair.sandbox.cores import MOST, Spare
from repair.sandbox.forkserver import ForkServer
from repair.sandbox.interpreter import interpreter_of
from repair.sandbox.policy import Policy
from repair.sandbox.run import Preload, Terms

MODULE = "def middle(a, b):\n    return (a + b) / 2\n"
PLAIN = "from middle import middle\n\ndef test_middle():\n    assert middle(2, 4) == 3\n"
FIXTURE = PLAIN.replace("test_middle()", "test_middle(tmp_path)")
SCRIPT = "from middle import middle\nassert middle(2, 4) == 3\n"


WORK = """\
def words(text):
    counts = {}
    for word in text.split():
        word = word.strip(".,").lower()
        if word:
            counts[word] = counts.get(word, 0) + 1
    return counts


def collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


def work(rounds):
    longest = 0
    for start in range(1, rounds):
        longest = max(longest, collatz(start))
        counts = words("The cat, the dog and the bird. " * 3)
    return longest, counts["the"]
"""
WORKING = "from work import work\n\ndef test_work():\n    assert work(60) == (112, 9)\n"
#: Block visits that may be followed; the working test needs about 20,000.
STEPS = 200_000


def tracing(policy: Policy, root: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Seconds of the working test alone and with each probe, and their ratio."""
    plan = parse("python -m pytest test_work.py", str(root)).plan
    limits = {"seconds": 60, "steps": STEPS, "bytes": 10_000_000}
    blocks = {"plan": block_plan(WORK).to_json(), "limits": limits}
    ways = {
        "untraced": Terms(wall=60),
        "lines": Terms(wall=60, trace=True),
        "expressions": Terms(wall=60, places=True),
        "blocks with values": Terms(wall=60, blocks=blocks),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    with ForkServer(policy, str(root / "work.py"), 40) as server:
        held = server.hold(plan, wall=60)
        assert held is not None
        chosen = replace(plan, select=held[0])
        for _ in range(rounds):
            for name, terms in ways.items():
                run = server.patch(chosen, (), terms)
                assert run.passed() or run.ended == "done", run.output
                times[name].append(run.tests[0].seconds)
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    return {
        name: {"seconds": seconds, "ratio": seconds / medians["untraced"]}
        for name, seconds in medians.items()
    }


@dataclass(frozen=True, slots=True)
class Rate:
    """Candidates a second: ``alone``, one after another, and so many ``at_once``."""

    alone: float
    at_once: float


def rates(server: ForkServer, run: Callable[[], object], runs: int, lanes: int) -> Rate:
    """How many ``run`` a second, alone and in ``lanes`` threads: by the median of ten parts."""
    alone = rate(run, runs)
    server.spread(lanes)
    each = max(1, runs // 10)
    with ThreadPoolExecutor(server.lanes) as threads:
        list(threads.map(lambda _: run(), range(2 * lanes)))
        together = rate(lambda: list(threads.map(lambda _: run(), range(each))), 10)
    return Rate(alone, each * together)


def rate(run: Callable[[], object], runs: int) -> float:
    """Calls a second: the median of one call's time, inverted."""
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return 1 / statistics.median(times)


def main() -> int:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7, help="of each way of tracing")
    parser.add_argument("--python", default=sys.executable, help="a Python with pytest")
    parser.add_argument("--lanes", type=int, help="candidates at once (default: as a repair)")
    chosen = parser.parse_args()
    spare = Spare()
    found: dict[str, Rate] = {}
    with folder() as root:
        texts = {"middle": MODULE, "test_plain": PLAIN, "test_fixture": FIXTURE}
        for name, text in {**texts, "work": WORK, "test_work": WORKING}.items():
            (root / f"{name}.py").write_text(text)
        (root / "script.py").write_text(SCRIPT)
        environment = resolve(Workspace(str(root), python=chosen.python))
        policy = Policy(str(root), interpreter_of(environment))
        start = 1 / rate(lambda: ForkServer(policy, str(root / "middle.py"), 2).close(), 10)
        lanes = chosen.lanes or spare.lanes()
        for name in ("test_plain", "test_fixture"):
            found[f"held, {name}"] = _held(policy, root, name, chosen.runs, lanes)
        for name, command, runs in (
            ("pytest afresh", "python -m pytest test_fixture.py", 20),
            ("script", "python script.py", chosen.runs),
            ("shell command", "python script.py; exit $?", 20),
        ):
            found[name] = _cold(policy, root, command, runs, lanes)
        traced = tracing(policy, root, chosen.rounds)
    show(
        "Candidates a second",
        ("way", "per second", f"{lanes} at once"),
        [(name, f"{each.alone:.0f}", f"{each.at_once:.0f}") for name, each in found.items()],
    )
    print(f"start of a sandbox: {start * 1000:.0f} ms")
    show(
        f"Tracing one test (Python {environment.version_text})",
        ("probe", "ms", "times as long"),
        [(name, f"{t['seconds'] * 1000:.1f}", f"{t['ratio']:.1f}") for name, t in traced.items()],
    )
    figures = {
        "per_second": {name: asdict(each) for name, each in found.items()},
        "lanes": lanes,
        "start_ms": start * 1000,
        "tracing": traced,
    }
    save("sandbox", {**figures, "runs": chosen.runs, "tested_python": environment.version_text})
    return 0


def _held(policy: Policy, root: Path, name: str, runs: int, lanes: int) -> Rate:
    plan = parse(f"python -m pytest {name}.py", str(root)).plan
    edited = MODULE.replace("/ 2", "/ 3")
    with ForkServer(policy, str(root / "middle.py"), 2, most_lanes=MOST) as server:
        held = server.hold(plan, wall=60)
        assert held is not None
        chosen = replace(plan, select=held[0])
        private = name == "test_fixture"
        terms = Terms(wall=10, cpu=2, private=private)
        return rates(server, lambda: server.patch(chosen, [(MODULE, edited)], terms), runs, lanes)


def _cold(policy: Policy, root: Path, command: str, runs: int, lanes: int) -> Rate:
    plan = parse(command, str(root)).plan
    path = str(root / "middle.py")
    edited = {path: MODULE.replace("/ 2", "/ 3").encode()}
    with ForkServer(policy, path, 2, most_lanes=MOST) as server:
        first = server.run(plan, {}, Terms(wall=60, modules=True))
        own = f"{root}/"
        names = [n for n, file in first.modules if not file.startswith(own) and n != "__main__"]
        names = [n for n in names if not n.startswith("_pilotfish")]
        server.preload(Preload(tuple(names), first.patterns, pytest=plan.runner == "pytest"))
        return rates(server, lambda: server.run(plan, edited, Terms(wall=10)), runs, lanes)


if __name__ == "__main__":
    sys.exit(main())
