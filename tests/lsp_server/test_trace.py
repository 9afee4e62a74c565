"""``pilotfish/trace``: the report of a failing test for an editor, with progress and cancelling."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lsp_server.raw_client import RawClient
from tests.lsp_server.shop import BROKEN, TESTS, Shop

pytestmark = pytest.mark.process

INVALID_PARAMS, REQUEST_CANCELLED, REQUEST_FAILED = -32602, -32800, -32803
TEST = "python -m pytest test_cart.py::test_total"


@pytest.fixture
def shop(client: RawClient, tmp_path: Path) -> Shop:
    """A project with a mistake, open in a client."""
    return Shop(client, tmp_path / "shop")


def test_nothing_is_run_in_a_workspace_that_is_not_trusted(shop: Shop) -> None:
    shop.start()
    error = shop.ask("pilotfish/trace", {"uri": shop.uri("cart.py"), "test": TEST})["error"]
    assert error["code"] == REQUEST_FAILED
    assert "not trusted" in error["message"]


@pytest.mark.parametrize("params", [{}, {"uri": 3}, {"uri": "untitled:x"}, None])
def test_wrong_parameters_are_refused(shop: Shop, params: object) -> None:
    shop.start(trusted=True)
    assert shop.ask("pilotfish/trace", params)["error"]["code"] == INVALID_PARAMS


@pytest.mark.sandbox
def test_the_report_is_of_the_text_in_the_editor(shop: Shop) -> None:
    shop.start(trusted=True)
    text = BROKEN.replace("result -= price", "result += price + 1")
    document = {"uri": shop.uri("cart.py"), "version": 2}
    changed = {"textDocument": document, "contentChanges": [{"text": text}]}
    shop.client.notify("textDocument/didChange", changed)
    asked = {"uri": shop.uri("cart.py"), "test": TEST, "workDoneToken": "t"}
    report = shop.ask("pilotfish/trace", asked)["result"]
    assert (report["status"], report["version"]) == ("failing", 2), report["reason"]
    assert report["tests"][0]["message"].startswith("assert 9 == 6")
    (run, *_) = report["runs"]
    assert run["calls"][0]["value"] == "9"
    kinds = [
        m["params"]["value"]["kind"] for m in shop.client.seen if m.get("method") == "$/progress"
    ]
    assert (kinds[0], kinds[-1]) == ("begin", "end")


@pytest.mark.sandbox
def test_a_trace_can_be_cancelled(shop: Shop) -> None:
    endless = TESTS.replace("assert total([]) == 0", "while True: total([])")
    (shop.folder / "test_cart.py").write_text(endless)
    shop.start(trusted=True)
    asked = {"uri": shop.uri("cart.py"), "test": "pytest test_cart.py"}
    shop.client.send(id=1, method="pilotfish/trace", params=asked)
    shop.client.wait_for(method="$/progress")
    shop.client.notify("$/cancelRequest", {"id": 1})
    assert shop.client.wait_for(id=1)["error"]["code"] == REQUEST_CANCELLED
    # The server is none the worse for it.
    assert shop.ask("pilotfish/status", None)["result"]["engine"] == "ready"


def _follow(shop: Shop, **experimental: bool) -> None:
    """Start with a client that says what it has of Pilotfish's own."""
    shop.start({"experimental": {"pilotfish": experimental}}, trusted=True)


def _hover(shop: Shop, line: int, character: int) -> str:
    place = {"line": line, "character": character}
    params = {"textDocument": {"uri": shop.uri("cart.py")}, "position": place}
    found = shop.ask("textDocument/hover", params)["result"]
    return found["contents"]["value"] if found else ""


@pytest.mark.sandbox
def test_values_of_a_debug_run_are_in_the_hover_until_the_text_changes(shop: Shop) -> None:
    _follow(shop, traceView=True)
    order = {"uri": shop.uri("cart.py"), "test": TEST}
    params = {"command": "pilotfish.debug", "arguments": [order]}
    report = shop.ask("workspace/executeCommand", params)["result"]
    assert report["status"] == "failing"
    line = BROKEN.split("\n").index("        result -= price")
    assert "in test_total (failed): 0 → -1 → … → -3 → -6" in _hover(shop, line, 9)
    assert "in test_total (failed): 1 → … → 3" in _hover(shop, line, 20)
    document = {"uri": shop.uri("cart.py"), "version": 2}
    changed = {"textDocument": document, "contentChanges": [{"text": BROKEN + "\n"}]}
    shop.client.notify("textDocument/didChange", changed)
    assert "test_total" not in _hover(shop, line, 9)
    # The client shows the report itself.
    assert not [m for m in shop.client.seen if m.get("method") == "window/showMessage"]


@pytest.mark.sandbox
def test_a_client_without_a_trace_view_is_told_where_to_look(shop: Shop) -> None:
    _follow(shop)
    order = {"uri": shop.uri("cart.py"), "test": TEST}
    shop.ask("workspace/executeCommand", {"command": "pilotfish.debug", "arguments": [order]})
    (told,) = [m["params"] for m in shop.client.seen if m.get("method") == "window/showMessage"]
    assert "test_total: assert -6 == 6" in told["message"]
    assert "cart.py:4" in told["message"]


@pytest.mark.sandbox
@pytest.mark.model
def test_the_model_is_asked_for_its_verdicts_where_the_person_wants_them(shop: Shop) -> None:
    shop.start(trusted=True, repair={"verdicts": True})
    asked = {"uri": shop.uri("cart.py"), "test": TEST}
    report = shop.ask("pilotfish/trace", asked)["result"]
    assert (report["status"], report["reason"]) == ("failing", "")
    verdicts = [block["verdict"] for block in report["blocks"] if "verdict" in block]
    assert verdicts
    for verdict in verdicts:
        assert isinstance(verdict["right"], bool)
        assert 0.5 <= verdict["confidence"] <= 1.0
