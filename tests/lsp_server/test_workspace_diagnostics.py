"""``workspace/diagnostic``: files that are not open, once each, and again when they change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lsp_server.raw_client import RawClient
from tests.lsp_server.shop import Shop

pytestmark = pytest.mark.process

ON = {"diagnostics": {"workspace": True, "ruff": False}}


@pytest.fixture
def shop(client: RawClient, tmp_path: Path) -> Shop:
    shop = Shop(client, tmp_path / "shop")
    (shop.folder / "closed.py").write_text("import json\njson.dumpz\n")
    (shop.folder / ".gitignore").write_text("ignored.py\n")
    (shop.folder / "ignored.py").write_text("import json\njson.dumpz\n")
    return shop


def _pull(shop: Shop, previous: dict[str, str], **more: Any) -> dict[str, Any]:
    ids = [{"uri": uri, "value": value} for uri, value in previous.items()]
    answer = shop.ask("workspace/diagnostic", {"previousResultIds": ids, **more})
    return {item["uri"]: item for item in answer["result"]["items"]}


def test_a_file_that_is_not_open_is_checked_until_it_is_opened(shop: Shop) -> None:
    shop.start(**ON)
    uri = shop.uri("closed.py")
    first = _pull(shop, {})
    assert [item["code"] for item in first[uri]["items"]] == ["PF101"]
    assert set(first) == {uri}, "open and ignored files are left out"
    known = {uri: first[uri]["resultId"]}
    assert _pull(shop, known)[uri]["kind"] == "unchanged"
    (shop.folder / "closed.py").write_text("import json\njson.dumps\n")
    again = _pull(shop, known)[uri]
    assert (again["kind"], again["items"]) == ("full", [])
    (shop.folder / "closed.py").unlink()
    assert _pull(shop, known)[uri]["items"] == []


def test_results_come_in_parts_where_the_client_takes_them(shop: Shop) -> None:
    shop.start(**ON)
    assert _pull(shop, {}, partialResultToken="part") == {}
    parts = [
        message["params"]["value"]["items"]
        for message in shop.client.seen
        if message.get("method") == "$/progress" and message["params"]["token"] == "part"
    ]
    assert [item["uri"] for part in parts for item in part] == [shop.uri("closed.py")]


def test_it_is_off_unless_it_is_asked_for(shop: Shop) -> None:
    shop.start()
    assert _pull(shop, {}) == {}
