from __future__ import annotations

import asyncio
from pathlib import Path

from analysis.text import Document
from engine.features.project import ProjectAnswer
from engine.settings.values import ProjectSettings
from lsp_server.settings import Settings
from lsp_server.workspaces import Workspaces, editor_trust, nowhere


def test_the_innermost_folder_decides_about_trust() -> None:
    settings = Settings(trusted=None, trusted_folders=(("/w", True), ("/w/vendor", False)))
    assert editor_trust("/w", settings, ()) is True
    assert editor_trust("/w/a", settings, ()) is True
    assert editor_trust("/w/vendor/x", settings, ()) is False
    assert editor_trust("/elsewhere", settings, ()) is None
    assert editor_trust("/wide", settings, ()) is None


async def test_the_editors_word_on_trust_goes_before_what_was_said_once(tmp_path: Path) -> None:
    asked: list[str] = []

    async def ask(root: str) -> ProjectAnswer:
        asked.append(root)
        return ProjectAnswer(ProjectSettings(), trusted=True, python="/usr/bin/python3")

    workspaces = Workspaces((str(tmp_path),), ask)
    document = Document("", str(tmp_path / "a.py"), "file:///a.py")
    said, unsaid = await asyncio.gather(
        workspaces.of(document, Settings(trusted=False)), workspaces.of(document, Settings())
    )
    assert (said.trusted, unsaid.trusted, unsaid.python) == (False, True, "/usr/bin/python3")
    assert asked == [str(tmp_path)]
    workspaces.forget()
    await workspaces.of(document, Settings())
    assert len(asked) == 2


async def test_a_question_that_failed_is_asked_again(tmp_path: Path) -> None:
    asked = 0

    async def ask(root: str) -> ProjectAnswer:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise OSError("the engine died")
        return ProjectAnswer(ProjectSettings())

    workspaces = Workspaces((str(tmp_path),), ask)
    document = Document("", str(tmp_path / "a.py"), "file:///a.py")
    first = await asyncio.gather(workspaces.of(document, Settings()), return_exceptions=True)
    assert isinstance(first[0], OSError)
    assert (await workspaces.of(document, Settings())).root == str(tmp_path)


async def test_a_buffer_without_a_file_has_a_root_too() -> None:
    async def ask(root: str) -> ProjectAnswer:
        return ProjectAnswer(ProjectSettings())

    untitled = Document("x", "", "untitled:Untitled-1")
    assert (await Workspaces((), ask).of(untitled, Settings())).root == nowhere()
    assert (await Workspaces(("/w",), ask).of(untitled, Settings())).root == "/w"


async def test_a_project_file_that_appears_unannounced_makes_a_root(tmp_path: Path) -> None:
    async def ask(root: str) -> ProjectAnswer:
        return ProjectAnswer(ProjectSettings())

    (tmp_path / "part").mkdir()
    workspaces = Workspaces((str(tmp_path),), ask)
    document = Document("", str(tmp_path / "part" / "a.py"), "file:///a.py")
    assert await workspaces.root_of(document) == str(tmp_path)
    (tmp_path / "part" / "pyproject.toml").touch()
    assert await workspaces.root_of(document) == str(tmp_path / "part")


def test_trust_without_a_name_is_of_the_client_s_folders_alone() -> None:
    yes, no = Settings(trusted=True), Settings(trusted=False)
    assert editor_trust("/w/a", yes, ("/w",)) is True
    assert editor_trust("/elsewhere", yes, ("/w",)) is None
    assert editor_trust("/work", yes, ("/w",)) is None
    assert editor_trust("/elsewhere", yes, ()) is None
    assert editor_trust("/elsewhere", no, ("/w",)) is False
