"""``pilotfish mcp``: the SDK's own client, a real server on real pipes, a real engine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from pilotfish.main import parser_for
from pilotfish.mcp.serving import TOKEN_VARIABLE, tools
from tests.pilotfish.command import PILOTFISH

SHOP = """\
class Basket:
    def total(self) -> int:
        return sum(self.prices())

    def prices(self) -> list[int]:
        return []


def bill(basket: Basket) -> int:
    return basket.total()
"""
GCD = """\
def gcd(a, b):
    if b < 0:
        raise ValueError("negative")
    while b:
        a, b = b, a % b
    return b
"""
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
NAMES = ["api", "members", "check_snippet", "fix", "trace", "graph"]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    root = tmp_path / "shop"
    root.mkdir()
    (root / "pyproject.toml").write_text("")
    (root / "shop.py").write_text(SHOP, encoding="utf-8")
    (root / "home.py").write_text("from pathlib import Path\n\nhome = Path()\n")
    (root / "gcd.py").write_text(GCD, encoding="utf-8")
    (root / "gcd_test.py").write_text("from gcd import gcd\nassert gcd(12, 18) == 6\n")
    return root


@contextlib.asynccontextmanager
async def client(root: Path) -> AsyncIterator[Client]:
    words = ["mcp", "--workspace", str(root), "--model", "none"]
    # The SDK hands on a few variables of its own choice.
    started = StdioServerParameters(command=PILOTFISH, args=words, env=dict(os.environ))
    async with Client(started) as connected:
        yield connected


async def told(client: Client, tool: str, **arguments: object) -> dict[str, Any]:
    # A cold worker of a busy machine may be late for the budget that assistants get.
    result = await client.call_tool(tool, {"budget_ms": 60_000} | arguments)
    assert not result.is_error, result.content
    answer: dict[str, Any] = json.loads(result.content[0].text)  # type: ignore[union-attr]
    return answer


async def refused(client: Client, tool: str, **arguments: object) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error, result.content
    text: str = result.content[0].text  # type: ignore[union-attr]
    assert "Traceback" not in text
    return text


def engines(of: int) -> list[psutil.Process]:
    children = psutil.Process(of).children(recursive=True)
    return [each for each in children if "engine.process" in " ".join(command_line(each))]


def command_line(process: psutil.Process) -> list[str]:
    """Of a child that ended while it was looked at: nothing."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def test_there_are_six_tools_in_1500_tokens() -> None:
    listed = [tool.model_dump(by_alias=True, exclude_none=True) for tool in tools()]
    assert [tool["name"] for tool in listed] == NAMES
    # JSON and English have more than three bytes a token, under every common vocabulary.
    assert len(json.dumps(listed).encode()) / 3 <= 1500


@pytest.mark.process
async def test_it_tells_what_exists_and_what_does_not(shop: Path) -> None:
    async with client(shop) as asked:
        assert [tool.name for tool in (await asked.list_tools()).tools] == NAMES

        known = await told(asked, "api", name="json.dumps")
        assert known["exists"] is True
        assert known["signatures"][0].startswith("dumps(obj, *, skipkeys=…")
        assert re.search(r"json/__init__\.py:\d+$", known["where"])
        own = await told(asked, "api", name="shop.Basket.total")
        assert own["where"] == f"{shop / 'shop.py'}:2"
        joined = await told(asked, "api", name="os.path.join")
        assert joined["module"] == "os.path"
        assert joined["where"].startswith(f"{os.path.__file__}:")
        invented = await told(asked, "api", name="pathlib.Path.read_txt")
        assert (invented["exists"], invented["missing"]) == (False, "read_txt")
        assert invented["nearest"][0] == "read_text"
        nowhere = await told(asked, "api", name="jsno.dumps")
        assert (nowhere["exists"], nowhere["nearest"][0]) == (False, "json")

        members = await told(asked, "members", path="shop.py", line=10, expression="basket")
        assert members["tier"] == "closed"
        assert members["members"][:2] == ["prices: function", "total: function"]

        members = await told(asked, "members", path="home.py", line=4, expression="home")
        public = {name for each in members["members"] if (name := each.partition(":")[0])[0] != "_"}
        assert {"joinpath", "read_text"} < public <= set(dir(Path()))

        code = "def more(basket: Basket) -> int:\n    return basket.totl()\n"
        wrong = await told(
            asked, "check_snippet", path="shop.py", code=code, first_line=11, last_line=10
        )
        assert wrong["complete"] is True
        [finding] = wrong["findings"]
        assert (finding["line"], finding["code"]) == (12, "PF101")
        right = await told(
            asked, "check_snippet", path="new.py", code="import json\n\njson.dumps(1)\n"
        )
        assert right == {"complete": True, "findings": []}
        assert not (shop / "new.py").exists()

        [row] = (await told(asked, "graph", question="callers", name="Basket.total"))["rows"]
        assert (row["qualified_name"], row["path"], row["how"]) == (
            "shop.bill",
            "shop.py:10",
            "exact",
        )

        # Nothing of a workspace runs that nobody trusts.
        for tool in ("fix", "trace"):
            said = await refused(asked, tool, path="gcd.py", test="python gcd_test.py")
            assert f"pilotfish trust {shop}" in said
        assert "outside of the workspace" in await refused(
            asked, "check_snippet", path="../secret.py", code=""
        )
        outside = shop.parent / "outside"
        (outside / "kept").mkdir(parents=True)
        for place in ("token.py", "kept/token.py", "kept/__init__.py"):
            (outside / place).write_text("the_token = 'secret'\n")
        (shop / "own").mkdir()
        (shop / "linked.py").symlink_to(outside / "token.py")
        (shop / "own" / "linked.py").symlink_to(outside / "token.py")
        (shop / "kept").symlink_to(outside / "kept")
        (shop / "again.py").symlink_to(shop / "shop.py")
        for name in ("linked", "linked.the_tokn", "own.linked.a", "kept.token.a", "kept.the_token"):
            said = await refused(asked, "api", name=name)
            assert "leads out of the workspace through a link" in said
            assert "the_token" not in said
        assert (await told(asked, "api", name="again.Basket.total"))["exists"] is True
        (shop / "coded.py").write_text("# coding: undefined\n")
        os.mkfifo(shop / "fifo.py")
        for path, why in {
            "a\0b.py": "not a path",
            "a" * 5000: "not a path",
            "coded.py": "'undefined' is not a text encoding",
            "fifo.py": "not a regular file",
            ".": "a folder",
        }.items():
            assert why in await refused(asked, "check_snippet", path=path, code="")
        assert "unknown field" in await refused(asked, "api", nam="json")
        assert "not a qualified name" in await refused(asked, "api", name="os.system('x')")
        assert "did you mean shop.Basket.total" in await refused(
            asked, "graph", question="callers", name="Basket.totl"
        )
        assert "lines 40 to 40" in await refused(
            asked, "check_snippet", path="shop.py", code="", first_line=40
        )


@pytest.mark.process
@pytest.mark.sandbox
async def test_what_is_trusted_is_repaired_and_traced(shop: Path) -> None:
    async with client(shop) as asked:
        said = await refused(asked, "fix", path="gcd.py")
        assert "not trusted" in said
        subprocess.run([PILOTFISH, "trust", str(shop)], check=True, capture_output=True)
        (shop / "python").write_text(f"#!/bin/sh\ntouch {shop}/sprung\n")
        (shop / "python").chmod(0o755)
        for tool in ("fix", "trace"):  # It would be asked about itself outside of the sandbox.
            said = await refused(asked, tool, path="gcd.py", test="./python gcd_test.py")
            assert "cannot choose another Python" in said
        assert not (shop / "sprung").exists()
        test = "python gcd_test.py"
        story = await told(asked, "trace", path="gcd.py", test=test)
        assert story["status"] == "failing"
        [call] = story["runs"][0]["calls"]
        assert (call["function"], call["arguments"]) == ("gcd", {"a": "12", "b": "18"})
        assert "5 a=6, b=0" in call["steps"]
        called = await told(asked, "trace", path="gcd.py", call="gcd(4, 6)")
        assert called["runs"][0]["calls"][0]["value"] == "0"
        assert "raised" not in called
        failed = await told(asked, "trace", path="gcd.py", call="gcd(4, -6)")
        assert "negative" in failed["raised"][0]
        repaired = await told(asked, "fix", path="gcd.py", test=test)
        assert repaired["status"] == "verified"
        assert "+    return a\n" in repaired["diff"]
        assert repaired["ran"]["test"] == test
        assert (shop / "gcd.py").read_text(encoding="utf-8") == GCD


@pytest.fixture
def served(shop: Path) -> Iterator[tuple[int, str, str]]:
    words = [PILOTFISH, "mcp", "--http", "0", "--workspace", str(shop)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        url = server.stderr.readline().strip()
        token = server.stderr.readline().strip().removeprefix("Authorization: Bearer ")
        try:
            yield server.pid, url, token
        finally:
            server.send_signal(signal.SIGINT)
            assert server.wait(20) == 0


@contextlib.asynccontextmanager
async def over_http(url: str, token: str) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(url, http_client=http)) as connected,
    ):
        yield connected


@pytest.mark.process
async def test_sessions_share_an_engine_and_an_answer_keeps_to_its_budget(
    served: tuple[int, str, str],
) -> None:
    pid, url, token = served
    async with httpx2.AsyncClient() as stranger:
        for headers in ({}, {"Authorization": "Bearer x"}):
            assert (await stranger.post(url, headers=headers)).status_code == 401
        for header in ("Host", "Origin"):  # a page in a browser that found the port
            foreign = {"Authorization": f"Bearer {token}", header: "http://evil.example"}
            said = await stranger.post(url, headers=foreign, json=PING)
            assert said.status_code in (403, 421), said.text
    async with over_http(url, token) as first, over_http(url, token) as second:
        answers = await asyncio.gather(
            told(first, "api", name="json.loads"), told(second, "api", name="json.load")
        )
        assert [answer["exists"] for answer in answers] == [True, True]
        [engine] = engines(pid)
        engine.suspend()
        begun = time.monotonic()
        late = await told(first, "api", name="json.loads", budget_ms=300)
        assert (late["exists"], late["complete"]) == (None, False)
        assert time.monotonic() - begun < 5
        engine.resume()
        # Killed, it comes back, and what is asked is answered.
        engine.kill()
        assert (await told(second, "api", name="json.loads"))["exists"] is True
        assert len(engines(pid)) == 1


def test_the_plugin_starts_commands_that_there_are() -> None:
    folder = Path(__file__).resolve().parents[2] / "editors" / "claude-code"
    plugin = json.loads((folder / ".claude-plugin" / "plugin.json").read_text(encoding="utf-8"))
    for servers in ("lspServers", "mcpServers"):
        [server] = plugin[servers].values()
        assert server["command"] == "pilotfish"
        command, *words = server["args"]
        parser_for(command).parse_args(words)


@pytest.mark.process
def test_without_the_sdk_it_says_what_to_install(shop: Path) -> None:
    program = (
        "import sys; sys.modules['mcp_types'] = None; from pilotfish.main import main; "
        "sys.exit(main(['mcp']))"
    )
    words = [sys.executable, "-c", program]
    done = subprocess.run(words, cwd=shop, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install '.[mcp]'" in done.stderr
    assert TOKEN_VARIABLE not in done.stderr
