"""Where a workspace begins, whichever front door asks."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from analysis.text import Document, find_root
from engine.features.project import ProjectAnswer
from lsp_server.workspaces import Workspaces
from pilotfish.options import add_common, workspace_for


@pytest.mark.parametrize("above", [False, True])
def test_the_nearest_marked_folder(tmp_path: Path, above: bool) -> None:
    mono = tmp_path / "mono"
    inner = mono / "pkg" / "src"
    inner.mkdir(parents=True)
    (mono / ".git").mkdir()
    assert find_root(inner, (), above=above) == mono
    (mono / "pkg" / "setup.cfg").touch()
    assert find_root(inner, [mono], above=above) == mono / "pkg"
    assert find_root(inner, [inner], above=above) == (mono / "pkg" if above else inner)


def test_the_innermost_folder_at_hand_where_nothing_is_marked(tmp_path: Path) -> None:
    inner = tmp_path / "w" / "a" / "b"
    inner.mkdir(parents=True)
    assert find_root(inner, [tmp_path, tmp_path / "w"], above=False) == tmp_path / "w"
    assert find_root(inner, [tmp_path / "other"], above=False) == inner


def test_else_the_first_folder_that_is_no_package(tmp_path: Path) -> None:
    package = tmp_path / "lib" / "pkg"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    assert find_root(package, (), above=True) == tmp_path / "lib"


@pytest.mark.parametrize("marked", ["", "w", "w/lib"])
async def test_the_editor_and_the_command_line_agree(
    marked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "w" / "lib"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    if marked:
        (tmp_path / marked / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path / "w")
    add_common(parser := argparse.ArgumentParser())
    said = workspace_for(parser.parse_args([]), folder / "a.py").root

    async def ask(root: str) -> ProjectAnswer:
        raise AssertionError(root)

    document = Document("", str(folder / "a.py"), "file:///a.py")
    assert await Workspaces((str(tmp_path / "w"),), ask).root_of(document) == said
