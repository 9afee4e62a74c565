"""Commands and servers where no route leads anywhere: they work, and try no connection.

Each runs in a network namespace of its own, which has a loopback and nothing else. The kernel
counts what is sent there and what has no route, for all processes of the namespace. Afterwards the
same namespace is tried on purpose, so that a count of zero is a measurement and no blindness. The
code in a sandbox is not counted: it has a further namespace, which ``tests/repair/sandbox`` tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.models import MODELS

PILOTFISH = str(Path(sys.executable).parent / "pilotfish")
#: Runs a command in this namespace; writes what it tried, and what the attempts after it came to.
_COUNTED = """
import fcntl, json, socket, struct, subprocess, sys

COUNTERS = ("Ip:OutNoRoutes", "Ip:OutRequests", "Ip6OutNoRoutes", "Ip6OutRequests")
SIOCSIFFLAGS, UP = 0x8914, 1

def count():
    found = {}
    with open("/proc/self/net/snmp") as stream:
        rows = [line.split() for line in stream]
    for names, values in zip(rows[::2], rows[1::2], strict=True):
        found |= {names[0] + name: int(value) for name, value in zip(names[1:], values[1:])}
    with open("/proc/self/net/snmp6") as stream:
        found |= {name: int(value) for name, value in map(str.split, stream)}
    return {name: found[name] for name in COUNTERS}

def attempt(family, kind, address):
    before = count()
    with socket.socket(family, kind) as tried:
        try:
            tried.connect((address, 80))
            tried.send(b"x")
        except OSError:
            pass
    return sum(count().values()) - sum(before.values())

with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", UP))
before = count()
code = subprocess.run(sys.argv[2:]).returncode
tried = {name: number - before[name] for name, number in count().items()}
seen = [
    attempt(family, kind, address)
    for family, addresses in (
        (socket.AF_INET, ("192.0.2.1", "127.0.0.1")),
        (socket.AF_INET6, ("2001:db8::1", "::1")),
    )
    for address in addresses
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)
]
with open(sys.argv[1], "w") as stream:
    json.dump({"tried": tried, "seen": seen}, stream)
sys.exit(code)
"""
#: An editing session with a model and a repair, over the protocol.
_SERVER = """
import sys, time
from pathlib import Path
from benchmarks.editor import Editor, position

root, model = Path(sys.argv[1]).resolve(), sys.argv[2]
options = {
    "model": model, "trusted": True, "repair": {"timeLimit": 60},
    "diagnostics": {"ruff": True, "debounceMs": 0, "workspace": True},
    "inlineCompletion": {"enabled": True, "deadlineMs": 20_000},
}
editor = Editor(root, root.parent, options=options)
path = root / "a.py"
document = {"textDocument": {"uri": path.as_uri()}}

def ask(method, **more):
    answer = editor.ask(method, {**document, **more})
    assert "error" not in (answer or {}), (method, answer)
    return answer

try:
    text = path.read_text()
    editor.open(path, text)
    end = time.monotonic() + 60
    while "loadz" not in str(ask("textDocument/diagnostic")):
        assert time.monotonic() < end, editor.shown
        time.sleep(0.05)
    at = position(text, text.index("loadz") + 2)
    assert ask("textDocument/hover", position=position(text, text.index("json.loadz")))
    assert ask("textDocument/completion", position=at)["items"]
    assert ask("textDocument/documentSymbol")
    ask("textDocument/codeLens")
    editor.ask("workspace/symbol", {"query": "read"})
    dot = text.index("json.loadz") + len("json.")
    editor.edit(path, dot, len(text), "")
    asked = {"position": position(text, dot), "context": {"triggerKind": 1}}
    ghost = ask("textDocument/inlineCompletion", **asked)
    assert ghost["items"], ghost
    editor.replace(path, text)
    order = {"uri": path.as_uri(), "test": sys.argv[3]}
    command = {"command": "pilotfish.repair", "arguments": [order]}
    repaired = editor.ask("workspace/executeCommand", command)
    assert "+    return json.loads(x)" in repaired["patch"], repaired
finally:
    editor.end()
"""
#: Calls of an assistant, over the SDK's own client.
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


def _unrouted(
    folder: Path, words: list[str], given: str = ""
) -> tuple[subprocess.CompletedProcess[str], dict[str, int]]:
    """Run without a route: how it ended, and what it tried by the kernel's counters.

    Fails where the counters do not see what is tried on purpose.
    """
    counts = folder / "counts.json"
    variables = {f"XDG_{name}_HOME": str(folder / name) for name in ("CONFIG", "STATE", "CACHE")}
    done = subprocess.run(
        ["unshare", "-rn", sys.executable, "-c", _COUNTED, str(counts), *words],
        cwd=folder / "workspace",
        env={**os.environ, **variables},
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert counts.exists(), done.stderr
    counted = json.loads(counts.read_text())
    assert 0 not in counted["seen"], counted
    return done, counted["tried"]


def _run(folder: Path, words: list[str], given: str = "") -> subprocess.CompletedProcess[str]:
    """Run without a route; fails when something was tried.

    The doctor alone asks this machine's own ports, for Ollama and LM Studio.
    """
    done, tried = _unrouted(folder, words, given)
    if words[1] == "doctor":
        tried = {name: number for name, number in tried.items() if "NoRoutes" in name}
    assert set(tried.values()) == {0}, tried
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


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.create_connection(('192.0.2.1', 443))",
        "socket.create_connection(('2001:db8::1', 443))",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "subprocess.run([sys.executable, '-c', 'import socket; "
        'socket.create_connection(("127.0.0.1", 9))\'])',
    ],
)
def test_an_attempt_is_counted_also_of_a_child(folder: Path, attempt: str) -> None:
    code = f"import socket, subprocess, sys; {attempt}"
    _, tried = _unrouted(folder, [sys.executable, "-c", code])
    assert sum(tried.values()) > 0


def test_a_download_alone_tries_and_says_that_there_is_no_network(folder: Path) -> None:
    # Its own folder for models: one that is there would not be fetched.
    words = ["env", f"XDG_DATA_HOME={folder / 'data'}", PILOTFISH, "model", "pull", "quick"]
    done, tried = _unrouted(folder, words)
    assert done.returncode not in (0, 1) or "error" in done.stderr
    assert "Traceback" not in done.stderr
    assert sum(tried.values()) > 0


@pytest.mark.model
def test_the_server_completes_checks_and_repairs_and_tries_no_connection(folder: Path) -> None:
    words = [sys.executable, "-c", _SERVER, str(folder / "workspace"), MODELS["0.5b"], _READS]
    done = _run(folder, words)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_assistants_server_works_and_tries_no_connection(folder: Path) -> None:
    done = _run(folder, [sys.executable, "-c", _ASSISTANT, PILOTFISH])
    assert done.returncode == 0, done.stdout + done.stderr
