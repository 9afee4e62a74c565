"""How long the engine is away after ``kill -9``, and what importing its client costs.

``python -m benchmarks.restart [--runs N]``. Measured on the real engine with the completing model,
whose file is in the page cache after the first run: from the kill to *ready* (requests are read
again) and to the first completion, asked at the moment of the kill. Issue A: 3 s at most.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from benchmarks.report import quantile, save, show
from engine.client import EngineProcess, EngineState, Phase
from engine.messages import CompleteRequest, Snapshot, StatusRequest, Workspace

PATIENCE_SECONDS = 120
TEXT = "from pathlib import Path\n\n\ndef lines(path: Path) -> list[str]:\n    return path."


class Ready:
    """Waits for the next engine to say that it is ready; knows the moment at which it did."""

    def __init__(self, client: EngineProcess) -> None:
        self._changed = threading.Condition()
        self._restarts, self._at = -1, 0.0
        client.on_state(self._note)

    def _note(self, state: EngineState) -> None:
        if state.phase is Phase.READY:
            with self._changed:
                self._restarts, self._at = state.restarts, time.perf_counter()
                self._changed.notify_all()

    def wait(self, restarts: int) -> float:
        """When the engine that follows ``restarts`` deaths was ready."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._restarts >= restarts, PATIENCE_SECONDS):
                raise TimeoutError("the engine did not come back")
            return self._at


def complete(client: EngineProcess) -> float:
    """Ask for a completion; the moment at which it came."""
    snapshot = Snapshot("", TEXT, Workspace(str(Path("/nowhere"))))
    request = CompleteRequest(snapshot, 4, len("    return path."), guidance=False, max_tokens=8)
    client.submit(request).future.result(PATIENCE_SECONDS)
    return time.perf_counter()


def away(runs: int) -> tuple[list[float], list[float]]:
    """Seconds from the kill to ready and to the first completion, by run."""
    to_ready, to_completion = [], []
    for _ in range(runs):
        # A client of its own each: after several deaths in a row the next start waits on purpose.
        client = EngineProcess()
        ready = Ready(client)
        complete(client)
        pid = client.submit(StatusRequest()).future.result(PATIENCE_SECONDS).engine_pid
        begin = time.perf_counter()
        os.kill(pid, signal.SIGKILL)
        to_completion.append(complete(client) - begin)
        to_ready.append(ready.wait(1) - begin)
        client.close()
    return to_ready, to_completion


def import_seconds(module: str, runs: int) -> list[float]:
    """Seconds that a new interpreter takes to import ``module``, beyond starting."""
    code = f"import time; b = time.perf_counter(); import {module}; print(time.perf_counter() - b)"
    return [
        float(subprocess.check_output([sys.executable, "-I", "-c", code], text=True))
        for _ in range(runs)
    ]


def main() -> int:
    """Measure, print, save; 1 when a limit of the issue is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    to_ready, to_completion = away(runs)
    importing = import_seconds("engine.client", runs)
    rows = [
        ("kill -9 to ready", to_ready, 3.0),
        ("kill -9 to the first completion", to_completion, 3.0),
        ("import engine.client", importing, 0.1),
    ]
    show(
        f"engine restart, {runs} runs",
        ["", "p50 s", "worst s", "limit s"],
        [
            [name, f"{quantile(values, 0.5):.3f}", f"{max(values):.3f}", limit]
            for name, values, limit in rows
        ],
    )
    save("restart", {name: {"seconds": values, "limit": limit} for name, values, limit in rows})
    return int(any(max(values) > limit for _, values, limit in rows))


if __name__ == "__main__":
    sys.exit(main())
