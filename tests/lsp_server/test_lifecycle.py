"""The life of a connection: what is answered when, and how the process ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

import psutil
import pytest

from lsp_server.client import Client
from lsp_server.features import FEATURES
from lsp_server.handshake import Greeting
from lsp_server.server import Server
from tests.lsp_server.raw_client import PATIENCE, RawClient
from tests.lsp_server.silent_engine import SilentEngine

pytestmark = pytest.mark.process

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
NOT_INITIALIZED = -32002

URI = "file:///no/such/folder/a.py"
HERE = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 0}}
RANGE = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}

#: Every request about a document, with parameters that are right but for the document.
REQUESTS: dict[str, Any] = {
    "textDocument/inlineCompletion": {**HERE, "context": {"triggerKind": 1}},
    "textDocument/diagnostic": {"textDocument": {"uri": URI}},
    "textDocument/codeAction": {
        "textDocument": {"uri": URI},
        "range": RANGE,
        "context": {"diagnostics": []},
    },
    "textDocument/hover": HERE,
    "textDocument/completion": HERE,
    "textDocument/signatureHelp": HERE,
    "textDocument/documentSymbol": {"textDocument": {"uri": URI}},
    "textDocument/documentHighlight": HERE,
    "textDocument/references": {**HERE, "context": {"includeDeclaration": True}},
    "textDocument/prepareCallHierarchy": HERE,
    "textDocument/prepareTypeHierarchy": HERE,
    "textDocument/codeLens": {"textDocument": {"uri": URI}},
    "textDocument/copilotInlineEdit": {**HERE, "textDocument": {"uri": URI, "version": 1}},
}


def test_the_requests_tried_here_are_those_that_are_served() -> None:
    server = Server(Greeting(Client()), SilentEngine)
    for feature in FEATURES:
        feature.register(server)
    about = {name for name in server.protocol.fm.features if name.startswith("textDocument/")}
    assert set(REQUESTS) == {name for name in about if not name.startswith("textDocument/did")}


def test_before_initialize_every_request_is_refused(client: RawClient) -> None:
    methods = [*REQUESTS, "workspace/executeCommand", "pilotfish/status", "shutdown", "nonsense"]
    for number, method in enumerate(methods):
        assert client.error_code(number, method, REQUESTS.get(method)) == NOT_INITIALIZED
    # The connection is not spoilt by it.
    assert client.initialize()["serverInfo"]["name"] == "pilotfish"


def test_notifications_before_initialize_are_dropped(client: RawClient) -> None:
    client.notify("textDocument/didOpen", {"textDocument": {"uri": URI}})
    client.initialize()
    assert client.error_code(1, "textDocument/hover", HERE) == INVALID_PARAMS


def test_initialize_needs_its_parameters_and_comes_once(client: RawClient) -> None:
    assert client.error_code(1, "initialize", None) == INVALID_PARAMS
    assert client.error_code(2, "initialize", {"capabilities": "all"}) == INVALID_PARAMS
    client.initialize()
    assert client.error_code(3, "initialize", {"capabilities": {}}) == INVALID_REQUEST


def test_capabilities_of_the_wrong_type_count_as_absent(client: RawClient) -> None:
    odd = {"general": 5, "textDocument": {"diagnostic": "yes"}, "workspace": [], "window": None}
    offered = client.initialize(capabilities=odd, workspaceFolders="none")["capabilities"]
    assert offered["positionEncoding"] == "utf-16"
    assert "diagnosticProvider" not in offered


def test_documents_that_are_not_open(client: RawClient) -> None:
    client.initialize()
    for number, (method, params) in enumerate(REQUESTS.items()):
        error = client.request(number, method, params)["error"]
        assert (method, error["code"]) == (method, INVALID_PARAMS)
        assert URI in error["message"]
    item = {"uri": URI, "languageId": "python", "version": 1, "text": "x = 1\n"}
    client.notify("textDocument/didOpen", {"textDocument": item})
    client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    for number, (method, params) in enumerate(REQUESTS.items(), 100):
        assert (method, client.error_code(number, method, params)) == (method, INVALID_PARAMS)


def test_wrong_parameters_are_answered(client: RawClient) -> None:
    client.initialize()
    wrong: tuple[Any, ...] = (
        None,
        [],
        {},
        {"textDocument": 1},
        {"position": {"line": -1, "character": "x"}},
    )
    cases = [(m, p) for m in (*REQUESTS, "workspace/executeCommand") for p in wrong]
    for number, (method, params) in enumerate(cases):
        assert (method, client.error_code(number, method, params)) == (method, INVALID_PARAMS)


def test_positions_must_be_whole_and_not_negative(client: RawClient) -> None:
    client.initialize()
    for position in ({"line": -1, "character": 0}, {"line": 0, "character": 1.5}, {"line": 0}):
        params = {"textDocument": {"uri": URI}, "position": position}
        assert client.error_code(1, "textDocument/hover", params) == INVALID_PARAMS


def test_unknown_methods_and_commands(client: RawClient) -> None:
    client.initialize()
    assert client.error_code(1, "textDocument/nonsense", {}) == METHOD_NOT_FOUND
    assert client.error_code(2, "workspace/executeCommand", {"command": "rm"}) == INVALID_PARAMS
    bad_order = {"command": "pilotfish.repair", "arguments": [{"uri": 5}]}
    assert client.error_code(3, "workspace/executeCommand", bad_order) == INVALID_PARAMS


@pytest.mark.parametrize("initialized", [False, True])
def test_nested_brackets_end_no_server(client: RawClient, initialized: bool) -> None:
    if initialized:
        client.initialize()
    for depth in (200, 900, 5_000, 200_000):
        nested = "[" * depth + "]" * depth
        options = f'{{"jsonrpc": "2.0", "id": {depth}, "method": "textDocument/hover"'
        client.send_body(f'{options}, "params": {nested}}}'.encode())
        while "error" not in client.wait_for(id=None if depth > 4_000 else depth):
            pass
    if not initialized:
        client.initialize()
    assert client.error_code(7, "textDocument/nonsense", {}) == METHOD_NOT_FOUND


@pytest.mark.parametrize("initialized", [False, True])
def test_what_is_no_message_is_answered(client: RawClient, initialized: bool) -> None:
    if initialized:
        client.initialize()
    client.send_body(b"{not json")
    assert client.wait_for(id=None)["error"]["code"] == PARSE_ERROR
    client.send_body(b'[{"jsonrpc": "2.0", "id": 1, "method": "shutdown"}]')
    assert client.wait_for(id=None)["error"]["code"] == INVALID_REQUEST
    if initialized:
        client.send_body(json.dumps({"id": 7, "method": "shutdown"}).encode())
        assert client.wait_for(id=7)["error"]["code"] == INVALID_REQUEST
        client.send(id=8, method=5)
        assert client.wait_for(id=8)["error"]["code"] == INVALID_REQUEST
        wrong: Any
        for wrong in ({}, [1], 1.5):
            client.send(id=wrong, method="shutdown")
            assert client.wait_for(id=None)["error"]["code"] == INVALID_REQUEST
            client.send(id=wrong, result=None)
            assert client.wait_for(id=None)["error"]["code"] == INVALID_REQUEST
            client.notify("$/cancelRequest", {"id": wrong})
        client.notify("$/cancelRequest", [7])
        assert client.error_code(9, "textDocument/nonsense", {}) == METHOD_NOT_FOUND


def test_after_shutdown_only_exit_is_left(client: RawClient) -> None:
    client.initialize()
    assert client.request(1, "shutdown")["result"] is None
    for number, (method, params) in enumerate(REQUESTS.items(), 2):
        assert client.error_code(number, method, params) == INVALID_REQUEST
    assert client.error_code(99, "shutdown") == INVALID_REQUEST
    client.notify("textDocument/didOpen", {"textDocument": {}})
    client.notify("exit")
    assert client.exit_code() == 0


def test_exit_without_shutdown_returns_one(client: RawClient) -> None:
    client.initialize()
    client.notify("exit")
    assert client.exit_code() == 1


def test_exit_before_initialize_returns_one(client: RawClient) -> None:
    client.notify("exit")
    assert client.exit_code() == 1


@pytest.mark.parametrize("initialized", [False, True])
def test_a_client_that_hangs_up_ends_the_server(client: RawClient, initialized: bool) -> None:
    if initialized:
        client.initialize()
    client.hang_up()
    assert client.exit_code() == 1


@pytest.mark.parametrize("initialized", [False, True])
def test_a_stream_that_is_not_this_protocol_ends_the_server(
    client: RawClient, initialized: bool
) -> None:
    if initialized:
        client.initialize()
    client.send_bytes(b"Content-Type: text/html\r\n\r\n<html>")
    assert client.exit_code() == 1
    assert b"Traceback" not in client.log


def _children(client: RawClient) -> list[psutil.Process]:
    return psutil.Process(client.process.pid).children(recursive=True)


def _engine_pid(client: RawClient, id_: int) -> int:
    """Ask until the engine is there: each answer is an event, nothing is slept through."""
    while True:
        status = client.request(id_, "pilotfish/status")["result"]
        if status["engine"] == "ready" and status.get("enginePid"):
            return int(status["enginePid"])
        id_ += 1


def test_nothing_is_left_running_after_exit(client: RawClient) -> None:
    client.initialize()
    engine = psutil.Process(_engine_pid(client, 10))
    assert engine in _children(client)
    client.request(1, "shutdown")
    client.notify("exit")
    assert client.exit_code() == 0
    gone, alive = psutil.wait_procs([engine], timeout=PATIENCE)
    assert alive == []
    assert gone == [engine]


def test_a_killed_engine_comes_back(client: RawClient) -> None:
    client.initialize()
    first = _engine_pid(client, 1000)
    os.kill(first, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(first)] if psutil.pid_exists(first) else [], PATIENCE)
    second = _engine_pid(client, 5000)
    while second == first:
        second = _engine_pid(client, 9000)
    assert psutil.pid_exists(second)
    shown = [m for m in client.seen if m.get("method") == "window/showMessage"]
    assert len(shown) <= 1


def test_the_engine_can_be_restarted_by_hand(client: RawClient) -> None:
    client.initialize()
    first = _engine_pid(client, 1000)
    answer = client.request(1, "workspace/executeCommand", {"command": "pilotfish.restart"})
    assert answer["result"] is None
    assert _engine_pid(client, 5000) != first
    assert not psutil.pid_exists(first)


def test_the_end_of_the_editor_ends_everything(environment: dict[str, str]) -> None:
    editor = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with RawClient(environment) as client:
        client.initialize(processId=editor.pid)
        engine = psutil.Process(_engine_pid(client, 10))
        # The server's input stays open: only the editor's process is gone.
        editor.kill()
        editor.wait()
        assert client.exit_code() == 1
        assert psutil.wait_procs([engine], timeout=PATIENCE)[1] == []
    assert editor.stdin is not None
    editor.stdin.close()


def test_no_text_of_a_document_is_logged(client: RawClient) -> None:
    secret = "a_secret_that_nobody_logs"
    client.initialize()
    item = {"uri": URI, "languageId": "python", "version": 1, "text": f"{secret} = 1\n"}
    client.notify("textDocument/didOpen", {"textDocument": item})
    client.notify("textDocument/didOpen", {"textDocument": {"text": secret}})
    client.notify("textDocument/didChange", {"textDocument": {"uri": URI}, "x": secret})
    client.request(1, "textDocument/hover", {"x": secret})
    client.request(2, "shutdown")
    client.notify("exit")
    assert client.exit_code() == 0
    assert secret.encode() not in client.log
    assert b"not what the protocol says" in client.log


def test_a_client_that_follows_the_state_is_told_of_it(client: RawClient) -> None:
    client.initialize(capabilities={"experimental": {"pilotfish": {"statusNotification": True}}})

    def told(**state: Any) -> None:
        while True:
            news = client.wait_for(method="pilotfish/didChangeStatus")["params"]
            if all(news.get(key) == value for key, value in state.items()):
                return

    told(engine="ready", paused=False)
    params = {"command": "pilotfish.pause", "arguments": [True]}
    assert client.request(1, "workspace/executeCommand", params)["result"] is True
    told(paused=True)


def test_a_client_that_does_not_is_not(client: RawClient) -> None:
    client.initialize()
    params = {"command": "pilotfish.pause", "arguments": [True]}
    client.request(1, "workspace/executeCommand", params)
    client.request(2, "pilotfish/status", None)
    assert not [m for m in client.seen if m.get("method") == "pilotfish/didChangeStatus"]
