"""Ctrl-C in commands that take long: exit code 130, what there is is printed, and no traceback.

``check`` and ``check --watch`` have tests of their own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.process

PILOTFISH = Path(sys.executable).with_name("pilotfish")
#: It takes a time that no test waits for.
SLOW = """\
import time
from prices import total


def test_total():
    time.sleep(60)
    assert total([1, 2]) == 3
"""
PRICES = '''\
def total(prices):
    """The sum of all prices.

    >>> total([1, 2])
    3
    """
'''


def _until_tested(process: subprocess.Popen[str], cache: Path) -> None:
    """Until the tests run, which never end."""
    running = False
    while not running and process.poll() is None:
        with contextlib.suppress(psutil.Error):
            below = psutil.Process(process.pid).children(recursive=True)
            running = any(
                "bwrap" in child.name() and child.cmdline()[-1:] not in ([], ["exit 0"])
                for child in below
            )


def _until_answered(process: subprocess.Popen[str], cache: Path) -> None:
    """Until the first of the lines is answered; the next never comes."""
    assert process.stdin is not None
    assert process.stdout is not None
    line = {"path": "prices.py", "line": 6, "character": 7, "text": PRICES + "    return"}
    process.stdin.write(json.dumps(line) + "\n")
    process.stdin.flush()
    assert "text" in json.loads(process.stdout.readline())


def _until_begun(process: subprocess.Popen[str], cache: Path) -> None:
    """Until the graph is being written."""
    while not any(cache.rglob("*.sqlite*")) and process.poll() is None:
        time.sleep(0.01)


REPAIR = ("--test", "pytest test_prices.py", "--json", "--python", sys.executable)


@pytest.mark.parametrize(
    ("words", "ready"),
    [
        pytest.param(("fix", "prices.py", *REPAIR), _until_tested, marks=pytest.mark.sandbox),
        pytest.param(("debug", "prices.py", *REPAIR), _until_tested, marks=pytest.mark.sandbox),
        pytest.param(
            ("optimize", "prices.py:total", *REPAIR), _until_tested, marks=pytest.mark.sandbox
        ),
        pytest.param(
            ("implement", "prices.py:total", *REPAIR),
            _until_tested,
            marks=[pytest.mark.sandbox, pytest.mark.model],
        ),
        pytest.param(("complete", "--jsonl"), _until_answered, marks=pytest.mark.model),
        pytest.param(("graph", "build", ".", "--json"), _until_begun),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_ctrl_c(
    words: tuple[str, ...], ready: Callable[[subprocess.Popen[str], Path], None], tmp_path: Path
) -> None:
    project, cache = tmp_path / "project", tmp_path / "cache"
    project.mkdir()
    (project / "pyproject.toml").touch()
    (project / "prices.py").write_text(PRICES)
    (project / "test_prices.py").write_text(SLOW)
    if words[0] == "graph":
        for number in range(2000):
            (project / f"m{number}.py").write_text(f"import m{number + 1}\n\ndef f(): ...\n" * 20)
    with subprocess.Popen(
        [PILOTFISH, *words],
        cwd=project,
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        try:
            ready(process, cache)
            # As a terminal does: all processes of the group get it.
            os.killpg(process.pid, signal.SIGINT)
            out, said = process.communicate(timeout=60)
        finally:
            watchdog.cancel()
            process.kill()
    assert process.returncode == 130, (out, said)
    assert "Traceback" not in said, said
    if words[0] != "complete":
        answer = json.loads(out)
        assert "stopped" in answer["reason"] or "interrupted" in answer["reason"], answer


#: The finalizer of a lock is where Ctrl-C came when a test of this file found it lost.
INTERRUPTED_FINALIZER = """
import signal, sys
import filelock
from pilotfish.main import main

def finalize(lock):
    signal.raise_signal(signal.SIGINT)

filelock.FileLock.__del__ = finalize
sys.exit(main(["graph", "build", ".", "--json"]))
"""


def test_ctrl_c_in_a_finalizer_is_not_lost(tmp_path: Path) -> None:
    for number in range(2000):
        (tmp_path / f"m{number}.py").write_text("def f(): ...\n" * 20)
    (tmp_path / "pyproject.toml").touch()
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_FINALIZER],
        cwd=tmp_path,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 130, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    assert "interrupted" in json.loads(done.stdout)["reason"]
