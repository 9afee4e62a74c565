"""Commands and the server in a network namespace of their own: they work, and try no connection."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PILOTFISH = str(Path(sys.executable).parent / "pilotfish")
#: The families of addresses that lead out of the machine.
_OUTWARD = re.compile(r"(?:connect|sendto|sendmsg)\(.*(?:AF_INET6?|AF_PACKET)")
_SERVER = """
import sys
from pathlib import Path
from benchmarks.faults import Desk, Row

row = Row()
with Desk(Path(sys.argv[1]), row) as desk:
    for _ in range(3):
        desk.once(lambda: None)
assert not row.lost + row.wrong, row
"""

# Where bubblewrap works, a namespace without routes can be made, too.
pytestmark = [pytest.mark.process, pytest.mark.sandbox]


def _run(folder: Path, words: list[str]) -> subprocess.CompletedProcess[str]:
    """Run without a route; what was tried is in ``trace`` where strace is installed."""
    order = ["unshare", "-rn"]
    if shutil.which("strace"):
        order += ["strace", "-f", "-qq", "-o", str(folder / "trace"), "-e", "trace=network"]
    variables = {f"XDG_{name}_HOME": str(folder / name) for name in ("CONFIG", "STATE", "CACHE")}
    done = subprocess.run(
        [*order, *words],
        cwd=folder / "workspace",
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    trace = folder / "trace"
    if trace.exists():
        tried = [line for line in trace.read_text().splitlines() if _OUTWARD.search(line)]
        assert tried == []
    return done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    work = tmp_path / "workspace"
    work.mkdir()
    (work / "a.py").write_text("import json\n\n\ndef read(x):\n    return json.loadz(x)\n")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (["check", ".", "--json"], {1}),
        (["graph", "build", "."], {0}),
        (["debug", "a.py"], {0, 1, 2}),
        (["doctor"], {0, 1}),
        (["model", "list"], {0}),
        (["trust", "--list"], {0}),
    ],
)
def test_a_command_works_and_tries_no_connection(
    folder: Path, words: list[str], codes: set[int]
) -> None:
    done = _run(folder, [PILOTFISH, *words])
    assert done.returncode in codes, done.stderr
    assert "Traceback" not in done.stderr
    if "--json" in words:
        assert "loadz" in str(json.loads(done.stdout))


def test_a_download_says_that_there_is_no_network(folder: Path) -> None:
    variables = {**os.environ, "XDG_DATA_HOME": str(folder / "data")}
    done = subprocess.run(
        ["unshare", "-rn", PILOTFISH, "model", "pull", "quick"],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode not in (0, 1) or "error" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_server_works_and_tries_no_connection(folder: Path) -> None:
    desk = folder / "desk"
    desk.mkdir()
    done = _run(folder, [sys.executable, "-c", _SERVER, str(desk)])
    assert done.returncode == 0, done.stdout + done.stderr
