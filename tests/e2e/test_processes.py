"""The whole product's processes, killed one by one while an editor works (docs/architecture.md).

Front door, engine and analysis workers are the real ones, started as an editor starts them.
"""

from __future__ import annotations

import contextlib
import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.lsp_server.raw_client import PATIENCE, RawClient

# The front door warms the model, and so does every engine that takes the place of a dead one.
pytestmark = pytest.mark.model

#: Invented members, of which the editor's text always holds exactly one.
INVENTED = ("loadz", "dumpz", "parse_all", "to_text")


class Editor:
    """An editor with one open file whose text changes and is never saved."""

    def __init__(self, client: RawClient, file: Path) -> None:
        self.client = client
        self._ids = itertools.count(1)
        self._version = 1
        self._name = INVENTED[0]
        file.write_text("", "utf-8")
        self.uri = file.as_uri()
        client.initialize(
            rootUri=file.parent.as_uri(),
            capabilities={"textDocument": {"diagnostic": {}}},
        )
        item = {"uri": self.uri, "languageId": "python", "version": 1}
        text = f"import json\n\nprint('🐟')\njson.{self._name}('1')\n"
        client.notify("textDocument/didOpen", {"textDocument": {**item, "text": text}})

    def edit(self, name: str) -> None:
        """Replace the invented name by another one."""
        self._version += 1
        start = len("json.")
        place = {
            "start": {"line": 3, "character": start},
            "end": {"line": 3, "character": start + len(self._name)},
        }
        self.client.notify(
            "textDocument/didChange",
            {
                "textDocument": {"uri": self.uri, "version": self._version},
                "contentChanges": [{"range": place, "text": name}],
            },
        )
        self._name = name

    def findings(self) -> list[str]:
        """Messages of the findings of Pilotfish's own in the text as it is; asks as an editor
        does, again when it is told to."""
        while True:
            answer = self.ask("textDocument/diagnostic", {"textDocument": {"uri": self.uri}})
            if "result" in answer:
                items: list[dict[str, Any]] = answer["result"]["items"]
                return [i["message"] for i in items if str(i.get("code", "")).startswith("PF")]

    def ask(self, method: str, params: Any) -> dict[str, Any]:
        """Send a request; its answer, which always comes."""
        return self.client.request(next(self._ids), method, params)

    def processes(self) -> dict[str, list[psutil.Process]]:
        """Our processes below the front door, by what they are."""
        found: dict[str, list[psutil.Process]] = {"engine": [], "worker": []}
        for child in psutil.Process(self.client.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                words = " ".join(child.cmdline())
                if "engine.process" in words:
                    found["engine"].append(child)
                elif "analysis.worker" in words:
                    found["worker"].append(child)
        return found


@pytest.fixture
def editor(client: RawClient, tmp_path: Path) -> Editor:
    root = tmp_path / "a project"
    root.mkdir()
    (root / "pyproject.toml").write_text("[project]\nname = 'p'\nversion = '1'\n", "utf-8")
    return Editor(client, root / "a.py")


@pytest.fixture
def client(environment: dict[str, str]) -> Iterator[RawClient]:
    with RawClient(environment) as raw:
        yield raw


@pytest.mark.parametrize("victim", ["engine", "worker"])
def test_a_killed_process_loses_no_edit_and_comes_back(editor: Editor, victim: str) -> None:
    (message,) = editor.findings()
    assert "loadz" in message
    editor.edit("dumpz")
    killed = editor.processes()[victim]
    assert killed
    for process in killed:
        process.kill()
    (message,) = editor.findings()
    assert "dumpz" in message
    assert "loadz" not in message
    alive = editor.processes()
    assert len(alive["engine"]) == 1
    assert not {p.pid for p in alive[victim]} & {p.pid for p in killed}


def test_killed_again_and_again_it_answers_for_the_newest_text(editor: Editor) -> None:
    dice = random.Random(20)
    editor.findings()
    for number in range(8):
        name = INVENTED[number % len(INVENTED)]
        editor.edit(name)
        victims = [p for kind in editor.processes().values() for p in kind]
        if victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                dice.choice(victims).kill()
        (message,) = editor.findings()
        assert name in message


def _descendants(client: RawClient) -> list[psutil.Process]:
    return psutil.Process(client.process.pid).children(recursive=True)


def test_nothing_is_left_of_a_front_door_that_was_killed(editor: Editor) -> None:
    editor.findings()
    below = _descendants(editor.client)
    assert len(below) >= 2
    editor.client.process.kill()
    _, alive = psutil.wait_procs(below, PATIENCE)
    assert alive == []


def test_nothing_is_left_after_the_editor_hung_up(editor: Editor) -> None:
    editor.findings()
    below = _descendants(editor.client)
    editor.client.hang_up()
    editor.client.exit_code()
    _, alive = psutil.wait_procs(below, PATIENCE)
    assert alive == []


def test_a_repair_of_the_processes_does_not_disturb_the_protocol(editor: Editor) -> None:
    editor.findings()
    for process in editor.processes()["engine"]:
        process.kill()
    assert "result" in editor.ask("pilotfish/status", None)
    assert editor.ask("shutdown", None)["result"] is None
    editor.client.notify("exit")
    assert editor.client.exit_code() == 0
