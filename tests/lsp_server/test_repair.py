"""*Repair until the test passes*: offered, run in the sandbox, applied to the right text only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lsp_server.edits import Replacement, apply
from tests.lsp_server.raw_client import Message, RawClient
from tests.lsp_server.shop import BROKEN, TESTS, Shop

pytestmark = pytest.mark.process

REQUEST_CANCELLED, REQUEST_FAILED = -32800, -32803


@pytest.fixture
def shop(client: RawClient, tmp_path: Path) -> Shop:
    return Shop(client, tmp_path / "shop")


def _edited(text: str, edits: list[Message]) -> str:
    def offset(place: dict[str, int]) -> int:
        lines = text.splitlines(keepends=True)
        return sum(map(len, lines[: place["line"]])) + place["character"]

    return apply(
        tuple(
            Replacement(offset(e["range"]["start"]), offset(e["range"]["end"]), e["newText"])
            for e in edits
        ),
        text,
    )


def test_nothing_is_run_in_a_workspace_that_is_not_trusted(shop: Shop) -> None:
    shop.start()
    (offer,) = shop.actions("test_cart.py", 4)
    assert offer["title"] == "Repair cart.py until test_total passes"
    assert "command" not in offer
    assert "not trusted" in offer["disabled"]["reason"]
    order = {"uri": shop.uri("cart.py"), "test": "python -m pytest -q"}
    params = {"command": "pilotfish.repair", "arguments": [order]}
    error = shop.ask("workspace/executeCommand", params)["error"]
    assert error["code"] == REQUEST_FAILED
    assert "not trusted" in error["message"]


def test_a_text_that_no_file_can_hold_is_not_repaired(shop: Shop) -> None:
    shop.start(trusted=True)
    document = {"uri": shop.uri("cart.py"), "version": 2}
    changes = [{"text": f"{BROKEN}print('\ud83d')\n"}]
    params: dict[str, Any] = {"textDocument": document, "contentChanges": changes}
    shop.client.notify("textDocument/didChange", params)
    order = {"uri": shop.uri("cart.py"), "test": "python -m pytest -q"}
    params = {"command": "pilotfish.repair", "arguments": [order]}
    error = shop.ask("workspace/executeCommand", params)["error"]
    assert error["code"] == REQUEST_FAILED
    assert "line 6 holds half of a surrogate pair" in error["message"]


def test_a_repair_is_offered_for_the_test_and_the_file_it_is_about(shop: Shop) -> None:
    shop.start(trusted=True)
    (offer,) = shop.actions("test_cart.py", 8)
    assert "edit" not in offer
    assert not offer.get("isPreferred")
    assert offer["command"]["arguments"] == [
        {"uri": shop.uri("cart.py"), "test": "python -m pytest -q test_cart.py::test_nothing"}
    ]
    assert shop.actions("test_cart.py", 0) == []
    assert shop.actions("test_cart.py", 8, "refactor") == []


@pytest.mark.sandbox
@pytest.mark.model
def test_a_verified_repair_is_applied(shop: Shop) -> None:
    shop.start(trusted=True)
    (offer,) = shop.actions("test_cart.py", 4)
    outcome = shop.ask("workspace/executeCommand", offer["command"])["result"]
    assert (outcome["status"], outcome["applied"]) == ("verified", True), outcome
    (params,) = shop.applied()
    (change,) = params["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": shop.uri("cart.py"), "version": 1}
    assert "changeAnnotations" not in params["edit"]
    scope: dict[str, Any] = {}
    exec(compile(_edited(BROKEN, change["edits"]), "cart.py", "exec"), scope)
    assert scope["total"]([1, 2, 3]) == 6
    kinds = [
        m["params"]["value"]["kind"] for m in shop.client.seen if m.get("method") == "$/progress"
    ]
    assert (kinds[0], kinds[-1]) == ("begin", "end")

    # As long as the text is the one that was repaired, the patch is the preferred action on it.
    (found,) = [a for a in shop.actions("cart.py", 1) if a.get("isPreferred")]
    assert found["title"] == "Apply the verified repair"
    assert found["edit"]["documentChanges"] == params["edit"]["documentChanges"]
    document = {"uri": shop.uri("cart.py"), "version": 2}
    changed = {"textDocument": document, "contentChanges": [{"text": BROKEN + "\n"}]}
    shop.client.notify("textDocument/didChange", changed)
    assert shop.actions("cart.py", 1) == []


PICK = "def pick(a, b, c):\n    return a\n"


@pytest.mark.sandbox
@pytest.mark.model
def test_where_patches_that_pass_differ_the_person_chooses(shop: Shop) -> None:
    (shop.folder / "cart.py").write_text(PICK)
    (shop.folder / "test_cart.py").write_text(
        "from cart import pick\n\n\ndef test_it():\n    assert pick(3, 7, 7) == 7\n"
    )
    # One of the patches answers 7 wherever they part.
    shop.client.answers["window/showMessageRequest"] = {"title": "7"}
    shop.start(trusted=True)
    (offer,) = shop.actions("test_cart.py", 4)
    shop.client.send(id=7, method="workspace/executeCommand", params=offer["command"])
    outcome = shop.client.wait_for(id=7)["result"]
    assert (outcome["status"], outcome["applied"]) == ("ambiguous", True), outcome
    (asked,) = [m for m in shop.client.seen if m.get("method") == "window/showMessageRequest"]
    call = asked["params"]["message"].partition("What should ")[2].partition(" be?")[0]
    titles = [action["title"] for action in asked["params"]["actions"]]
    assert len(titles) > 1

    def said(edit: Message) -> str:
        (change,) = edit["documentChanges"]
        scope: dict[str, Any] = {}
        exec(compile(_edited(PICK, change["edits"]), "cart.py", "exec"), scope)
        return str(eval(call, scope))

    (params,) = shop.applied()
    assert "changeAnnotations" not in params["edit"]
    assert said(params["edit"]) == "7"
    found = shop.actions("cart.py", 1)
    assert not any(action.get("isPreferred") for action in found)
    told = [a for a in found if a["title"].startswith(f"Apply a repair ({call}: ")]
    assert {a["title"] for a in told} == {f"Apply a repair ({call}: {t})" for t in titles}
    for action in told:
        assert action["title"].endswith(f": {said(action['edit'])})")


@pytest.mark.sandbox
@pytest.mark.model
def test_a_text_that_was_edited_meanwhile_keeps_its_edit(shop: Shop) -> None:
    shop.start(trusted=True)
    (offer,) = shop.actions("test_cart.py", 4)
    shop.client.send(id=1, method="workspace/executeCommand", params=offer["command"])
    shop.client.wait_for(method="$/progress")
    document = {"uri": shop.uri("cart.py"), "version": 2}
    changed = {"textDocument": document, "contentChanges": [{"text": f"# mine\n{BROKEN}"}]}
    shop.client.notify("textDocument/didChange", changed)
    outcome = shop.client.wait_for(id=1)["result"]
    assert outcome["status"] == "verified"
    assert not outcome["applied"]
    assert shop.applied() == []


@pytest.mark.sandbox
@pytest.mark.model
def test_a_repair_can_be_cancelled(shop: Shop) -> None:
    endless = TESTS.replace("assert total([]) == 0", "while True: total([])")
    (shop.folder / "test_cart.py").write_text(endless)
    shop.start(trusted=True)
    (offer,) = shop.actions("test_cart.py", 8)
    shop.client.send(id=1, method="workspace/executeCommand", params=offer["command"])
    shop.client.wait_for(method="$/progress")
    shop.client.notify("$/cancelRequest", {"id": 1})
    assert shop.client.wait_for(id=1)["error"]["code"] == REQUEST_CANCELLED
    assert shop.applied() == []
    # The server is none the worse for it.
    assert len(shop.actions("test_cart.py", 8)) == 1
