"""No interpreter of an untrusted clone is started outside the sandbox, whatever names it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.attacks.conftest import Victim


@pytest.fixture
def trap(victim: Victim) -> Path:
    """The clone's ``.venv/bin/python`` tells where it was started; the file that it would make."""
    sprung = victim.home / "sprung"
    folder = victim.clone / ".venv" / "bin"
    folder.mkdir(parents=True)
    (folder.parent / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.11.1\n")
    for name in ("python", "python3", "pytest"):
        script = folder / name
        script.write_text(f'#!/bin/sh\nenv > {sprung}\nexec {victim.python} "$@"\n')
        script.chmod(0o755)
    (victim.clone / "app.py").write_text("def add(a, b):\n    return a - b\n")
    (victim.clone / "test_app.py").write_text(
        "import app\n\ndef test_add():\n    assert app.add(1, 1) == 2\n"
    )
    return sprung


@pytest.mark.sandbox
@pytest.mark.parametrize(
    "command",
    [
        ".venv/bin/pytest test_app.py",
        "{clone}/.venv/bin/python -c 'import app'",
    ],
)
def test_a_test_command_starts_it_in_the_sandbox_alone(
    victim: Victim, trap: Path, command: str
) -> None:
    victim.runs("debug", "app.py", "--test", command.format(clone=victim.clone))
    assert not trap.exists(), trap.read_text()


def test_path_and_variables_start_nothing_of_the_clone(victim: Victim, trap: Path) -> None:
    for name in ("ruff", "git", "bwrap"):
        (victim.clone / name).symlink_to(".venv/bin/python")
    path = os.pathsep.join(["", ".", ".venv/bin", os.environ["PATH"]])
    variables = {"PATH": path, "VIRTUAL_ENV": str(victim.clone / ".venv")}
    victim.runs("check", ".", "--since", "HEAD", variables=variables)
    victim.runs("debug", "app.py", "--test", "python -c 'import app'", variables=variables)
    assert not trap.exists(), trap.read_text()


def test_git_fetches_nothing(victim: Victim, trap: Path) -> None:
    """A partial clone names a transport by which git would fetch an object that is missing."""

    def git(*words: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *identity, *words], cwd=victim.clone, check=True)

    git("init", "-q")
    git("add", "app.py")
    git("commit", "-qm", "a")
    for key, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": "ssh://localhost/x",
        "core.sshCommand": f"touch {trap}; false",
    }.items():
        git("config", key, value)
    (victim.clone / "app.py").write_text("def other():\n    pass\n")
    blob = (
        subprocess.run(
            ["git", "rev-parse", "HEAD:app.py"], cwd=victim.clone, capture_output=True, check=True
        )
        .stdout.decode()
        .strip()
    )
    (victim.clone / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    victim.runs("check", ".", "--since", "HEAD")
    assert not trap.exists()
