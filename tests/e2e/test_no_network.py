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

_ASSISTANT = """
import asyncio, os, sys
from mcp import Client, StdioServerParameters

CALLS = [
    ("api", {"name": "json.loads"}),
    ("members", {"path": "a.py", "line": 5, "expression": "json"}),
    ("check_snippet", {"path": "a.py", "code": "import json; json.loadz"}),
    ("graph", {"question": "callers", "name": "read"}),
    ("trace", {"path": "a.py", "call": "double(2)"}),
]

async def ask():
    words = ["mcp", "--workspace", ".", "--trust"]
    program = StdioServerParameters(command=sys.argv[1], args=words, env=dict(os.environ))
    async with Client(program) as client:
        for tool, arguments in CALLS:
            answer = await client.call_tool(tool, {"budget_ms": 60_000} | arguments)
            assert not answer.is_error, answer.content

asyncio.run(ask())
"""
_CODE = """\
import json


def read(x):
    return json.loadz(x)


def double(x):
    total = 0
    for _ in range(x):
        total += 2
    return total


def todo(x):
    \"\"\"Twice x.\"\"\"
    raise NotImplementedError
"""
_POSITION = json.dumps({"path": "a.py", "line": 4, "character": 16})
_READS = "python -c \"import a; assert a.read('1') == 1\""
_DOUBLES = 'python -c "import a; assert a.double(2) == 4"'

# Where bubblewrap works, a namespace without routes can be made, too.
pytestmark = [pytest.mark.process, pytest.mark.sandbox]


def _run(folder: Path, words: list[str], given: str = "") -> subprocess.CompletedProcess[str]:
    """Run without a route; what was tried is in ``trace`` where strace is installed."""
    order = ["unshare", "-rn"]
    if shutil.which("strace"):
        order += ["strace", "-f", "-qq", "-o", str(folder / "trace"), "-e", "trace=network"]
    variables = {f"XDG_{name}_HOME": str(folder / name) for name in ("CONFIG", "STATE", "CACHE")}
    done = subprocess.run(
        [*order, *words],
        cwd=folder / "workspace",
        env={**os.environ, **variables},
        input=given,
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
    (work / "a.py").write_text(_CODE)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (["check", ".", "--json"], {1}),
        (["graph", "build", "."], {0}),
        (["graph", "callers", "read"], {0}),
        (["inspect", "--jsonl"], {0}),
        (["view", "cfg+dfg", "a.py"], {0}),
        # Without a model, two of these say so.
        (["complete", "--jsonl"], {0, 2}),
        (["implement", "a.py:todo", "--test", _DOUBLES, "--time-limit", "5"], {0, 1, 2}),
        (["optimize", "a.py:double", "--test", _DOUBLES, "--time-limit", "5"], {0, 1, 2}),
        (["fix", "a.py", "--test", _READS, "--time-limit", "20"], {0, 1}),
        (["debug", "a.py"], {0, 1, 2}),
        (["doctor"], {0, 1}),
        (["model", "list"], {0}),
        (["trust", "--list"], {0}),
    ],
)
def test_a_command_works_and_tries_no_connection(
    folder: Path, words: list[str], codes: set[int]
) -> None:
    done = _run(folder, [PILOTFISH, *words], _POSITION if "--jsonl" in words else "")
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


def test_the_assistants_server_works_and_tries_no_connection(folder: Path) -> None:
    done = _run(folder, [sys.executable, "-c", _ASSISTANT, PILOTFISH])
    assert done.returncode == 0, done.stdout + done.stderr
