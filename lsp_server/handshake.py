"""``initialize``, answered before anything heavy is imported.

The protocol's types alone take a third of a second to import, and a person waits for the editor
meanwhile; the answer needs none of them. Knows JSON and the life cycle up to ``initialize``:
what is asked before it is refused, and ``exit`` ends the process.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from lsp_server.capabilities import server_capabilities
from lsp_server.client import Client, read_client, read_folders
from lsp_server.stdio import BrokenStreamError, Stdio

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
INVALID_PARAMS = -32602
SERVER_NOT_INITIALIZED = -32002


@dataclass(frozen=True, slots=True)
class Greeting:
    """What ``initialize`` said: the client, its folders (URIs) and its options, as they came."""

    client: Client
    folders: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


def greet(stdio: Stdio) -> Greeting | None:
    """Serve until ``initialize`` was answered; ``None`` when the client left before that."""
    while True:
        try:
            body = stdio.reader.read()
        except BrokenStreamError:
            return None
        if body is None:
            return None
        try:
            message = json.loads(body)
        except (ValueError, RecursionError):
            _refuse(stdio, None, PARSE_ERROR, "the message is not JSON, or nested too deeply")
            continue
        if not isinstance(message, dict):
            _refuse(stdio, None, INVALID_REQUEST, "a message is one JSON object")
            continue
        if message.get("method") == "exit":
            return None
        if "id" not in message:
            continue  # notifications before ``initialize`` are dropped, says the protocol
        if message.get("method") != "initialize":
            _refuse(stdio, message["id"], SERVER_NOT_INITIALIZED, "the server is not initialized")
            continue
        params = message.get("params")
        if not isinstance(params, dict) or not isinstance(params.get("capabilities"), dict):
            _refuse(stdio, message["id"], INVALID_PARAMS, "initialize needs capabilities")
            continue
        greeting = read_greeting(params)
        _answer(stdio, message["id"], greeting)
        return greeting


def read_greeting(params: Mapping[str, Any]) -> Greeting:
    """What the parameters of ``initialize`` say."""
    options = params.get("initializationOptions")
    return Greeting(
        client=read_client(params),
        folders=read_folders(params),
        options=options if isinstance(options, dict) else {},
    )


def _answer(stdio: Stdio, id: object, greeting: Greeting) -> None:  # noqa: A002 - the wire's word
    result = {
        "capabilities": server_capabilities(greeting.client),
        "serverInfo": {"name": "pilotfish", "version": version("pilotfish")},
    }
    _send(stdio, {"jsonrpc": "2.0", "id": id, "result": result})


def _refuse(stdio: Stdio, id: object, code: int, text: str) -> None:  # noqa: A002
    error = {"code": code, "message": text}
    _send(stdio, {"jsonrpc": "2.0", "id": id, "error": error})


def _send(stdio: Stdio, message: dict[str, Any]) -> None:
    stdio.writer.write(json.dumps(message).encode())
