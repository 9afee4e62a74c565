"""The GitHub Action does what its description says."""

from __future__ import annotations

import json
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
