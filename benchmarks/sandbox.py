"""What the sandbox costs: starting one, and candidates a second in each way of running them.

``python -m benchmarks.sandbox [--runs N]``. The file under test is a small module; the tests are
a plain function, a test with a fixture, and a script. Issue D: at least 300 candidates a second
where the tests can be called, 15 a second through pytest in general.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from analysis.environments.resolve import resolve
from analysis.snapshot import Workspace
from benchmarks.fixing import folder
from benchmarks.report import save, show
from repair.command import parse
from repair.sandbox.forkserver import ForkServer
from repair.sandbox.interpreter import interpreter_of
from repair.sandbox.policy import Policy
from repair.sandbox.run import Terms

MODULE = "def middle(a, b):\n    return (a + b) / 2\n"
PLAIN = "from middle import middle\n\ndef test_middle():\n    assert middle(2, 4) == 3\n"
FIXTURE = PLAIN.replace("test_middle()", "test_middle(tmp_path)")
SCRIPT = "from middle import middle\nassert middle(2, 4) == 3\n"


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
    parser.add_argument("--python", default=sys.executable, help="a Python with pytest")
    chosen = parser.parse_args()
    rates: dict[str, float] = {}
    with folder() as root:
        for name, text in (("middle", MODULE), ("test_plain", PLAIN), ("test_fixture", FIXTURE)):
            (root / f"{name}.py").write_text(text)
        (root / "script.py").write_text(SCRIPT)
        environment = resolve(Workspace(str(root), python=chosen.python))
        policy = Policy(str(root), interpreter_of(environment))
        start = 1 / rate(lambda: ForkServer(policy, str(root / "middle.py"), 2).close(), 10)
        for name in ("test_plain", "test_fixture"):
            rates[f"held, {name}"] = _held(policy, root, name, chosen.runs)
        rates["pytest afresh"] = _cold(policy, root, "python -m pytest test_fixture.py", 20)
        rates["script"] = _cold(policy, root, "python script.py", chosen.runs)
        rates["shell command"] = _cold(policy, root, "python script.py; exit $?", 20)
    show(
        "Candidates a second",
        ("way", "per second"),
        [(name, f"{value:.0f}") for name, value in rates.items()],
    )
    print(f"start of a sandbox: {start * 1000:.0f} ms")
    save("sandbox", {"per_second": rates, "start_ms": start * 1000, "runs": chosen.runs})
    return 0


def _held(policy: Policy, root: Path, name: str, runs: int) -> float:
    plan = parse(f"python -m pytest {name}.py", str(root)).plan
    edited = MODULE.replace("/ 2", "/ 3")
    with ForkServer(policy, str(root / "middle.py"), 2) as server:
        held = server.hold(plan, wall=60)
        assert held is not None
        chosen = replace(plan, select=held[0])
        private = name == "test_fixture"
        return rate(
            lambda: server.patch(
                chosen, [(MODULE, edited)], Terms(wall=10, cpu=2, private=private)
            ),
            runs,
        )


def _cold(policy: Policy, root: Path, command: str, runs: int) -> float:
    plan = parse(command, str(root)).plan
    path = str(root / "middle.py")
    edited = {path: MODULE.replace("/ 2", "/ 3").encode()}
    with ForkServer(policy, path, 2) as server:
        first = server.run(plan, {}, Terms(wall=60, modules=True))
        own = f"{root}/"
        names = [n for n, file in first.modules if not file.startswith(own) and n != "__main__"]
        server.preload(
            [n for n in names if not n.startswith("_pilotfish")], pytest=plan.runner == "pytest"
        )
        return rate(lambda: server.run(plan, edited, Terms(wall=10)), runs)


if __name__ == "__main__":
    sys.exit(main())
