"""Benchmarks get packages and programs in environments of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import installed


def test_what_is_here_already_is_used() -> None:
    assert installed.python_with(["json", "rich"], "unused") == Path(sys.executable)


def test_a_package_is_asked_for_by_its_distribution() -> None:
    assert (installed.distribution("attr"), installed.distribution("rich")) == ("attrs", "rich")


@pytest.mark.slow
@pytest.mark.process
def test_an_environment_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "RESULTS", tmp_path)
    made = installed.install(["pip"], "own")
    asked = [str(made.python), "-c", "import sys, pip; print(sys.prefix)"]
    prefix = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    assert Path(prefix) == tmp_path / "venvs" / "own"
    assert (made.folders[0] / "pip").is_dir()
    assert made.program("pip").is_file()
    marker = Path(prefix, "pyvenv.cfg")
    before = marker.stat().st_mtime_ns
    assert installed.install(["pip"], "own") == made
    assert marker.stat().st_mtime_ns == before
