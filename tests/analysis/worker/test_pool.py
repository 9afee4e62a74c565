"""The pool: answers, deadlines, deaths and a clean end, with real worker processes."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from analysis.deadline import Deadline
from analysis.errors import AnalysisError
from analysis.lint.query import LintQuery
from analysis.names import Tier
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.holes import hole_at
from analysis.worker.pool import LATE, OVERSTAY_S, AnalysisPool, WorkerProcess, WorkerSettings

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> WorkerSettings:
    return WorkerSettings(str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def pool(settings: WorkerSettings) -> Iterator[AnalysisPool]:
    with AnalysisPool(settings) as running:
        yield running


def _snapshot(text: str, tmp_path: Path, python: str | None = sys.executable) -> Snapshot:
    return Snapshot(str(tmp_path / "app.py"), text, Workspace(str(tmp_path), python=python))


def test_evidence_by_hole_and_by_position(pool: AnalysisPool, tmp_path: Path) -> None:
    text = "import json\njson."
    snapshot = _snapshot(text, tmp_path)
    by_hole = pool.start(snapshot, hole_at(text, len(text)))
    by_position = pool.inspect(snapshot, 1, 5, Deadline.after(60))
    assert by_position.result(60).tier is Tier.CLOSED
    assert "dumps" in by_position.result().spellings()
    # The first query may be late on a busy machine; what it may not do is fail.
    assert by_hole.result(60).tier in (Tier.CLOSED, Tier.ABSTAIN)


@pytest.mark.parametrize(("line", "character"), [(1, 0), (0, 9), (-1, 0), (0, -1), (10**9, 0)])
def test_a_position_outside_of_the_text_is_explained(
    pool: AnalysisPool, tmp_path: Path, line: int, character: int
) -> None:
    asked = pool.inspect(_snapshot("x = 1", tmp_path), line, character, Deadline.after(60))
    with pytest.raises(AnalysisError, match="outside of"):
        asked.result(60)


def test_a_broken_interpreter_is_explained(pool: AnalysisPool, tmp_path: Path) -> None:
    snapshot = _snapshot("''.", tmp_path, python=str(tmp_path / "absent"))
    with pytest.raises(AnalysisError, match="did not describe itself"):
        pool.inspect(snapshot, 0, 3, Deadline.after(60)).result(60)


def test_half_a_surrogate_pair_is_a_character_like_any_other(
    pool: AnalysisPool, tmp_path: Path
) -> None:
    asked = pool.inspect(_snapshot("'\ud800'.", tmp_path), 0, 4, Deadline.after(60))
    assert "upper" in asked.result(60).spellings()


def test_a_relative_import_of_a_text_without_a_file_costs_no_worker(
    pool: AnalysisPool, tmp_path: Path
) -> None:
    """What the answer was read from held a ``Path``, which ended the worker."""
    unsaved = replace(_snapshot("from .a import b\nfrom . import c\nc.x\n", tmp_path), path="")
    query = LintQuery(unsaved, 0, 5.0)
    before = set(pool.pids())
    looked = pool.ask(query, Deadline.after(60)).result(60)
    assert not looked.reason
    assert str(tmp_path) in looked.reads.folders
    assert not before or before & set(pool.pids())


def test_the_deadline_is_kept_while_the_worker_is_busy(pool: AnalysisPool, tmp_path: Path) -> None:
    pool.inspect(_snapshot("''.", tmp_path), 0, 3, Deadline.after(60)).result(60)
    slow = "import tkinter, asyncio, unittest\nasyncio.run(" + "a(" * 400 + ")" * 400 + ")."
    begun = time.monotonic()
    answers = [
        pool.inspect(_snapshot(slow + " " * n, tmp_path), 1, len(slow) - 34, Deadline.after(0.05))
        for n in range(4)
    ]
    for answer in answers:
        assert answer.result(60).tier is not Tier.CLOSED
    # 20 ms is what is promised on a quiet machine.
    assert time.monotonic() - begun < 2.0


def test_it_comes_back_from_being_killed_at_any_moment(pool: AnalysisPool, tmp_path: Path) -> None:
    text = "import collections\ncollections."
    for round_ in range(4):
        asked = pool.inspect(_snapshot(f"# {round_}\n{text}", tmp_path), 2, 12, Deadline.after(60))
        for pid in pool.pids():
            os.kill(pid, signal.SIGKILL)
        assert "OrderedDict" in asked.result(60).spellings()
    last = pool.inspect(_snapshot(text, tmp_path), 1, 12, Deadline.after(60)).result(60)
    assert "OrderedDict" in last.spellings()


def test_a_worker_that_has_grown_is_replaced_in_a_pause(
    settings: WorkerSettings, tmp_path: Path
) -> None:
    """Not while it is asked, never the last one, and no question is lost meanwhile."""
    modules = sorted(sys.stdlib_module_names - {"this", "antigravity"})
    with AnalysisPool(replace(settings, growth=1)) as pool:

        def ask(names: list[str]) -> None:
            for name in names:
                snapshot = _snapshot(f"import {name}\n{name}.", tmp_path)
                pool.inspect(snapshot, 1, len(name) + 1, Deadline.after(60)).result(60)

        ask(modules[:60])
        while len(pool.pids()) < 2:
            time.sleep(0.05)
        before = set(pool.pids())
        time.sleep(2.5)  # the first rest, in which it counts as warm
        ask(modules[60:80])
        assert set(pool.pids()) == before
        end = time.monotonic() + 30
        while before <= set(pool.pids()) and time.monotonic() < end:
            time.sleep(0.05)
        assert len(before & set(pool.pids())) == 1
        asked = pool.inspect(_snapshot("''.", tmp_path), 0, 3, Deadline.after(60))
        assert "upper" in asked.result(60).spellings()


def test_cancelled_and_open_queries_end_with_the_pool(
    settings: WorkerSettings, tmp_path: Path
) -> None:
    pool = AnalysisPool(settings)
    cancelled = pool.inspect(_snapshot("''.", tmp_path), 0, 3, Deadline.after(60))
    assert cancelled.cancel()
    left = pool.inspect(_snapshot("b''.", tmp_path), 0, 4, Deadline.never())
    pool.inspect(_snapshot("{}.", tmp_path), 0, 3, Deadline.after(60)).result(60)
    pids = pool.pids()
    assert pids
    pool.close()
    assert left.result(0).monitor
    assert not any(psutil.pid_exists(pid) for pid in pids)
    after = pool.inspect(_snapshot("''.", tmp_path), 0, 3, Deadline.after(60))
    assert after.result(0).reason == "the analysis has ended"


@pytest.mark.parametrize("killed", [False, True], ids=["ready", "dead"])
def test_a_worker_may_be_ready_or_dead_before_the_pool_has_noted_it(
    settings: WorkerSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    started: list[WorkerProcess] = []

    def preempted(*arguments: Any) -> WorkerProcess:
        """As on a busy machine: the thread that starts a worker is not run again for a while."""
        process = WorkerProcess(*arguments)
        if killed and not started:
            process.kill()
        started.append(process)
        time.sleep(1.5)
        return process

    monkeypatch.setattr("analysis.worker.pool.WorkerProcess", preempted)
    with AnalysisPool(replace(settings, workers=1)) as pool:
        asked = pool.inspect(_snapshot("''.", tmp_path), 0, 3, Deadline.after(15))
        assert asked.result(60).names
    assert len(started) == 1 + killed


def _niceness(pid: int) -> list[int]:
    """How nice the threads of a process are, its main thread first."""
    threads = sorted(thread.id for thread in psutil.Process(pid).threads())
    return [os.getpriority(os.PRIO_PROCESS, thread) for thread in threads]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere niceness belongs to a process")
@pytest.mark.parametrize("yielding", [0, 3])
def test_only_background_work_yields(tmp_path: Path, yielding: int) -> None:
    own = os.nice(0)
    snapshot = _snapshot("''.upperr()", tmp_path)
    with AnalysisPool(WorkerSettings(str(tmp_path), yielding=yielding, workers=1)) as pool:
        pool.inspect(snapshot, 0, 3, Deadline.after(60)).result(60)
        (pid,) = pool.pids()
        assert set(_niceness(pid)) == {own}
        pool.ask(LintQuery(snapshot), Deadline.after(60)).result(60)
        assert pool.pids() == (pid,)
        main, *others = _niceness(pid)
        assert main == psutil.Process(pid).nice() == own
        assert min(19, own + yielding) in others


#: A file that takes a check many seconds.
_LONG = Path(argparse.__file__).read_text()


def test_a_person_does_not_wait_behind_checks(pool: AnalysisPool, tmp_path: Path) -> None:
    for number in range(4):  # the spare too
        pool.inspect(_snapshot(f"{number}\n''.", tmp_path), 1, 3, Deadline.after(60)).result(60)
    checks = [
        pool.ask(LintQuery(_snapshot(f"{_LONG}{number}", tmp_path), seconds=60), Deadline.after(90))
        for number in range(4)
    ]
    for number in range(4):
        text = f"{number}\nimport json\njson."
        asked = pool.inspect(_snapshot(text, tmp_path), 2, 5, Deadline.after(60))
        assert "dumps" in asked.result(60).spellings()
    assert not any(check.done() for check in checks)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGSTOP")
def test_a_late_answer_is_kept_for_the_next_question_there(
    pool: AnalysisPool, tmp_path: Path
) -> None:
    pool.inspect(_snapshot("''.", tmp_path), 0, 3, Deadline.after(60)).result(60)
    while len(pids := pool.pids()) < 2:
        time.sleep(0.01)
    text = "import asyncio\nasyncio.run"
    late = pool.inspect(_snapshot(text[:-3], tmp_path), 1, 8, Deadline.after(0.001))
    assert late.result(60).reason == LATE
    # A busy machine: the worker has had no time, and is not to blame for it.
    os.kill(pids[0], signal.SIGSTOP)
    time.sleep(OVERSTAY_S + 0.5)
    os.kill(pids[0], signal.SIGCONT)
    before = psutil.Process(pids[1]).cpu_times().user
    for typed in range(4):
        answer = pool.inspect(
            _snapshot(text[: len(text) - 3 + typed], tmp_path), 1, 8 + typed, Deadline.after(60)
        )
        assert "run" in answer.result(60).spellings()
    assert pool.pids() == pids
    # Its answer was waited for and used again: nobody else worked it out.
    assert psutil.Process(pids[1]).cpu_times().user - before < 0.3


def test_workers_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time\n"
        "from analysis.worker.pool import AnalysisPool\n"
        "from analysis.worker.pool import WorkerSettings\n"
        "pool = AnalysisPool(WorkerSettings(sys.argv[1]))\n"
        "while len(pool.pids()) < 2: time.sleep(0.01)\n"
        "print(*pool.pids(), flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-I", "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    assert len(pids) == 2
    for pid in pids:
        try:
            psutil.Process(pid).wait(timeout=30)
        except psutil.NoSuchProcess:
            continue


def test_a_worker_that_cannot_start_is_told_and_not_waited_for(tmp_path: Path) -> None:
    # So little memory that the interpreter does not even import its own modules.
    with AnalysisPool(WorkerSettings(str(tmp_path), memory=1)) as pool:
        answer = pool.inspect(_snapshot("''.", tmp_path), 0, 3, Deadline.after(30)).result(60)
    assert answer.tier is Tier.ABSTAIN
