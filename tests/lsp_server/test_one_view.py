"""One view of the text: what is typed in one file counts in every other, saved or not.

Played through the real server as an editor would. ``a.py`` defines, ``b.py`` uses.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lsp_server.raw_client import PATIENCE, RawClient
from tests.lsp_server.shop import Shop

pytestmark = pytest.mark.process

A = """\
class Basket:
    def weigh(self) -> int:
        return 1
"""
B = """\
from a import Basket

basket = Basket()
basket.weigh()
"""


class Editor(Shop):
    """A client that types, saves, closes and asks."""

    def __init__(self, client: RawClient, folder: Path) -> None:
        super().__init__(client, folder)
        self._version = 1
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        for name, text in (("a.py", A), ("b.py", B)):
            (folder / name).write_text(text)

    def begin(self, *names: str, **options: Any) -> None:
        self.start({"textDocument": {}} | {"workspace": {"diagnostics": {}}}, **options)
        for name in names:
            self.open(name, (self.folder / name).read_text())

    def open(self, name: str, text: str) -> None:
        self.texts[name], self.versions[name] = text, 1
        item = {"uri": self.uri(name), "languageId": "python", "version": 1, "text": text}
        self.client.notify("textDocument/didOpen", {"textDocument": item})

    def type(self, name: str, text: str) -> None:
        self._version += 1
        self.texts[name], self.versions[name] = text, self._version
        document = {"uri": self.uri(name), "version": self._version}
        changes = [{"text": text}]
        params = {"textDocument": document, "contentChanges": changes}
        self.client.notify("textDocument/didChange", params)

    def save(self, name: str) -> None:
        (self.folder / name).write_text(self.texts[name])
        document = {"textDocument": {"uri": self.uri(name)}}
        self.client.notify("textDocument/didSave", document)

    def close(self, name: str) -> None:
        document = {"textDocument": {"uri": self.uri(name)}}
        self.client.notify("textDocument/didClose", document)

    def problems(self, name: str) -> list[str]:
        found = self.ask("textDocument/diagnostic", {"textDocument": {"uri": self.uri(name)}})
        return [item["message"] for item in found["result"]["items"] if "PF" in item["code"]]

    def place(self, name: str, marked: str) -> dict[str, Any]:
        text = self.texts[name]
        offset = text.index(marked.replace("$", "")) + marked.index("$")
        line = text.count("\n", 0, offset)
        position = {"line": line, "character": offset - (text.rfind("\n", 0, offset) + 1)}
        return {"textDocument": {"uri": self.uri(name)}, "position": position}

    def members(self, name: str, marked: str) -> set[str]:
        found = self.ask("textDocument/completion", self.place(name, marked))["result"]
        return {item["label"] for item in (found or {"items": ()})["items"]}

    def hover(self, name: str, marked: str) -> str:
        found = self.ask("textDocument/hover", self.place(name, marked))["result"]
        return "" if found is None else str(found["contents"])

    def references(self, name: str, marked: str) -> list[tuple[str, int]]:
        params = {**self.place(name, marked), "context": {"includeDeclaration": False}}
        found = self.ask("textDocument/references", params)["result"] or []
        return sorted((Path(r["uri"]).name, r["range"]["start"]["line"]) for r in found)


@pytest.fixture
def editor(client: RawClient, tmp_path: Path) -> Editor:
    return Editor(client, tmp_path / "shop")


def until(question: Callable[[], bool], what: str) -> None:
    """Ask until the answer is yes: what a cold or busy worker is late with comes in the end."""
    limit = time.monotonic() + PATIENCE
    while not question():
        assert time.monotonic() < limit, what
        time.sleep(0.05)


def warm(editor: Editor) -> None:
    until(lambda: "weigh" in editor.members("b.py", "basket.$weigh"), "the worker is cold")


def test_a_method_typed_elsewhere_is_there_before_and_after_it_is_saved(editor: Editor) -> None:
    editor.begin("a.py", "b.py")
    warm(editor)
    editor.type("a.py", A + "    def close(self) -> None: ...\n")
    editor.type("b.py", B + "basket.close()\n")
    assert editor.problems("b.py") == []
    assert editor.members("b.py", "basket.$close") >= {"weigh", "close"}
    editor.save("a.py")
    editor.type("b.py", B + "basket.close()\nbasket.close\n")
    assert editor.problems("b.py") == []
    assert editor.members("b.py", "basket.$close") >= {"weigh", "close"}


def test_a_method_that_is_renamed_elsewhere_is_gone_at_once(editor: Editor) -> None:
    editor.begin("a.py", "b.py")
    warm(editor)
    assert editor.problems("b.py") == []
    renamed = A.replace("weigh", "measure")
    for saved in (False, True):
        editor.type("a.py", renamed)
        if saved:
            editor.save("a.py")
        found = editor.members("b.py", "basket.$weigh")
        assert "measure" in found
        assert "weigh" not in found
        assert len(editor.problems("b.py")) == 1
        editor.type("a.py", A)  # taken back
        assert "weigh" in editor.members("b.py", "basket.$weigh")
        assert editor.problems("b.py") == []


def test_a_client_that_does_not_pull_is_told_of_other_files(editor: Editor) -> None:
    client = editor.client
    client.initialize(workspaceFolders=[{"uri": editor.folder.as_uri(), "name": "shop"}])
    for name in ("a.py", "b.py"):
        editor.open(name, (editor.folder / name).read_text())

    def told(count: int) -> bool:
        said = client.wait_for(method="textDocument/publishDiagnostics")["params"]
        found = [item for item in said["diagnostics"] if "PF" in item["code"]]
        return bool(said["uri"] == editor.uri("b.py") and len(found) == count)

    until(lambda: told(0), "nothing is said of b.py")
    editor.type("a.py", A.replace("weigh", "measure"))
    until(lambda: told(1), "the method that has gone is not missed")
    editor.close("a.py")
    until(lambda: told(0), "the method that is there again is missed")


def test_closing_without_saving_goes_back_to_the_disk(editor: Editor) -> None:
    editor.begin("a.py", "b.py")
    warm(editor)
    editor.type("a.py", A.replace("weigh", "measure"))
    assert len(editor.problems("b.py")) == 1
    editor.close("a.py")
    assert editor.problems("b.py") == []


def test_a_file_that_is_not_saved_yet_can_be_imported(editor: Editor) -> None:
    editor.begin("b.py")
    warm(editor)
    text = "from fresh import Crate\n\nCrate().lift()\nCrate().drop()\n"
    editor.type("b.py", text)
    assert any("fresh" in problem for problem in editor.problems("b.py"))
    editor.open("fresh.py", "class Crate:\n    def lift(self): ...\n")
    (problem,) = editor.problems("b.py")
    assert "drop" in problem
    assert "lift" in editor.members("b.py", "Crate().$lift")


def test_hover_and_signature_are_of_the_text_that_is_typed(editor: Editor) -> None:
    editor.begin("a.py", "b.py")
    warm(editor)
    editor.type("a.py", A.replace("weigh(self)", "weigh(self, unit: str)"))
    editor.type("b.py", B.replace("weigh()", "weigh("))
    found = editor.ask("textDocument/signatureHelp", editor.place("b.py", "weigh($"))["result"]
    assert "unit" in found["signatures"][0]["label"]
    editor.type("a.py", A.replace("weigh", "measure"))
    editor.type("b.py", B + "basket.measure\n")
    assert "has no weigh" in editor.hover("b.py", "basket.we$igh")
    assert "(function) measure of Basket" in editor.hover("b.py", "basket.mea$sure")


def test_references_are_of_the_text_that_is_typed(editor: Editor) -> None:
    editor.begin("a.py", "b.py")
    until(lambda: editor.references("a.py", "def we$igh") == [("b.py", 3)], "no graph")
    editor.type("b.py", B + "basket.weigh()\n")
    until(
        lambda: editor.references("a.py", "def we$igh") == [("b.py", 3), ("b.py", 4)],
        "what is typed is no reference",
    )
    editor.type("a.py", A + "    def close(self) -> None:\n        self.weigh()\n")
    until(
        lambda: ("a.py", 4) in editor.references("a.py", "def we$igh"), "typed in the file itself"
    )
    editor.close("b.py")
    until(
        lambda: editor.references("a.py", "def we$igh") == [("a.py", 4), ("b.py", 3)],
        "what was not saved is gone with its buffer",
    )


def test_files_that_come_go_and_move(editor: Editor) -> None:
    editor.begin("b.py")
    warm(editor)
    (editor.folder / "a.py").rename(editor.folder / "c.py")
    assert any("`a`" in problem for problem in editor.problems("b.py"))
    editor.type("b.py", B.replace("from a", "from c"))
    assert editor.problems("b.py") == []
    (editor.folder / "c.py").unlink()
    assert any("`c`" in problem for problem in editor.problems("b.py"))
    (editor.folder / "c.py").mkdir()
    (editor.folder / "c.py").rmdir()
    (editor.folder / "c").mkdir()
    (editor.folder / "c" / "__init__.py").write_text(A)
    assert editor.problems("b.py") == []


def test_a_rewrite_of_the_same_size_within_the_same_tick_is_seen(editor: Editor) -> None:
    editor.begin("b.py")
    warm(editor)
    file = editor.folder / "a.py"
    before = file.stat()
    for _ in range(5):
        for name, count in (("wiegh", 1), ("weigh", 0)):
            file.write_text(A.replace("weigh", name))
            os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
            assert len(editor.problems("b.py")) == count


def test_a_package_that_is_upgraded_in_the_environment(editor: Editor) -> None:
    site = editor.folder / ".venv/lib/python3.11/site-packages"
    (site / "crates").mkdir(parents=True)
    (site / "crates-1.0.dist-info").mkdir()
    (site / "crates-1.0.dist-info/top_level.txt").write_text("crates\n")
    (editor.folder / ".venv/bin").mkdir()
    (editor.folder / ".venv/bin/python").symlink_to(os.path.realpath("/proc/self/exe"))
    (editor.folder / ".venv/pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.11.0\n")
    (site / "crates/__init__.py").write_text("def pack(): ...\n")
    text = "import crates\n\ncrates.pack()\ncrates.stack()\n"
    (editor.folder / "b.py").write_text(text)
    editor.begin("b.py")
    until(lambda: len(editor.problems("b.py")) == 1, "crates is not found")
    (problem,) = editor.problems("b.py")
    assert "stack" in problem
    assert "crates 1.0" in problem
    (site / "crates/__init__.py").write_text("def stack(): ...\n")
    (site / "crates-1.0.dist-info").rename(site / "crates-2.0.dist-info")
    (problem,) = editor.problems("b.py")
    assert "pack" in problem
    assert "crates 2.0" in problem


def test_diagnostics_of_the_workspace_follow_what_is_typed(editor: Editor) -> None:
    editor.begin("a.py", diagnostics={"workspace": True})

    def problems() -> list[str]:
        reports = editor.ask("workspace/diagnostic", {"previousResultIds": []})["result"]["items"]
        (report,) = [r for r in reports if r["uri"] == editor.uri("b.py")]
        return [item["message"] for item in report["items"]]

    until(lambda: problems() == [], "no diagnostics of b.py")
    editor.type("a.py", A.replace("weigh", "measure"))
    assert len(problems()) == 1
    editor.close("a.py")
    assert problems() == []
    (editor.folder / "a.py").write_text(A.replace("weigh", "measure"))  # and nobody is told
    assert len(problems()) == 1


def test_settings_of_the_project_count_though_nobody_tells_that_they_changed(
    editor: Editor,
) -> None:
    editor.begin("a.py", "b.py", diagnostics={"ruff": False})
    warm(editor)
    editor.type("b.py", B + "basket.nothing()\n")
    until(lambda: len(editor.problems("b.py")) == 1, "the name is not missed")
    project = editor.folder / "pyproject.toml"
    project.write_text('[tool.pilotfish.per-file-ignores]\n"b.py" = ["PF101"]\n')
    until(lambda: editor.problems("b.py") == [], "the settings are not read again")
    project.unlink()
    until(lambda: len(editor.problems("b.py")) == 1, "the settings are not read again")


def test_half_a_surrogate_pair_costs_nobody_anything(editor: Editor) -> None:
    editor.begin("a.py", "b.py")
    warm(editor)
    half = "\ud83d"
    editor.type("a.py", f"# {half}\n{A}    def close(self, by='{half}') -> None: ...\n")
    assert "close" in editor.members("b.py", "basket.$weigh")
    assert editor.problems("b.py") == []
    editor.type("b.py", f"{B}print('{half}'); basket.nothing()\n")
    (problem,) = editor.ask(
        "textDocument/diagnostic", {"textDocument": {"uri": editor.uri("b.py")}}
    )["result"]["items"]
    assert "nothing" in problem["message"]
    assert problem["range"]["start"] == editor.place("b.py", "basket.$nothing")["position"]
    assert "weigh" in editor.members("b.py", f"'{half}'); basket.$nothing")
    assert "weigh" in editor.hover("b.py", "basket.we$igh")
    until(
        lambda: ("b.py", 3) in editor.references("a.py", "def we$igh"),
        "the graph does not know the use",
    )
    symbols = editor.ask("textDocument/documentSymbol", editor.place("a.py", "$class"))["result"]
    assert symbols[0]["name"] == "Basket"
    status = editor.ask("pilotfish/status", {})["result"]
    assert (status["engine"], status["restarts"]) == ("ready", 0)


def test_a_name_of_a_file_that_is_no_utf_8(editor: Editor) -> None:
    (editor.folder / os.fsdecode(b"\xff.py")).write_text(B)
    editor.begin("b.py")
    warm(editor)
    editor.texts["odd"] = B + "basket.nothing()\n"
    uri = f"{editor.folder.as_uri()}/%FF.py"
    item = {"uri": uri, "languageId": "python", "version": 1, "text": editor.texts["odd"]}
    editor.client.notify("textDocument/didOpen", {"textDocument": item})
    found = editor.ask("textDocument/diagnostic", {"textDocument": {"uri": uri}})["result"]
    assert ["nothing" in each["message"] for each in found["items"]] == [True]
    assert editor.problems("b.py") == []


@pytest.mark.parametrize("spelling", ["shop/%62.py", "shop/../shop/b.py", "link/b.py"])
def test_a_file_is_reported_once_however_its_uri_is_spelled(editor: Editor, spelling: str) -> None:
    (editor.folder.parent / "link").symlink_to(editor.folder)
    (editor.folder / "b.py").write_text(B + "basket.nothing()\n")
    editor.begin(diagnostics={"workspace": True})
    uri = f"{editor.folder.parent.as_uri()}/{spelling}"
    item = {"uri": uri, "languageId": "python", "version": 1, "text": B + "basket.nothing()\n"}
    editor.client.notify("textDocument/didOpen", {"textDocument": item})
    found = editor.ask("textDocument/diagnostic", {"textDocument": {"uri": uri}})["result"]
    assert any("nothing" in each["message"] for each in found["items"])
    reports = editor.ask("workspace/diagnostic", {"previousResultIds": []})["result"]["items"]
    assert "a.py" in {Path(report["uri"]).name for report in reports}
    assert "b.py" not in {Path(report["uri"]).name for report in reports}
