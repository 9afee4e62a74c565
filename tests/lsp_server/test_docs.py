"""What docs/protocol.md and docs/editors.md say is so."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

from lsprotocol import types
from lsprotocol.converters import get_converter

from lsp_server import failures
from lsp_server.capabilities import COMMANDS, CUSTOM_METHODS, server_capabilities
from lsp_server.client import Client
from lsp_server.features import FEATURES
from lsp_server.handshake import Greeting
from lsp_server.server import Server
from lsp_server.settings import GROUPS, camel
from tests.lsp_server.silent_engine import SilentEngine

ROOT = Path(__file__).resolve().parents[2]
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text()
EDITORS = (ROOT / "docs" / "editors.md").read_text()


def _server() -> Server:
    server = Server(Greeting(Client()), SilentEngine)
    for feature in FEATURES:
        feature.register(server)
    return server


def _table(text: str, heading: str) -> list[str]:
    """The code spans in the first column of the table under a heading."""
    section = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def test_every_request_and_command_is_documented_and_served() -> None:
    manager = _server().protocol.fm
    served = {
        name
        for name in (*manager.features, types.WORKSPACE_EXECUTE_COMMAND)
        if name in CUSTOM_METHODS or types.METHOD_TO_TYPES.get(name, (None, None))[1] is not None
    }
    assert set(_table(PROTOCOL, "Requests")) == served
    assert set(CUSTOM_METHODS) <= served
    assert set(_table(PROTOCOL, "Commands")) == set(manager.commands) == set(COMMANDS)


def test_what_is_served_is_offered() -> None:
    offered = server_capabilities(Client(pull_diagnostics=True))
    providers = {name for name in offered if name.endswith("Provider")}
    for feature in _server().protocol.fm.features:
        answered = types.METHOD_TO_TYPES.get(feature, (None, None))[1] is not None
        if feature.startswith("textDocument/") and answered:
            name = feature.removeprefix("textDocument/").replace("prepareCall", "call")
            assert f"{name.replace('prepareType', 'type')}Provider" in providers
    # And what is offered is of the form that the protocol says.
    get_converter().structure(json.loads(json.dumps(offered)), types.ServerCapabilities)


def test_every_setting_is_documented_with_its_default() -> None:
    rows = [
        f"| `{group}.{camel(f.name)}` | `{json.dumps(f.default)}` | {f.metadata['meaning']} |"
        for group, kind in GROUPS.items()
        for f in fields(kind)
    ]
    section = EDITORS.split("<!-- settings")[1].split("\n## ")[0]
    assert [line for line in section.splitlines() if re.match(r"\| `\w+\.", line)] == rows


def test_every_failure_is_documented() -> None:
    codes = {
        value for name, value in vars(failures).items() if name.isupper() and isinstance(value, int)
    }
    documented = {int(code) for code in _table(PROTOCOL, "Failures")}
    assert documented == {*codes, -32002}
