"""The requests of ChatLSP, through the real server."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.lsp_server.raw_client import PATIENCE, RawClient
from tests.lsp_server.shop import Shop

pytestmark = pytest.mark.process

INVALID_PARAMS = -32602
TEXT = """\
from dataclasses import dataclass


@dataclass
class Config:
    name: str


def default() -> Config: ...


def f(first: Config) -> Config:
    '🐟'; return first
"""


@pytest.fixture
def shop(client: RawClient, tmp_path: Path) -> Shop:
    """A project with a typed file, open in a client that counts in UTF-32."""
    shop = Shop(client, tmp_path / "shop")
    (shop.folder / "cart.py").write_text(TEXT)
    shop.start()
    return shop


def at_hole(shop: Shop, **more: Any) -> dict[str, Any]:
    """Behind ``return`` of the last line."""
    place = {"line": 12, "character": len("    '🐟'; return ")}
    return {"textDocument": {"uri": shop.uri("cart.py")}, "position": place, **more}


def known(shop: Shop, method: str, **more: Any) -> dict[str, Any]:
    """The answer of a worker that has read what it needs: on a busy machine the first is late."""
    until = time.monotonic() + PATIENCE
    while True:
        answer: dict[str, Any] = shop.ask(f"pilotfish/{method}", at_hole(shop, **more))["result"]
        late = answer.get("expected", answer)["reason"] == "late"
        if not late or time.monotonic() > until:
            return answer


def test_what_is_expected_and_what_gives_it(shop: Shop) -> None:
    expected = known(shop, "expectedType")
    assert expected == {
        "type": "Config",
        "source": "return",
        "of": "",
        "classes": ["cart.Config"],
        "parts": [],
        "optional": False,
        "reason": "",
    }
    answer = known(shop, "relevantTypes")
    assert answer["expected"] == expected
    (found,) = answer["types"]
    assert (found["name"], found["distance"]) == ("cart.Config", 0)
    assert found["definition"] == "class Config:\n    name: str"
    assert found["location"] == {"uri": shop.uri("cart.py"), "line": 4}
    answer = known(shop, "relevantHeaders")
    names = [header["name"] for header in answer["headers"]]
    assert names[0] == "first"
    assert {"default", "Config"} <= set(names)
    small = known(shop, "relevantHeaders", budget=20)
    assert len(small["headers"]) < len(names)
    assert small["omitted"] > 0


def test_a_report_of_a_draft_in_place(shop: Shop) -> None:
    start = at_hole(shop)["position"]
    place = {"start": start, "end": {**start, "character": start["character"] + len("first")}}
    document = {"textDocument": {"uri": shop.uri("cart.py")}, "range": place}
    good = shop.ask("pilotfish/errorReport", {**document, "text": "default()"})["result"]
    assert (good["diagnostics"], good["text"], good["version"]) == ([], "", 1)
    bad = shop.ask("pilotfish/errorReport", {**document, "text": "first.nome"})["result"]
    (found,) = bad["diagnostics"]
    assert "nome" in found["message"]
    assert found["range"]["start"] == {**start, "character": start["character"] + len("first.")}
    assert "13:" in bad["text"]


def test_the_tutorial_names_what_is_served(shop: Shop) -> None:
    text = shop.ask("pilotfish/aiTutorial", None)["result"]["text"]
    for method in ("expectedType", "relevantTypes", "relevantHeaders", "errorReport"):
        assert f"pilotfish/{method}" in text


@pytest.mark.parametrize(
    "params", [None, {}, {"textDocument": {"uri": 1}}, {"budget": 0}, {"position": {"line": -1}}]
)
def test_wrong_parameters_are_refused(shop: Shop, params: Any) -> None:
    asked = {**at_hole(shop), **params} if params else params
    for method in ("expectedType", "relevantTypes", "relevantHeaders", "errorReport"):
        error = shop.ask(f"pilotfish/{method}", asked)["error"]
        assert error["code"] == INVALID_PARAMS
