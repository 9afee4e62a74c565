"""The GitHub Action does what its description says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DESCRIPTION = (ROOT / "action.yml").read_text()
SCRIPT = ROOT / "tools" / "action.sh"


def _run(folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("pilotfish", path=str(Path(sys.executable).parent))
    assert program is not None
    env = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "PILOTFISH": program, "PATHS": "."}
    env["PROJECT_PYTHON"] = sys.executable
    return subprocess.run(
        ["bash", str(SCRIPT)],
        cwd=folder,
        env={**env, **inputs},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_input_reaches_the_script() -> None:
    inputs = re.findall(r"^  (\w+):$", DESCRIPTION.split("\nruns:")[0], re.MULTILINE)
    used = re.findall(r"(\w+): \$\{\{ inputs\.(\w+) \}\}", DESCRIPTION)
    assert [name for _, name in used] == inputs
    script = SCRIPT.read_text()
    for variable, _ in used:
        assert f"${variable}" in script or f"${{{variable}:-" in script
    assert "tools/action.sh" in DESCRIPTION


@pytest.mark.process
def test_findings_are_annotations_and_sarif(tmp_path: Path) -> None:
    (tmp_path / "a b.py").write_text("import json\n\njson.dumpz({})\n")
    (tmp_path / "fine.py").write_text("import json\n\nprint(json.dumps({}))\n")
    done = _run(tmp_path, PATHS="a b.py\n\nfine.py\n", SARIF="found.sarif")
    assert done.returncode == 1, done.stderr
    assert re.match(r"::error .*PF101,file=a b\.py,line=3,", done.stdout), done.stdout
    runs = json.loads((tmp_path / "found.sarif").read_text())["runs"]
    assert [result["ruleId"] for run in runs for result in run["results"]] == ["PF101"]


@pytest.mark.process
def test_nothing_to_say(tmp_path: Path) -> None:
    (tmp_path / "fine.py").write_text("import json\n\nprint(json.dumps({}))\n")
    assert _run(tmp_path).returncode == 0


@pytest.mark.process
def test_what_cannot_be_checked_fails(tmp_path: Path) -> None:
    done = _run(tmp_path, PATHS="absent.py", SARIF="found.sarif")
    assert done.returncode == 2, done.stdout


def _git(folder: Path, *words: str, path: str = "") -> subprocess.CompletedProcess[str]:
    names = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    env = {**os.environ, "PATH": f"{path}{os.environ['PATH']}", "HOME": str(folder)}
    return subprocess.run(
        ["git", *names, *words], cwd=folder, capture_output=True, text=True, env=env, check=False
    )


@pytest.mark.process
def test_only_new_lines_of_a_repository_are_annotated(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q")
    (tmp_path / "app.py").write_text("import json\n\njson.dumpz({})\n")
    _git(tmp_path, "add", "app.py")
    assert _git(tmp_path, "commit", "-qm", "first").returncode == 0
    with (tmp_path / "app.py").open("a") as file:
        file.write("json.loadz('')\n")
    done = _run(tmp_path, SINCE="HEAD")
    assert done.returncode == 1, done.stderr
    assert re.findall(r"^::error .*,line=(\d+),", done.stdout, re.MULTILINE) == ["4"]


@pytest.mark.process
def test_the_hook_stops_a_commit_with_invented_api(tmp_path: Path) -> None:
    """The entry of the hook, as git runs it with the staged files behind it."""
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text()
    entry = re.search(r"^  entry: (.*)$", hooks, re.MULTILINE)
    assert entry is not None
    _git(tmp_path, "init", "-q")
    hook = tmp_path / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nexec {entry[1]} $(git diff --cached --name-only)\n")
    hook.chmod(0o755)
    path = f"{Path(sys.executable).parent}{os.pathsep}"
    (tmp_path / "app.py").write_text("import json\n\njson.dumpz({})\n")
    _git(tmp_path, "add", "app.py")
    refused = _git(tmp_path, "commit", "-qm", "a", path=path)
    assert refused.returncode == 1
    assert "PF101" in refused.stdout + refused.stderr
    (tmp_path / "app.py").write_text("import json\n\njson.dumps({})\n")
    _git(tmp_path, "add", "app.py")
    accepted = _git(tmp_path, "commit", "-qm", "a", path=path)
    assert accepted.returncode == 0, accepted.stderr
