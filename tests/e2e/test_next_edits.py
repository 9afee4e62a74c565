"""The next place that must follow an edit, in Neovim with the real server and no model."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.e2e.conftest import StartNeovim
from tests.e2e.neovim import PATIENCE, Neovim

pytestmark = pytest.mark.editor

SHELF = """\
def fetch(name):
    return name


print("🎈", fetch("a"))
"""
USER = "from shelf import fetch\n\nfetch('c')\n"


@pytest.fixture
def project(folder: Path) -> Path:
    (folder / "shelf.py").write_text(SHELF, encoding="utf-8")
    (folder / "user.py").write_text(USER, encoding="utf-8")
    return folder


def _wait_for_mark(nvim: Neovim, hint: str) -> None:
    end = time.monotonic() + PATIENCE
    while hint not in nvim.screen():
        assert time.monotonic() < end, nvim.screen()


def test_the_places_that_follow_a_renaming_are_marked_one_by_one(
    project: Path, start_neovim: StartNeovim
) -> None:
    nvim = start_neovim("{ ghost = false }", "user.py", "shelf.py")
    nvim.wait_for("attached")
    nvim.edit("shelf.py")
    nvim.wait_for("attached")
    nvim.type("gg/fetch<CR>cwget<Esc>")

    # The first place is in view: the key goes there, and then makes the edit.
    _wait_for_mark(nvim, "→ get (<M-n>)")
    nvim.type("<M-n>")
    while nvim.lua("return vim.fn.line('.')") != 5:
        pass
    nvim.type("<M-n>")
    _wait_for_mark(nvim, "→ next edit: user.py line 1 (<M-n>)")
    assert nvim.line() == 'print("🎈", get("a"))'

    # The rest is in another file, where the same key goes.
    nvim.type("<M-n>")
    _wait_for_mark(nvim, "from shelf import fetch   → get (<M-n>)")
    nvim.type("<M-n>")
    _wait_for_mark(nvim, "fetch('c')   → get (<M-n>)")
    nvim.type("<M-n><M-n>")
    nvim.wait_for("changed")
    assert nvim.text() == USER.replace("fetch", "get").rstrip()
    assert "→" not in nvim.screen()

    # One undo takes back one edit.
    nvim.type("u")
    nvim.wait_for("changed")
    assert nvim.text() == "from shelf import get\n\nfetch('c')"
