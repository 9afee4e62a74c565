"""The front door is light: it loads values and its way to the engine, and no room that computes."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from tests.lsp_server.raw_client import RawClient
from tests.lsp_server.test_lifecycle import REQUESTS

#: What the front door may load of the rooms below, beside packages: values, text, syntax, how
#: it asks, and how it holds memory.
ALLOWED = (
    "analysis.(accepted|children|deadline|errors|findings|heap|names|private|signatures|snapshot|symbols|wire)",
    r"analysis.(program|syntax|text)(\..+)?",
    "analysis.holes.context",
    "decoding.writer",
    r"engine.(client|features)(\..+)?",
    "engine.(errors|logs|request|settings.values)",
)
HEAVY = {"jedi", "parso", "llama_cpp", "httpx", "huggingface_hub", "numpy", "sqlite3", "psutil"}
#: Serves as ``pilotfish serve`` does, and writes down at its end what it has loaded.
SERVE = """#!{python} -I
import atexit, json, sys
def note():
    with open({out!r}, "w") as file:
        json.dump(sorted(sys.modules), file)
atexit.register(note)
from lsp_server.main import run
sys.exit(run())
"""


@pytest.mark.process
def test_the_front_door_loads_no_room_that_computes(
    environment: dict[str, str], tmp_path: Path
) -> None:
    out, program, file = tmp_path / "loaded", tmp_path / "serve", tmp_path / "app.py"
    program.write_text(SERVE.format(python=sys.executable, out=str(out)))
    program.chmod(0o755)
    with RawClient(environment, program=str(program)) as client:
        client.initialize()
        document = {"uri": file.as_uri(), "languageId": "python", "version": 1, "text": "import os"}
        client.notify("textDocument/didOpen", {"textDocument": document})
        for number, (method, params) in enumerate(REQUESTS.items(), 1):
            about = {**params, "textDocument": {"uri": file.as_uri()}}
            client.send(id=number, method=method, params=about)
        for number in range(1, len(REQUESTS) + 1):
            if number not in {message.get("id") for message in client.seen}:
                client.wait_for(id=number)
        assert "result" in client.request(99, "shutdown")
        client.notify("exit")
        assert client.exit_code() == 0
    loaded = json.loads(out.read_text())
    assert {name.partition(".")[0] for name in loaded} & HEAVY == set()
    rooms = [n for n in loaded if n.startswith(("analysis.", "decoding.", "repair", "engine."))]
    packages = {name.rpartition(".")[0] for name in rooms}
    computing = [
        name
        for name in rooms
        if name not in packages and not any(re.fullmatch(kind, name) for kind in ALLOWED)
    ]
    assert computing == []
    assert "engine.features.fix" in rooms
