"""Another user of the machine reads nothing of what Pilotfish keeps of a person's code."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.attacks.conftest import Victim


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_caches_logs_and_trust_are_the_users_alone(anybody: Victim) -> None:
    (anybody.clone / "app.py").write_text("import os\n\n\ndef near():\n    os.invented()\n")
    old = anybody.home / ".cache" / "pilotfish"
    old.mkdir(parents=True)
    anybody.owns(anybody.home)
    old.chmod(0o755)
    for words in (("check", "."), ("graph", "build", "."), ("trust", ".")):
        anybody.runs(*words, seconds=60)
    open_to_others = [place for place in _reached(anybody.home) if place.is_file()]
    assert open_to_others == []
    assert list(anybody.home.rglob("pilotfish/**/*"))


def _reached(folder: Path) -> list[Path]:
    """What others reach below ``folder``: every folder on the way lets them through."""
    found: list[Path] = []
    for place in folder.iterdir():
        if place.name == ".ssh" or place.is_symlink():
            continue
        mode = place.stat().st_mode
        if place.is_dir() and mode & 0o011:
            found += _reached(place)
        elif place.is_file() and mode & 0o044:
            found.append(place)
    return found
