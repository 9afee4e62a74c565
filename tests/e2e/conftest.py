from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.neovim import Neovim

StartNeovim = Callable[..., Neovim]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Settings, trust, logs and caches of the test's own; models stay where the user's are."""
    home = tmp_path / "xdg"
    names = ("CONFIG", "STATE", "CACHE")
    return {**os.environ, **{f"XDG_{n}_HOME": str(home / n.lower()) for n in names}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty project."""
    folder = tmp_path / "my project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[project]\nname = 'mine'\nversion = '1'\n")
    return folder


@pytest.fixture
def start_neovim(folder: Path, environment: dict[str, str]) -> Iterator[StartNeovim]:
    """Start an editor in the project; it ends with the test."""
    with ExitStack() as stack:

        def start(setup: str = "{}", *files: str) -> Neovim:
            return stack.enter_context(Neovim(folder, environment, setup, *files))

        yield start
