"""How many candidates run at once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from repair.sandbox.cores import MOST, Spare, usable


@pytest.fixture
def one_processor() -> Iterator[None]:
    """This process may run on one of the processors only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    yield
    os.sched_setaffinity(0, before)


@pytest.mark.usefixtures("one_processor")
def test_with_one_processor_it_is_one() -> None:
    assert usable() <= 1
    assert Spare().lanes() == 1


def test_it_is_bounded_whatever_the_machine() -> None:
    assert 1 <= Spare().lanes() <= min(MOST, max(1, int(usable())))


@pytest.mark.process
def test_what_a_lost_child_had_used_is_not_taken_for_others() -> None:
    """Nobody waits for the grandchild: the kernel adds its time to no process."""
    script = "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
    script += "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    spin = "import time\nwhile time.process_time() < 0.6: pass"

    def seen(program: str) -> float:
        spare = Spare()
        subprocess.run([sys.executable, "-c", script, program], check=False)
        return spare.used_by_others()

    # Others may be at work: as much of it beside a grandchild that only waits.
    wait = "import time\ntime.sleep(0.6)"
    assert any(seen(spin) - seen(wait) < 0.5 for _ in range(4))


def test_another_process_that_computes_counts() -> None:
    # Begun by a process that ends: it is no child of this one any more.
    spin = "import time\nwhile time.process_time() < 1.5: pass"
    start = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', sys.argv[1]])"
    spare = Spare()
    subprocess.run([sys.executable, "-c", start, spin], check=True)
    time.sleep(1.0)
    assert spare.used_by_others() > 0.2


@pytest.mark.parametrize(
    ("own", "above", "bound"),
    [
        ("150000 100000", "max 100000", 1.5),
        ("max 100000", "50000 100000", 0.5),
        ("max 100000", "max 100000", None),
        (None, None, None),
    ],
)
def test_the_quota_of_a_container_counts(
    tmp_path: Path, own: str | None, above: str | None, bound: float | None
) -> None:
    (tmp_path / "slice" / "box").mkdir(parents=True)
    for folder, text in ((tmp_path / "slice", above), (tmp_path / "slice" / "box", own)):
        if text is not None:
            (folder / "cpu.max").write_text(f"{text}\n")
    (tmp_path / "cgroup").write_text("0::/slice/box\n")
    everything = float(len(os.sched_getaffinity(0)))
    found = usable(tmp_path / "cgroup", tmp_path)
    assert found == (everything if bound is None else min(bound, everything))
