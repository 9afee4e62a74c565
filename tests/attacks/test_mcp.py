"""A hostile workspace, and arguments that would lead out of it, through an assistant's tools."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from mcp import Client, StdioServerParameters

from tests.attacks.conftest import Victim
from tests.attacks.hostile import KINDS, READ, fill
from tests.pilotfish.command import PILOTFISH

pytestmark = pytest.mark.process

#: Of one process, in KiB as Linux writes it.
_MOST_KIB = 700 << 10
_SECRET = "secret_4711"
#: The tools that take a path, with what they need besides.
_TAKE_PATHS: dict[str, dict[str, Any]] = {
    "members": {"line": 1, "expression": "the"},
    "check_snippet": {"code": "import the\n", "first_line": 1},
    "fix": {"test": "pytest"},
    "trace": {"test": "pytest"},
}


@contextlib.asynccontextmanager
async def _assistant(victim: Victim, *words: str) -> AsyncIterator[Client]:
    """An assistant at a server that the victim started in the clone."""
    victim.owns(victim.clone)
    order = [PILOTFISH, "mcp", "--workspace", str(victim.clone), "--model", "none", *words]
    if victim.uid != os.getuid():
        group = [f"--regid={victim.uid}", "--clear-groups"]
        order = ["setpriv", f"--reuid={victim.uid}", *group, *order]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    variables = {**kept, "HOME": str(victim.home), "PATH": os.environ["PATH"]}
    program = StdioServerParameters(
        command=order[0], args=order[1:], env=variables, cwd=victim.clone
    )
    async with Client(program) as client:
        yield client


async def _told(client: Client, tool: str, **arguments: object) -> tuple[bool, str]:
    """Whether it was answered without an error, and the text."""
    answer = await client.call_tool(tool, {"budget_ms": 20_000} | arguments)
    text: str = answer.content[0].text  # type: ignore[union-attr]
    assert "Traceback" not in text
    assert "report" not in text, text
    assert _SECRET not in text, text
    return not answer.is_error, text


def _peaks() -> list[int]:
    """The most memory that each process below this one has had, in KiB."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{process.pid}/status").read_text()
            found += [int(peak) for peak in re.findall(r"VmHWM:\s*(\d+)", status)]
    return found


@pytest.mark.parametrize("kind", KINDS)
async def test_the_tools_answer_in_a_workspace_of_files_that_are_none(
    victim: Victim, kind: Callable[[Path], None]
) -> None:
    fill(victim.clone, kind)
    async with _assistant(victim) as client:
        known, said = await _told(client, "api", name="os.path.join")
        assert known, said
        assert '"exists":true' in said.replace(" ", "")
        for name in ("given.a", "near.b", "sub.given.c", "test_app"):
            await _told(client, "api", name=name, budget_ms=2000)
        found, said = await _told(
            client, "check_snippet", path="app.py", code="import os\nprint(os.made_up)\n"
        )
        assert found, said
        assert "made_up" in said
        for name in READ:
            for tool in ("members", "check_snippet"):
                # Late where it is deep; what counts is that it ends then, and costs no memory.
                await _told(client, tool, path=name, budget_ms=500, **_TAKE_PATHS[tool])
        for question in ("stats", "callers"):
            await _told(client, "graph", question=question, name="app")
        peaks = _peaks()
        assert peaks
        assert max(peaks) < _MOST_KIB


async def test_no_path_leads_out_of_the_workspace(anybody: Victim) -> None:
    outside = anybody.home / "token.py"
    outside.write_text(f"the = '{_SECRET}'\n{_SECRET} = 1\n")
    anybody.owns(anybody.home)
    (anybody.clone / "own.py").write_text("import os\n")
    (anybody.clone / "link.py").symlink_to(outside)
    (anybody.clone / "again.py").symlink_to("link.py")
    (anybody.clone / "folder").symlink_to(anybody.home)
    (anybody.clone / "zero.py").symlink_to("/dev/zero")
    (anybody.clone / "memory.py").symlink_to("/proc/self/mem")
    paths = [
        *("link.py", "again.py", "folder/token.py", "zero.py", "memory.py", "own.py/../link.py"),
        *("../home/token.py", "./x/../../home/token.py", str(outside), f"//{outside}"),
        *("/proc/self/environ", "/proc/self/root/etc/passwd", "/dev/stdin", "/dev/fd/0", "/"),
        *(f"{anybody.clone}/../home/token.py", f"/proc/self/root{outside}", "..", "own.py\0"),
    ]
    async with _assistant(anybody, "--trust") as client:
        for path in paths:
            for tool, arguments in _TAKE_PATHS.items():
                answered, said = await _told(client, tool, path=path, **arguments)
                assert not answered, (tool, path, said)
        for name in ("link.the", "again.the", "folder.token.the", f"link.{_SECRET[:-1]}"):
            answered, said = await _told(client, "api", name=name)
            assert not answered or '"exists": true' not in said, (name, said)
        assert (await _told(client, "check_snippet", path="own.py", code="import os\n"))[0]


async def test_a_question_to_the_graph_reads_no_file_and_fetches_nothing(victim: Victim) -> None:
    outside = victim.home / "token.csv"
    outside.write_text(f"a,b\n{_SECRET},1\n")
    (victim.clone / "own.py").write_text("class Own:\n    pass\n")
    async with _assistant(victim) as client:
        for query in (
            f"LOAD FROM '{outside}' RETURN *",
            f"RETURN 1; LOAD FROM '{outside}' RETURN *",
            f"CALL READ_CSV_SERIAL('{outside}') RETURN *",
            f"MATCH (n) CALL READ_CSV_PARALLEL('{outside}') RETURN *",
            f"COPY (MATCH (n) RETURN n.name) TO '{victim.home / 'written.csv'}'",
            f"EXPORT DATABASE '{victim.home / 'written'}'",
            f"ATTACH '{victim.home}' AS other",
            f"CALL file_search_path='{victim.home}'",
            "UPDATE httpfs",
            "RETURN 1; UPDATE httpfs",
            "INSTALL httpfs",
            "FORCE INSTALL httpfs",
            "UNINSTALL httpfs",
            "UNWIND range(1, 10000000) AS x RETURN x",
        ):
            answered, said = await _told(client, "graph", question="query", name=query)
            assert not answered, (query, said)
        query = "MATCH (c:CLASS) RETURN c.name AS name"
        assert "Own" in (await _told(client, "graph", question="query", name=query))[1]
    assert [each for each in victim.home.iterdir() if "written" in each.name] == []
    assert not (victim.home / ".lbdb").exists()


async def test_no_command_starts_a_program_of_the_workspace_outside(anybody: Victim) -> None:
    sprung = anybody.home / "sprung"
    for name in ("python", "pytest", "env", "sub/python"):
        trap = anybody.clone / name
        trap.parent.mkdir(parents=True, exist_ok=True)
        trap.write_text(f"#!/bin/sh\ntouch {sprung}\n")
        trap.chmod(0o755)
    (anybody.clone / "own.py").write_text("def half(x):\n    return x / 3\n")
    async with _assistant(anybody, "--trust") as client:
        for test in (
            *("./python t.py", "python t.py", "./pytest", "sub/python t.py", "sub/../python t.py"),
            *("PATH=.:$PATH python t.py", "env ./python t.py", "cd sub && ./python t.py"),
            *(f"{anybody.clone}/python t.py", "sh -c './python t.py'"),
            f"VIRTUAL_ENV={anybody.clone} python t.py",
        ):
            await _told(client, "trace", path="own.py", test=test, budget_ms=3000)
    assert not sprung.exists()
