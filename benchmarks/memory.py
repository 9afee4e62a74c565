"""What the engine holds in memory with the completing model.

``python -m benchmarks.memory [--completions N]``. The real engine process, asked as an editor asks;
Linux only, since the kernel tells apart what is shared with the page cache (the model's file,
mapped) from what is the engine's own. Growth over many completions shows that no history of
logits is kept (one row is 0.6 MB).
"""

from __future__ import annotations

import argparse

import psutil

from analysis.snapshot import Snapshot, Workspace
from benchmarks.report import save, show
from engine.client import EngineProcess
from engine.features.complete import CompleteRequest
from engine.features.status import StatusRequest

PATIENCE_SECONDS = 120
_MIB = 1 << 20


def held(pid: int) -> dict[str, float]:
    """Resident MiB of a process: in all, its own, and mapped from files."""
    memory = psutil.Process(pid).memory_info()
    return {
        "resident": round(memory.rss / _MIB, 1),
        "own": round((memory.rss - memory.shared) / _MIB, 1),
        "mapped": round(memory.shared / _MIB, 1),
    }


def complete(client: EngineProcess, lines: int, number: int) -> int:
    """Ask for one completion behind ``lines`` lines; how many tokens it wrote."""
    text = "".join(f"value_{number}_{i} = compute({i})\n" for i in range(lines)) + "value = "
    snapshot = Snapshot(f"/nowhere/{number}.py", text, Workspace("/nowhere"))
    request = CompleteRequest(snapshot, lines, len("value = "), guidance=False)
    answer = client.submit(request).future.result(PATIENCE_SECONDS)
    return answer.completion.tokens


def main() -> int:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--completions", type=int, default=20)
    options = parser.parse_args()
    client = EngineProcess()
    stages: dict[str, dict[str, float]] = {}
    try:
        pid = client.submit(StatusRequest()).future.result(PATIENCE_SECONDS).engine_pid
        stages["started, no model"] = held(pid)
        complete(client, 1, 0)
        stages["model loaded, a short prompt"] = held(pid)
        complete(client, 200, 1)
        stages["a prompt of the largest size"] = held(pid)
        tokens = sum(complete(client, 3, 2 + i) for i in range(options.completions))
        stages[f"{options.completions} more completions"] = held(pid)
    finally:
        client.close()
    show(
        "MiB",
        ["engine", "resident", "own", "mapped"],
        [[k, *v.values()] for k, v in stages.items()],
    )
    save("memory", {"mib": stages, "tokens_written": tokens})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
