"""``pilotfish doctor``: each check looks at the real thing; the exit code says what was found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from analysis.snapshot import Workspace
from engine.settings.values import MachineSettings
from pilotfish import health
from pilotfish.health import Patient, Sign, State

PILOTFISH = str(Path(sys.executable).parent / "pilotfish")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, trust and logs of the test's own."""
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    return tmp_path


def _patient(root: Path, **machine_values: Any) -> Patient:
    return Patient(Workspace(str(root)), MachineSettings(**machine_values))


def _doctor(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PILOTFISH, "doctor", *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ,
        check=False,
    )


@pytest.mark.model
@pytest.mark.sandbox
def test_the_document_says_what_the_exit_code_says(tmp_path: Path) -> None:
    root = tmp_path / "a b%20c"
    root.mkdir()
    (root / "pyproject.toml").write_text("[tool.pilotfish]\nexclude = ['gen']\n", "utf-8")
    done = _doctor("--json", cwd=root)
    document = json.loads(done.stdout)
    states = {check["name"]: check["state"] for check in document["checks"]}
    assert states["engine"] == states["llama.cpp"] == states["model (complete)"] == "ok"
    assert states["interpreter"] == states["sandbox"] == "ok"
    assert states["trust"] == "note"
    assert document["workspace"]["root"] == str(root)
    assert document["settings"]["project"]["exclude"] == ["gen"]
    assert done.returncode == (0 if document["ok"] else 1)
    assert document["ok"] == ("broken" not in states.values())


@pytest.mark.model
def test_a_mistake_in_the_settings_is_a_finding_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.pilotfish]\nmodel = 'x'\n", "utf-8")
    done = _doctor(cwd=tmp_path)
    assert done.returncode == 1
    assert f"{tmp_path}/pyproject.toml:2: 'model' cannot be decided by a project" in done.stdout
    assert "1 broken" in done.stdout


def test_a_workspace_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    done = _doctor("--workspace", str(tmp_path / "absent"), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no such folder" in done.stderr


def test_a_model_that_was_named_and_is_not_there_is_broken(tmp_path: Path) -> None:
    named = tmp_path / "absent.gguf"
    complete, _ = health.models(_patient(tmp_path, model=str(named)))
    assert complete.state is State.BROKEN
    assert complete.help


def test_an_interpreter_that_was_named_is_trusted(tmp_path: Path) -> None:
    (closed,) = health.trust(_patient(tmp_path))
    assert (closed.state, closed.help) == (State.NOTE, f"pilotfish trust {tmp_path}")
    workspace = Workspace(str(tmp_path), python=sys.executable)
    (named,) = health.trust(Patient(workspace, MachineSettings()))
    assert named.state is State.OK


def test_a_log_that_cannot_be_written_is_told(tmp_path: Path, home: Path) -> None:
    (ok,) = health.log(_patient(tmp_path))
    assert ok.state is State.OK
    folder = Path(ok.detail).parent
    for left in folder.iterdir():
        left.unlink()
    folder.rmdir()
    folder.touch()  # a file where the folder should be stops root as well
    (note,) = health.log(_patient(tmp_path))
    assert note.state is State.NOTE
    assert str(folder) in note.detail


def test_programs_are_run_to_see_that_they_run(tmp_path: Path) -> None:
    assert [sign.state for sign in health.ruff(_patient(tmp_path))] == [State.OK]


def test_more_threads_than_cores_are_told(tmp_path: Path) -> None:
    (sign,) = health.threads(_patient(tmp_path, threads=100_000))
    assert (sign.state, "or to 0" in sign.help) == (State.NOTE, True)


def test_every_sign_that_is_not_well_says_what_helps(tmp_path: Path) -> None:
    patient = _patient(tmp_path)
    checks = (health.python, health.system, health.memory, health.disk, health.editors)
    signs: list[Sign] = [sign for check in checks for sign in check(patient)]
    assert all(sign.detail for sign in signs)
    assert [s for s in signs if s.state is State.BROKEN and not s.help] == []


def test_an_interpreter_of_an_untrusted_workspace_is_read_and_not_started(tmp_path: Path) -> None:
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    (tmp_path / ".venv" / "lib" / "python3.12" / "site-packages").mkdir(parents=True)
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("version = 3.12.1\n", "utf-8")
    started = tmp_path / "started"
    python.write_text(f"#!/bin/sh\ntouch '{started}'\n", "utf-8")
    python.chmod(0o755)
    (sign,) = health.interpreter(_patient(tmp_path))
    assert not started.exists()
    assert sign.state is State.OK
    assert "3.12.1" in sign.detail
    assert "never started" in sign.detail


def test_an_interpreter_that_was_named_and_does_not_work_is_broken(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 3\n", "utf-8")
    python.chmod(0o755)
    workspace = Workspace(str(tmp_path), python=str(python))
    (sign,) = health.interpreter(Patient(workspace, MachineSettings()))
    assert (sign.state, bool(sign.help)) == (State.BROKEN, True)
    assert str(python) in sign.detail
