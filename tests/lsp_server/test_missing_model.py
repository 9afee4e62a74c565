"""Without a model: one question, one click, a progress bar, and what went wrong in plain words."""

from __future__ import annotations

import mmap
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from decoding.models import store
from tests.decoding.models.local_hub import serving
from tests.lsp_server.raw_client import PATIENCE, RawClient
from tests.lsp_server.shop import BROKEN, Shop

pytestmark = pytest.mark.process

ASKED = "window/showMessageRequest"


@pytest.fixture
def shop(environment: dict[str, str], tmp_path: Path) -> Iterator[Shop]:
    """A project on a machine that has no model, and no network to get one from."""
    offline = {
        "XDG_DATA_HOME": str(tmp_path / "no models"),
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "PIP_NO_INDEX": "1",
    }
    with RawClient(environment | offline) as client:
        yield Shop(client, tmp_path / "shop")


def _want_suggestion(shop: Shop) -> None:
    shop.start(inlineCompletion={"enabled": True})
    place = {"line": 4, "character": 4}
    params = {"position": place, "context": {"triggerKind": 1}}
    shop.ask(
        "textDocument/inlineCompletion", {"textDocument": {"uri": shop.uri("cart.py")}, **params}
    )


def _await(shop: Shop, method: str, holding: str) -> Any:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        for message in list(shop.client.seen):
            if message.get("method") == method and holding in str(message.get("params")):
                return message["params"]
        shop.ask("pilotfish/status", None)
        time.sleep(0.05)
    raise AssertionError(f"no {method} with {holding!r}")


def test_one_click_downloads_and_a_failure_is_said_with_its_fix(shop: Shop) -> None:
    shop.client.answers[ASKED] = {"title": "Download it"}
    _want_suggestion(shop)
    question = _await(shop, ASKED, "no model")
    assert [action["title"] for action in question["actions"]] == ["Download it", "Not now"]
    assert _await(shop, "$/progress", "Downloading")["value"]["cancellable"]
    failed = _await(shop, "window/showMessage", "no source has")
    assert "check the network" in failed["message"]


@pytest.mark.model
def test_suggestions_begin_when_the_model_is_there(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """Downloaded with one click, from a hub of ours: the first text comes without a restart, and
    the status says meanwhile what is waited for."""
    model = store.find("complete")
    data = tmp_path / "models"
    with (
        store.path_of(model).open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        serving(content, model.sha256) as (address, _),
        RawClient(
            environment
            | {"XDG_DATA_HOME": str(data), "HF_ENDPOINT": address}
            | {"HF_HUB_OFFLINE": "0", "NO_PROXY": "127.0.0.1", "PIP_NO_INDEX": "1"}
        ) as client,
    ):
        shop = Shop(client, tmp_path / "shop")
        client.answers[ASKED] = {"title": "Download it"}
        _want_suggestion(shop)
        assert shop.ask("pilotfish/status", None)["result"]["cause"] == "no model"
        _await(shop, "window/showMessage", "suggestions are on")
        before = shop.ask("pilotfish/status", None)["result"]
        assert (before["cause"], before["modelState"]) == ("not trusted", "unloaded")
        document = {"uri": shop.uri("cart.py"), "version": 2}
        typed = BROKEN.replace("    return result\n", "    return ")
        change = {"textDocument": document, "contentChanges": [{"text": typed}]}
        client.notify("textDocument/didChange", change)
        place = {"line": 4, "character": 11}
        asked = {"textDocument": document, "position": place, "context": {"triggerKind": 1}}
        client.send(id=1, method="textDocument/inlineCompletion", params=asked)
        causes, answer = [], None
        while answer is None:
            status = shop.ask("pilotfish/status", None)["result"]
            causes.append(status["cause"])
            answer = next((m for m in client.seen if m.get("id") == 1), None)
        assert "loading" in causes
        assert answer["result"]["items"][0]["insertText"].startswith("result"), answer
        after = shop.ask("pilotfish/status", None)["result"]
        assert (after["modelState"], after["enginePid"]) == ("loaded", before["enginePid"])
    shutil.rmtree(data)  # half a gigabyte


def test_whoever_declines_is_not_asked_again(shop: Shop) -> None:
    shop.client.answers[ASKED] = {"title": "Not now"}
    _want_suggestion(shop)
    _await(shop, ASKED, "no model")
    shop.ask("workspace/executeCommand", {"command": "pilotfish.restart", "arguments": []})
    place = {"line": 4, "character": 4}
    params = {"position": place, "context": {"triggerKind": 1}}
    asked = {"textDocument": {"uri": shop.uri("cart.py")}, **params}
    shop.ask("textDocument/inlineCompletion", asked)
    assert [m.get("method") for m in shop.client.seen].count(ASKED) == 1
    assert "Downloading" not in str(shop.client.seen)


def test_the_status_names_the_cause_and_what_puts_it_right(shop: Shop) -> None:
    """From what helps most to what helps least; each is put right, and the next is named."""

    def cause() -> tuple[str, str]:
        status = shop.ask("pilotfish/status", None)["result"]
        assert bool(status["cause"]) == bool(status["why"])
        return status["cause"], status["remedy"]

    def pause(*arguments: object) -> object:
        params = {"command": "pilotfish.pause", "arguments": [*arguments]}
        answer = shop.ask("workspace/executeCommand", params)
        return answer.get("result", answer.get("error", {}).get("code"))

    def setting(**options: object) -> None:
        settings = {"settings": {"pilotfish": {"inlineCompletion": {"enabled": True}, **options}}}
        shop.client.notify("workspace/didChangeConfiguration", settings)

    shop.client.answers[ASKED] = {"title": "Not now"}
    _want_suggestion(shop)
    assert cause() == ("no model", "model")
    assert pause() is True
    assert cause() == ("paused", "resume")
    assert pause() is False
    assert pause({"minutes": 10}) is True
    status = shop.ask("pilotfish/status", None)["result"]
    assert 590 < status["pausedFor"] <= 600
    assert "for 10 more minutes" in status["why"]
    assert pause(False) is False
    assert pause({"folder": shop.folder.as_uri()}) is True
    assert shop.ask("pilotfish/status", None)["result"]["pausedFolders"] == [str(shop.folder)]
    assert cause() == ("paused", "resume")
    assert pause(False) is False
    assert pause({"folder": shop.folder.as_uri()}) is True
    assert pause() is False
    assert cause() == ("no model", "model")
    assert pause({"minutes": -1}) == pause("x") == -32602
    setting(python="/no/such/python")
    _until(lambda: cause() == ("wrong interpreter", "python"))
    setting(endpoint="http://127.0.0.1:9")
    _until(lambda: cause() == ("no model", "endpoint"))
    setting(inlineCompletion={"enabled": False})
    _until(lambda: cause() == ("off", "settings"))


def _until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)
