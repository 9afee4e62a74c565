"""Runs pytest many times in forks of one warm process, to judge many small projects quickly.

For trusted code of our own only (the corpora of this folder): nothing is confined here. Started
as ``python -m benchmarks.forked_pytest`` it reads one request a line on standard input,
``{"folder": DIR, "arguments": [...]}``, and answers each with one line,
``{"exit_code": N, "failed": [node ids], "passed": [node ids]}``, in order. Each request runs in
its own fork, in its own process group, and is killed after ``--time-limit`` seconds.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

#: Exit code reported for a run that was killed at its time limit.
TIMED_OUT = 124


@dataclass(frozen=True)
class Outcome:
    """What one run of pytest came to; node ids are those pytest prints."""

    exit_code: int
    failed: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()

    @property
    def failed_functions(self) -> frozenset[str]:
        """Node ids of test functions of which at least one case failed, without the case."""
        return frozenset(node.partition("[")[0] for node in self.failed)


class _Recorder:
    """A pytest plugin that notes the outcome of each test, and prints nothing."""

    def __init__(self) -> None:
        self.failed: list[str] = []
        self.passed: list[str] = []

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test's call, and a setup or teardown that went wrong."""
        if report.failed:
            self.failed.append(report.nodeid)
        elif report.when == "call" and report.passed:
            self.passed.append(report.nodeid)

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a file that could not be collected."""
        if report.failed:
            self.failed.append(report.nodeid)


def _run_here(folder: str, arguments: Sequence[str], answer: int) -> None:
    """Run pytest in this (forked) process and write the outcome to the pipe ``answer``."""
    os.setpgid(0, 0)
    os.chdir(folder)
    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(quiet, stream)
    sys.path[:] = [entry for entry in sys.path if entry]
    sys.dont_write_bytecode = True
    recorder = _Recorder()
    code = int(pytest.main(["-p", "no:cacheprovider", *arguments], plugins=[recorder]))
    text = json.dumps({"exit_code": code, "failed": recorder.failed, "passed": recorder.passed})
    with os.fdopen(answer, "w") as pipe:
        pipe.write(text)


def _fork(folder: str, arguments: Sequence[str], limit: float) -> str:
    """Run in a fork; returns the answer as JSON text."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            _run_here(folder, arguments, writing)
        finally:
            os._exit(0)
    os.close(writing)
    deadline = time.monotonic() + limit
    received = b""
    while True:
        left = deadline - time.monotonic()
        ready = select.select([reading], [], [], max(0.0, left))[0]
        if not ready:
            break
        piece = os.read(reading, 65536)
        if not piece:
            break
        received += piece
    os.close(reading)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return received.decode() or json.dumps({"exit_code": TIMED_OUT, "failed": [], "passed": []})


class Pool:
    """One warm process that answers requests in order; a context manager."""

    def __init__(self, time_limit: float = 60.0) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.forked_pytest", "--time-limit", str(time_limit)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parent.parent,
            # The projects need no plugins; finding and loading ours would cost most of the time.
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def run(self, folder: Path, arguments: Sequence[str] = ()) -> Outcome:
        """Run pytest in ``folder``. A run past the time limit has ``exit_code`` 124."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"folder": str(folder), "arguments": list(arguments)}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return Outcome(answer["exit_code"], tuple(answer["failed"]), tuple(answer["passed"]))


def _warm_up() -> None:
    """Run pytest on an empty folder, so that all of it is imported before the first fork."""
    with tempfile.TemporaryDirectory() as empty:
        nowhere = Path(empty) / "pytest.ini"
        nowhere.write_text("[pytest]\n", encoding="utf-8")
        arguments = ["-p", "no:cacheprovider", "-c", str(nowhere), "--rootdir", empty, empty]
        with contextlib.redirect_stdout(io.StringIO()):
            pytest.main(arguments)


def _serve(requests: Iterable[str], limit: float) -> Iterator[str]:
    for line in requests:
        request = json.loads(line)
        yield _fork(request["folder"], request["arguments"], limit)


def main() -> int:
    """Answer requests until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--time-limit", type=float, default=60.0)
    options = parser.parse_args()
    _warm_up()
    for answer in _serve(sys.stdin, options.time_limit):
        print(answer, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
