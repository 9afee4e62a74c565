"""A patch that cannot be written, or whose command is ended while it writes, costs no file."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from subprocess import DEVNULL, Popen

import pytest

from tests.attacks.conftest import Victim
from tests.pilotfish.command import PILOTFISH

pytestmark = pytest.mark.sandbox
_OLD = "def add(a, b):\n    return a - b\n"
_NEW = "def add(a, b):\n    return a + b\n"
_WORDS = ("fix", "app.py", "--test", "python test_app.py", "--write", "--model", "none")


def _broken(clone: Path) -> Path:
    (clone / "test_app.py").write_text(
        "from app import add\n\nassert add(2, 3) == 5\nassert add(1, 1) == 2\n"
    )
    (clone / "app.py").write_text(_OLD)
    return clone / "app.py"


def test_a_folder_that_is_read_only_is_said(anybody: Victim) -> None:
    file = _broken(anybody.clone)
    anybody.owns(anybody.clone)
    anybody.clone.chmod(0o555)
    ran = anybody.runs(*_WORDS, "--python", anybody.python, seconds=120)
    anybody.clone.chmod(0o755)
    if anybody.uid == 0:  # Root writes into any folder.
        assert (ran.code, file.read_text()) == (0, _NEW), ran.err
        return
    assert (ran.code, file.read_text()) == (2, _OLD), ran.err
    assert "make the folder writable" in ran.err


def test_a_command_that_is_ended_while_it_writes_leaves_one_whole_file(victim: Victim) -> None:
    file = _broken(victim.clone)
    before = {path.name for path in victim.clone.iterdir()}
    variables = {**os.environ, "HOME": str(victim.home)}
    words = [PILOTFISH, *_WORDS, "--python", victim.python]
    with Popen(words, cwd=victim.clone, env=variables, stdout=DEVNULL, stderr=DEVNULL) as process:
        while process.poll() is None:
            names = set(os.listdir(victim.clone))  # noqa: PTH208 - as often as can be
            if any(name.startswith(".new-") for name in names - before):
                process.send_signal(signal.SIGTERM)
                break
        process.wait(60)
    assert file.read_text() in (_OLD, _NEW)
    left = {path.name for path in victim.clone.iterdir()} - before
    assert not [name for name in left if name.startswith(".new-")]
