"""A child ends with its parent: what was killed leaves nothing that burns a core."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.pilotfish.command import PILOTFISH

pytestmark = pytest.mark.process

_PARENT = """
import sys, time
from analysis import children
child = children.start("timeit", *sys.argv[1:])
print(child.pid, flush=True)
time.sleep(60)
"""
#: In the second one no other thread of the process gets the interpreter, ever.
_ENDLESS = {
    "python": ("while True: pass",),
    "native": ("-n1", "-r1", "-s", "import re", "re.match('(a+)+b', 'a' * 99)"),
    "waiting": ("-n1", "-s", "import time", "time.sleep(60)"),
}


@pytest.mark.parametrize("words", _ENDLESS.values(), ids=_ENDLESS)
def test_a_child_is_gone_two_seconds_after_its_parent(words: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, *words], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        time.sleep(1)
        assert child.is_running()
        parent.kill()
    _, left = psutil.wait_procs([child], 2)
    assert not [process for process in left if process.status() != psutil.STATUS_ZOMBIE]


def test_a_check_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").touch()
    for number in range(20):
        names = "".join(f"import {name}\n{name}.x{number}\n" for name in ("os", "ast", "typing"))
        (tmp_path / f"m{number}.py").write_text(names)
    command = [PILOTFISH, "check", ".", "--no-cache"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL) as parent:
        seen: dict[int, psutil.Process] = {}
        until = time.monotonic() + 20
        while len(seen) < 2 and parent.poll() is None and time.monotonic() < until:
            seen |= {p.pid: p for p in psutil.Process(parent.pid).children(recursive=True)}
            time.sleep(0.05)
        time.sleep(0.5)
        seen |= {p.pid: p for p in psutil.Process(parent.pid).children(recursive=True)}
        parent.kill()
    assert seen
    _, left = psutil.wait_procs(list(seen.values()), 2)
    assert not [p.cmdline() for p in left if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def test_children_start_where_nobody_else_can_write() -> None:
    script = (
        'from analysis import children; import os, time; c = children.start("timeit", "pass")\n'
    )
    script += 'print(os.readlink(f"/proc/{c.pid}/cwd")); c.kill()'
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    folder = Path(os.fsdecode(done.stdout.strip()))
    assert not folder.stat().st_mode & 0o022
