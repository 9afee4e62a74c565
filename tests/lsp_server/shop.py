"""A project with a mistake that a test finds, open in a client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.lsp_server.raw_client import Message, RawClient

BROKEN = """\
def total(prices):
    result = 0
    for price in prices:
        result -= price
    return result
"""
TESTS = """\
from cart import total


def test_total():
    assert total([1, 2, 3]) == 6


def test_nothing():
    assert total([]) == 0
"""
CLIENT = Path(__file__).resolve().parents[1] / "fixtures" / "clients" / "vscode_like.json"


class Shop:
    """A project with a mistake, open in a client."""

    def __init__(self, client: RawClient, folder: Path) -> None:
        self.client = client
        self.folder = folder
        self._id = 100
        folder.mkdir()
        (folder / "pyproject.toml").write_text("[project]\nname = 'shop'\nversion = '1'\n")
        (folder / "cart.py").write_text(BROKEN)
        (folder / "test_cart.py").write_text(TESTS)

    def start(self, more: dict[str, Any] | None = None, **options: Any) -> None:
        """Shake hands under ``options``, as a client that has ``more`` capabilities too."""
        capabilities = json.loads(CLIENT.read_text())["capabilities"] | (more or {})
        capabilities["general"]["positionEncodings"] = ["utf-32"]
        self.client.answers["workspace/applyEdit"] = {"applied": True}
        self.client.initialize(
            capabilities=capabilities,
            workspaceFolders=[{"uri": self.folder.as_uri(), "name": "shop"}],
            initializationOptions={"inlineCompletion": {"enabled": False}, **options},
        )
        for name in ("cart.py", "test_cart.py"):
            text = (self.folder / name).read_text()
            item = {"uri": self.uri(name), "languageId": "python", "version": 1, "text": text}
            self.client.notify("textDocument/didOpen", {"textDocument": item})

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def ask(self, method: str, params: Any) -> Message:
        self._id += 1
        return self.client.request(self._id, method, params)

    def actions(self, name: str, line: int, only: str = "quickfix") -> list[Message]:
        place = {"line": line, "character": 6}
        params = {
            "textDocument": {"uri": self.uri(name)},
            "range": {"start": place, "end": place},
            "context": {"diagnostics": [], "only": [only]},
        }
        found: list[Message] = self.ask("textDocument/codeAction", params)["result"]
        return [a for a in found if a["title"].startswith(("Repair ", "Apply "))]

    def applied(self) -> list[Message]:
        """Edits that the server asked for."""
        return [m["params"] for m in self.client.seen if m.get("method") == "workspace/applyEdit"]
