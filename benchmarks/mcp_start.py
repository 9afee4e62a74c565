"""What ``pilotfish mcp`` costs without a model: seconds to first answers, and memory after them.

``python -m benchmarks.mcp_start [--lines 50000] [--runs 3]``

A project of so many lines is copied from what is installed here. In each run the SDK's own client
starts the server with an empty cache and asks one tool, cold: the time counts from the start of the
process to the answer. In the last run every tool that runs no code is asked, twice, and the memory
of all its processes is read (``rss`` counts pages that they share several times, ``pss`` once).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from mcp import Client, StdioServerParameters

from benchmarks.check_speed import PROJECT, copy
from benchmarks.report import save, show

_BUDGET_MS = 120_000


def questions(file: str) -> dict[str, dict[str, Any]]:
    """What each tool is asked about the project and one file of it."""
    return {
        "api": {"name": "pathlib.Path.read_text"},
        "members": {"path": file, "line": 1, "expression": "''"},
        "check_snippet": {"path": "new.py", "code": "import os\n\nos.getcwdd()\n"},
        "graph": {"question": "stats"},
    }


async def first(root: Path, cache: Path, tool: str, arguments: dict[str, Any]) -> float:
    """Seconds from the start of a server to its first answer."""
    begun = time.monotonic()
    async with Client(_server(root, cache)) as client:
        await _told(client, tool, arguments)
        return time.monotonic() - begun


async def memory(root: Path, cache: Path, asked: dict[str, dict[str, Any]]) -> dict[str, float]:
    """MiB of a server's processes after every question was answered twice."""
    async with Client(_server(root, cache)) as client:
        for _ in range(2):
            for tool, arguments in asked.items():
                await _told(client, tool, arguments)
        held = [each.memory_full_info() for each in psutil.Process().children(recursive=True)]
    return {
        "rss": round(sum(each.rss for each in held) / (1 << 20)),
        "pss": round(sum(each.pss for each in held) / (1 << 20)),
        "processes": len(held),
    }


def _server(root: Path, cache: Path) -> StdioServerParameters:
    words = ["-m", "pilotfish", "mcp", "--workspace", str(root), "--model", "none"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    return StdioServerParameters(command=sys.executable, args=words, env=environment)


async def _told(client: Client, tool: str, arguments: dict[str, Any]) -> None:
    result = await client.call_tool(tool, {**arguments, "budget_ms": _BUDGET_MS})
    answer = json.loads(result.content[0].text)  # type: ignore[union-attr]
    if result.is_error or answer.get("complete") is False:
        raise SystemExit(f"{tool}: {answer}")


def main() -> int:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(prog="benchmarks.mcp_start")
    parser.add_argument("--lines", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    rows: list[list[object]] = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "project")
        total, files = copy(list(PROJECT), root, options.lines)
        (root / "pyproject.toml").touch()
        asked = questions(str(min(root.rglob("*.py"), key=lambda path: -path.stat().st_size)))
        for tool, arguments in asked.items():
            took = [
                asyncio.run(first(root, Path(folder, f"{tool}-{run}"), tool, arguments))
                for run in range(options.runs)
            ]
            rows.append([tool, f"{statistics.median(took):.2f}", f"{max(took):.2f}"])
        held = asyncio.run(memory(root, Path(folder, "last"), asked))
    show(f"First answer, {total:,} lines in {files} files", ["tool", "median s", "worst s"], rows)
    show("Memory without a model", list(held), [[*held.values()]])
    save("mcp_start", {"lines": total, "first": rows, "memory": held})
    return 0


if __name__ == "__main__":
    sys.exit(main())
