"""The real engine process: what it answers, how it dies, and how it comes back."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from engine.client import EngineProcess, Phase, RequestFailedError
from engine.features.configure import ConfigureRequest
from engine.features.project import ProjectRequest
from engine.features.status import StatusAnswer, StatusRequest
from engine.features.trust import TrustRequest
from engine.request import Done
from repair.sandbox.bubblewrap import bwrap_path
from tests.engine.conftest import PATIENCE, Life

pytestmark = pytest.mark.process


def _status(client: EngineProcess) -> StatusAnswer:
    return client.submit(StatusRequest()).future.result(PATIENCE)


def test_it_answers_from_a_process_of_its_own(engine: EngineProcess) -> None:
    status = _status(engine)
    assert status.engine_pid != os.getpid()
    assert status.resident_bytes > 0


def test_submitting_does_not_wait_for_the_start() -> None:
    client = EngineProcess(module=("timeit", "-s", "import time", "time.sleep(60)"))
    begin = time.monotonic()
    submission = client.submit(StatusRequest())
    assert time.monotonic() - begin < 1.0
    assert not submission.future.done()
    client.close()
    with pytest.raises(RequestFailedError) as failed:
        submission.future.result(0)
    assert failed.value.kind == "gone"


def test_killed_in_the_middle_it_comes_back_and_loses_nothing(engine: EngineProcess) -> None:
    life = Life(engine)
    first = life.wait_for(Phase.READY)
    assert first.pid is not None
    os.kill(first.pid, signal.SIGSTOP)  # what is asked now is read by nobody
    asked = [engine.submit(StatusRequest()) for _ in range(20)]
    os.kill(first.pid, signal.SIGKILL)
    pids = {submission.future.result(PATIENCE).engine_pid for submission in asked}
    second = life.wait_for(Phase.READY, restarts=1)
    assert pids == {second.pid}
    assert second.pid != first.pid
    died = life.wait_for(Phase.RESTARTING)
    assert "signal 9" in died.detail


def test_options_are_given_to_every_engine(home: Path) -> None:
    client = EngineProcess({"model": "qwen-of-mine"})
    life = Life(client)
    pid = life.wait_for(Phase.READY).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    life.wait_for(Phase.READY, restarts=1)
    assert _status(client).model == "qwen-of-mine"
    client.submit(ConfigureRequest({"model": "another"})).future.result(PATIENCE)
    os.kill(_status(client).engine_pid, signal.SIGKILL)
    assert _status(client).model == "another"
    client.close()


def test_a_request_that_kills_every_engine_fails_and_others_do_not(home: Path) -> None:
    client = EngineProcess()
    life = Life(client)
    for restarts in range(2):
        pid = life.wait_for(Phase.READY, restarts).pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        if not restarts:
            submission = client.submit(StatusRequest())
        os.kill(pid, signal.SIGKILL)
    # The second engine may have been quick enough to answer; if not, the failure is told.
    if (failure := submission.future.exception(PATIENCE)) is not None:
        assert isinstance(failure, RequestFailedError)
        assert (failure.kind, failure.where) == ("gone", "engine")
    life.wait_for(Phase.READY, 2)
    assert _status(client).resident_bytes > 0
    client.close()


def test_an_engine_that_cannot_start_says_so_and_is_tried_again_when_asked() -> None:
    client = EngineProcess(module=("no_such_module",))
    life = Life(client)
    submission = client.submit(StatusRequest())
    with pytest.raises(RequestFailedError) as failed:
        submission.future.result(PATIENCE)
    assert failed.value.kind == "gone"
    assert "status 1" in failed.value.what
    assert "pilotfish doctor" in failed.value.help
    failure = life.wait_for(Phase.FAILED)
    tried = len(life.states)
    with pytest.raises(RequestFailedError):
        client.submit(StatusRequest()).future.result(PATIENCE)
    assert len(life.states) > tried
    assert failure.restarts == 0
    client.close()


def test_closing_ends_the_process(engine: EngineProcess) -> None:
    pid = _status(engine).engine_pid
    engine.close()
    assert not psutil.pid_exists(pid)
    with pytest.raises(RequestFailedError) as failed:
        engine.submit(StatusRequest()).future.result(0)
    assert failed.value.kind == "gone"


def test_closing_does_not_wait_for_an_engine_that_does_not_read() -> None:
    client = EngineProcess(module=("timeit", "-s", "import time", "time.sleep(60)"))
    more_than_a_pipe_holds = ConfigureRequest({"model": "x" * 1_000_000})
    submission = client.submit(more_than_a_pipe_holds)
    while not any("timeit" in child.cmdline() for child in psutil.Process().children()):
        time.sleep(0.05)
    time.sleep(0.2)  # the writing thread fills the pipe
    began = time.monotonic()
    client.close()
    assert time.monotonic() - began < 10
    assert submission.future.exception(0) is not None


PARENT = """
import sys
from engine.client import EngineProcess
from engine.features.status import StatusRequest
client = EngineProcess()
print(client.submit(StatusRequest()).future.result(60).engine_pid, flush=True)
sys.stdin.read()
"""


def test_an_engine_ends_with_a_parent_that_was_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        engine = psutil.Process(int(parent.stdout.readline()))
        os.kill(engine.pid, signal.SIGSTOP)  # so that it cannot end by reading the end of its input
        parent.kill()
        psutil.wait_procs([engine], PATIENCE)
        assert not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE


@pytest.mark.sandbox
def test_an_engine_starts_below_the_first_process_of_a_container() -> None:
    script = PARENT.replace("print(", "import os; print(os.getpid()); print(").replace(
        "sys.stdin.read()", "client.close()"
    )
    container = [bwrap_path(), "--dev-bind", "/", "/", "--unshare-pid", "--as-pid-1"]
    done = subprocess.run(
        [*container, "--proc", "/proc", sys.executable, "-c", script],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    first, engine = done.stdout.split()
    assert (first, engine != "1") == ("1", True), done.stderr


def test_cancelling_the_task_of_an_event_loop_cancels_the_request() -> None:
    client = EngineProcess(module=("timeit", "-s", "import time", "time.sleep(60)"))

    async def ask() -> None:
        task = asyncio.ensure_future(asyncio.wrap_future(client.submit(StatusRequest()).future))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(ask())
    client.close()


def test_trust_is_remembered_by_the_engine(engine: EngineProcess, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "pyproject.toml").write_text('[tool.pilotfish]\nexclude = ["gen/**"]\n', "utf-8")
    answer = engine.submit(ProjectRequest(str(root))).future.result(PATIENCE)
    assert answer.project.exclude == ("gen/**",)
    assert not answer.trusted
    assert engine.submit(TrustRequest(str(root))).future.result(PATIENCE) == Done()
    assert engine.submit(ProjectRequest(str(root))).future.result(PATIENCE).trusted
    engine.submit(TrustRequest(str(root), trusted=False)).future.result(PATIENCE)
    assert not engine.submit(ProjectRequest(str(root))).future.result(PATIENCE).trusted
