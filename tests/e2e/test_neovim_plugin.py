"""The parts of the Neovim plugin that need an editor and no server."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.conftest import StartNeovim
from tests.e2e.neovim import PLUGIN

pytestmark = pytest.mark.editor

HEADS = [
    ("getcwd()", "word", "getcwd"),
    ("(path)", "word", "("),
    ("  + 1", "word", "  +"),
    ("größe = 1", "word", "größe"),
    ("\n    x = 1", "word", "\n    x"),
    ("a + b\nc", "line", "a + b"),
    ("\n    x = 1\n    y", "line", "\n    x = 1"),
    ("a\nb", "whole", "a\nb"),
    ("", "word", ""),
]


def test_parts_of_a_suggestion(start_neovim: StartNeovim) -> None:
    nvim = start_neovim("")
    for text, part, head in HEADS:
        code = "local a = ...; return require('pilotfish.partial').head(a[1], a[2])"
        assert nvim.lua(code, [text, part]) == head


def test_a_key_does_what_it_did_where_nothing_is_shown(start_neovim: StartNeovim) -> None:
    nvim = start_neovim("")
    nvim.lua(
        """
        vim.keymap.set('i', '<C-x>', 'plain')
        vim.keymap.set('i', '<C-y>', function() return 'expr' end, { expr = true })
        local keys = require('pilotfish.keys')
        local used = {}
        for _, lhs in ipairs({ '<C-x>', '<C-y>', '<Tab>', '<C-q>' }) do
          keys.map(0, 'i', lhs, function() return false end, 'test')
          keys.map(0, 'i', lhs, function() return false end, 'test')
        end
        keys.map(0, 'i', '<C-b>', function() tell('acted'); return true end, 'test')
        vim.bo.expandtab = false
        """
    )
    nvim.type("i<C-x>|<C-y>|<Tab>|<C-b>")
    nvim.wait_for("acted")
    assert nvim.text() == "plain|expr|\t|"


def test_the_command_names_what_it_knows(start_neovim: StartNeovim) -> None:
    nvim = start_neovim("")
    assert nvim.lua("return vim.fn.getcompletion('Pilotfish re', 'cmdline')") == [
        "repair",
        "restart",
    ]
    nvim.lua("vim.cmd('Pilotfish dance')")
    assert "one of: pause, repair" in nvim.wait_for("notice")["text"]
    nvim.lua("vim.cmd('Pilotfish status')")
    assert "checkhealth" in nvim.wait_for("notice")["text"]


def test_the_help_can_be_found(start_neovim: StartNeovim, tmp_path: Path) -> None:
    shutil.copytree(PLUGIN / "doc", tmp_path / "copy" / "doc")
    nvim = start_neovim("")
    nvim.lua("vim.opt.rtp:append(...); vim.cmd.helptags(... .. '/doc')", str(tmp_path / "copy"))
    for tag in ("pilotfish", "pilotfish-keys", ":Pilotfish"):
        nvim.lua("vim.cmd.help(...)", tag)
        assert f"*{tag}*" in nvim.line()
