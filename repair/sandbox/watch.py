"""Counting what a sandbox uses, from outside, and ending it when that is too much.

The process limit of the kernel does not bind root, and no limit of the kernel's adds up memory
over processes without a cgroup of one's own. So a thread looks.
"""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

from repair.sandbox.policy import Limits

#: A fork bomb makes some hundred processes in this time; the kernel's limit is far above that.
_INTERVAL_S = 0.05
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Watch:
    """Watches the descendants of ``pid`` until stopped; ``exceeded`` says what was too much."""

    def __init__(self, pid: int, limits: Limits) -> None:
        self.exceeded = ""
        self._pid = pid
        self._limits = limits
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-watch", daemon=True)
        self._thread.start()

    def resident(self) -> int:
        """Bytes that are resident now; what processes share counts for each of them."""
        return sum(map(_resident, descendants(self._pid, self._limits.processes)))

    def stop(self) -> None:
        """Watch no more."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_INTERVAL_S):
            family = descendants(self._pid, self._limits.processes * 4)
            if len(family) > self._limits.processes:
                self.exceeded = f"more than {self._limits.processes} processes"
            elif sum(map(_resident, family)) > self._limits.resident:
                self.exceeded = f"more than {self._limits.resident >> 20} MiB of memory"
            if self.exceeded:
                end_namespace(self._pid)
                return


def end_namespace(pid: int) -> None:
    """End the sandbox whose bubblewrap is ``pid``, which then ends by itself.

    Its child is init of a process namespace: the kernel ends all others with it, and bubblewrap
    sees its end only when they are gone (pid_namespaces(7)). Without a child, ``pid`` is ended.
    """
    for process in descendants(pid, 1)[:1] or [pid]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, 9)


def descendants(pid: int, at_most: int) -> list[int]:
    """Children of ``pid`` and theirs, about ``at_most`` of them."""
    found: list[int] = []
    waiting = [pid]
    while waiting and len(found) < at_most:
        parent = waiting.pop(0)
        try:
            tasks = list(Path(f"/proc/{parent}/task").iterdir())
            children = [c for task in tasks for c in (task / "children").read_text().split()]
        except OSError:
            continue
        found.extend(map(int, children))
        waiting.extend(map(int, children))
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0
