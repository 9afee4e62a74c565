"""The tutorial, followed to the letter: each command runs, and prints what the page shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.sandbox


def _steps() -> list[tuple[str, str]]:
    """Each command, with what stands below it."""
    steps: list[tuple[str, str]] = []
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], ""))
            else:
                command, shown = steps[-1]
                steps[-1] = (command, f"{shown}{line}\n")
    return steps


def _pattern(shown: str) -> str:
    """What the page shows as a pattern: a line ``…`` leaves lines out, a ``…`` in one a part."""
    lines = [
        r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + r" *\n"
        for line in shown.splitlines()
    ]
    return "".join(lines)


def test_each_command_prints_what_the_page_shows(tmp_path: Path) -> None:
    (first, _), *steps = _steps()
    assert first == "cp -r examples/harbour /tmp/harbour && cd /tmp/harbour"
    project = tmp_path / "harbour"
    shutil.copytree(ROOT / "examples" / "harbour", project)
    own = {f"XDG_{each}_HOME": str(tmp_path / each) for each in ("CONFIG", "STATE", "CACHE")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command, shown in steps:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=project,
            env={**os.environ, **own, "PATH": path, "COLUMNS": "80"},
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )
        said = done.stdout + done.stderr
        assert "Traceback" not in said
        assert re.search(_pattern(shown), said), f"$ {command}\n{said}"
