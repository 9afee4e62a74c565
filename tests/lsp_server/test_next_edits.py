"""The places that follow an edit, as an editor gets them from a real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lsp_server.raw_client import RawClient
from tests.lsp_server.test_one_view import Editor, until, warm

pytestmark = pytest.mark.process

SHELF = """\
def fetch(name):
    return name


print("🎈", fetch("a"))
fetch("b")
"""
USER = "from shelf import fetch\n\nfetch('c')\n"


class NextEdits(Editor):
    """An editor with a file that is open and one that is not, which both use ``shelf.fetch``."""

    def edits(self, line: int) -> list[tuple[str, int, str]]:
        asked = self.place("shelf.py", "$def ") | {"position": {"line": line, "character": 0}}
        found = self.ask("textDocument/copilotInlineEdit", asked)["result"]["edits"]
        said = []
        for edit in found:
            name = Path(edit["textDocument"]["uri"]).name
            assert edit["textDocument"]["version"] == self.versions[name]
            start, end = edit["range"]["start"], edit["range"]["end"]
            held = self.texts[name].split("\n")[start["line"]]
            assert held[start["character"] : end["character"]] == "fetch"
            said.append((name, start["line"], edit["text"]))
        return said

    def updates(self) -> list[dict[str, Any]]:
        place = {"line": 0, "character": 0}
        params = {
            "textDocument": {"uri": self.uri("shelf.py")},
            "range": {"start": place, "end": place},
            "context": {"diagnostics": [], "only": ["refactor"]},
        }
        found = self.ask("textDocument/codeAction", params)["result"]
        return [each for each in found if each["title"].startswith("Update ")]


def test_what_follows_a_renaming_is_proposed_until_it_is_done(
    client: RawClient, tmp_path: Path
) -> None:
    editor = NextEdits(client, tmp_path / "shop")
    for name, text in (("shelf.py", SHELF), ("user.py", USER), ("closed.py", USER)):
        (editor.folder / name).write_text(text, encoding="utf-8")
    editor.start()
    for name in ("b.py", "shelf.py", "user.py"):
        editor.open(name, (editor.folder / name).read_text(encoding="utf-8"))
    warm(editor)
    assert (editor.edits(0), editor.updates()) == ([], [])

    # Typed letter by letter, through texts that do not parse.
    for typed in ("def (name)", "def ge(name)", "def get(name)"):
        editor.type("shelf.py", SHELF.replace("def fetch(name)", typed))
    own = [("shelf.py", 5, "get"), ("shelf.py", 4, "get")]
    everything = [*own, ("user.py", 0, "get"), ("user.py", 2, "get")]
    until(lambda: editor.edits(5) == everything, "the project is not read")
    editor.client.notify("textDocument/didShowInlineEdit", {"item": {}})

    # What follows in another file is of the text that is open there now.
    editor.type("user.py", "# A line more.\n" + USER)
    lower = [*own, ("user.py", 1, "get"), ("user.py", 3, "get")]
    until(lambda: editor.edits(5) == lower, "the edit of the other file is not seen")
    editor.type("user.py", USER)

    until(lambda: editor.updates() != [], "the menu never holds it")
    [update] = editor.updates()
    assert update["title"] == "Update 6 places that follow this edit (in 3 files)"
    changed = {
        (Path(change["textDocument"]["uri"]).name, change["textDocument"].get("version")): sorted(
            edit["range"]["start"]["line"] for edit in change["edits"]
        )
        for change in update["edit"]["documentChanges"]
    }
    assert changed == {
        ("shelf.py", editor.versions["shelf.py"]): [4, 5],
        ("user.py", editor.versions["user.py"]): [0, 2],
        ("closed.py", None): [0, 2],
    }

    # One is accepted: the others stay. An edit of another kind has no followers of its own.
    accepted = editor.texts["shelf.py"].replace('fetch("b")', 'get("b")')
    editor.type("shelf.py", accepted)
    assert editor.edits(0) == [("shelf.py", 4, "get"), *everything[2:]]
    editor.type("shelf.py", accepted.replace("return name", "return name.upper()"))
    assert (editor.edits(0), editor.updates()) == ([], [])

    wrong = editor.ask("textDocument/copilotInlineEdit", {"textDocument": {}})
    assert wrong["error"]["code"] == -32602
