"""How many candidates can run at once: one, and one more for each processor that nobody else uses.

What others use is what the processors did meanwhile (proc(5), ``/proc/stat``) less what this
process and its children did. Where a sandbox was ended at once, nobody tells what it had used, and
others would be taken for it; so it is no more than what the other processes say of themselves. The
load average would not tell: it remembers for a minute what this very program did before.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from repair.sandbox.watch import descendants

#: More of them wait for the one that hands out candidates.
MOST = 4
#: Part of a processor that must be left for one more: others' work comes and goes.
_ENOUGH = 0.5
#: Of a processor's line in ``/proc/stat``: idle, and waiting for input; and all but guests' time,
#: which is in the first two already.
_IDLE_FIELDS, _FIELDS = (3, 4), 8
#: Of ``/proc/PID/stat`` behind the name: what it used, and children that it waited for.
_USED_FIELDS = slice(11, 15)
_BEGAN_FIELD = 19
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_CGROUPS = Path("/sys/fs/cgroup")
_MANY = 10_000


def usable(cgroup: Path = Path("/proc/self/cgroup"), mounted: Path = _CGROUPS) -> float:
    """The processors that this process may use, by affinity and by the quotas of its cgroups."""
    return min([float(len(_allowed()) or os.cpu_count() or 1), *_quotas(cgroup, mounted)])


class Spare:
    """Watches what the processors do from its beginning."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._busy, self._mine, self._others = _busy(), _mine(), _others()

    def used_by_others(self) -> float:
        """How many processors others have used, on average since the beginning."""
        elapsed = max(_TICK_S, time.monotonic() - self._began)
        by_processors = (_busy() - self._busy) - (_mine() - self._mine)
        by_processes = sum(
            used - self._others.get(process, 0.0) for process, used in _others().items()
        )
        return max(0.0, min(by_processors, by_processes)) / elapsed

    def lanes(self) -> int:
        """How many candidates to run at once, judged by that."""
        left = len(_allowed()) - self.used_by_others()
        return max(1, min(MOST, int(usable()), int(left + _ENOUGH)))


def _allowed() -> frozenset[int]:
    if hasattr(os, "sched_getaffinity"):
        return frozenset(os.sched_getaffinity(0))
    return frozenset()


def _busy() -> float:
    """Seconds that the processors which may be used have worked."""
    ticks, allowed = 0, _allowed()
    for line in _read(Path("/proc/stat")).splitlines():
        name, *numbers = line.split()
        if name[:3] == "cpu" and name[3:].isdigit() and int(name[3:]) in allowed:
            each = [int(number) for number in numbers[:_FIELDS]]
            ticks += sum(each) - sum(each[field] for field in _IDLE_FIELDS)
    return ticks * _TICK_S


def _mine() -> float:
    """Seconds of it that this process, its children and theirs have used."""
    return sum(_used(pid)[1] for pid in (os.getpid(), *descendants(os.getpid(), _MANY)))


def _others() -> dict[tuple[int, str], float]:
    """Seconds that each other process has used with the children it waited for, by its number and
    when it began."""
    mine = {os.getpid(), *descendants(os.getpid(), _MANY)}
    pids = [int(path.name) for path in Path("/proc").glob("[0-9]*") if path.name.isdigit()]
    found = {}
    for pid in pids:
        if pid not in mine:
            began, used = _used(pid)
            found[pid, began] = used
    return found


def _used(pid: int) -> tuple[str, float]:
    """When a process began, and the seconds that it and the children it waited for have used."""
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    used = sum(int(field) for field in fields[_USED_FIELDS]) * _TICK_S
    return (fields[_BEGAN_FIELD] if fields else "", used)


def _quotas(cgroup: Path, mounted: Path) -> list[float]:
    """Bounds that cgroups set, in processors (``cpu.max`` of version 2)."""
    found = []
    for line in _read(cgroup).splitlines():
        number, _, path = line.partition("::")
        folder = mounted / path.lstrip("/")
        for place in (folder, *folder.parents) if number == "0" else ():
            quota, _, period = _read(place / "cpu.max").partition(" ")
            if quota.isdigit() and period.strip().isdigit():
                found.append(int(quota) / int(period))
            if place == mounted:
                break
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
