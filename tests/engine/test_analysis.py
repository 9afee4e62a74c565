"""Questions that the analysis workers answer, through the real engine, while things die."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from analysis.deadline import Deadline
from analysis.names import Tier
from analysis.snapshot import Snapshot, Workspace
from engine.client import EngineProcess, Phase
from engine.features.inspect import InspectRequest
from engine.features.status import StatusRequest
from engine.features.warm import WarmRequest
from tests.engine.conftest import PATIENCE, Life

pytestmark = pytest.mark.process

TEXT = "import json\n\nprint('🐟'); json."


def _request(root: Path) -> InspectRequest:
    snapshot = Snapshot(str(root / "a.py"), TEXT, Workspace(str(root)))
    return InspectRequest(snapshot, 2, len("print('🐟'); json."), deadline_ms=60_000)


def _workers(engine: EngineProcess) -> list[psutil.Process]:
    pids = engine.submit(StatusRequest()).future.result(PATIENCE).worker_pids
    return [psutil.Process(pid) for pid in pids]


def test_names_come_from_a_worker(engine: EngineProcess, tmp_path: Path) -> None:
    answer = engine.submit(_request(tmp_path)).future.result(PATIENCE)
    assert answer.names.tier is Tier.CLOSED
    assert "loads" in answer.names.spellings()
    assert _workers(engine)


def test_killed_workers_are_replaced_and_no_question_is_lost(
    engine: EngineProcess, tmp_path: Path
) -> None:
    engine.submit(_request(tmp_path)).future.result(PATIENCE)
    killed = _workers(engine)
    asked = [engine.submit(_request(tmp_path)) for _ in range(6)]
    for worker in killed:
        worker.kill()
    answers = [submission.future.result(PATIENCE).names for submission in asked]
    assert {names.tier for names in answers} == {Tier.CLOSED}
    # The answers may have been there before the ends of the workers are noticed.
    gone, until = {worker.pid for worker in killed}, time.monotonic() + PATIENCE
    while gone.intersection(engine.submit(StatusRequest()).future.result(PATIENCE).worker_pids):
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_killed_engine_takes_its_workers_along_and_answers_again(
    engine: EngineProcess, tmp_path: Path
) -> None:
    life = Life(engine)
    engine.submit(_request(tmp_path)).future.result(PATIENCE)
    below = _workers(engine)
    pid = life.wait_for(Phase.READY).pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    asked = [engine.submit(_request(tmp_path)) for _ in range(4)]
    os.kill(pid, signal.SIGKILL)
    for submission in asked:
        assert "loads" in submission.future.result(PATIENCE).names.spellings()
    _, alive = psutil.wait_procs(below, PATIENCE)
    assert alive == []


def test_closing_ends_the_workers(engine: EngineProcess, tmp_path: Path) -> None:
    engine.submit(_request(tmp_path)).future.result(PATIENCE)
    below = _workers(engine)
    engine.close()
    _, alive = psutil.wait_procs(below, PATIENCE)
    assert alive == []


def test_what_was_warm_is_warm_again_after_a_death(engine: EngineProcess, tmp_path: Path) -> None:
    life = Life(engine)
    warm = WarmRequest(Workspace(str(tmp_path)), model=False)
    assert engine.submit(warm).future.result(PATIENCE).notes == ()
    pid = life.wait_for(Phase.READY).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    life.wait_for(Phase.READY, restarts=1)
    # Nobody asks this engine for anything but its status, and yet it gets workers.
    limit = Deadline.after(PATIENCE)
    while not _workers(engine):
        assert not limit.expired()
