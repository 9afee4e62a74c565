"""What a person does in Neovim, with the real server, the real model and a real project."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.e2e.conftest import StartNeovim, late_analysis
from tests.e2e.ledger import CART, CART_TESTS, CONFTEST, GIVEN_TEST, HOLE, LEDGER, WRONG
from tests.e2e.neovim import Neovim

pytestmark = [pytest.mark.editor, pytest.mark.model]

#: However busy the machine is: what exists is looked up before a name is written.
PATIENT = "{ init_options = { inlineCompletion = { deadlineMs = 60000 } } }"

MEMBER = re.compile(r"ledger\.(\w+)")


@pytest.fixture
def project(folder: Path) -> Path:
    (folder / "ledger.py").write_text(LEDGER)
    (folder / "wrong.py").write_text(WRONG)
    (folder / "hole.py").write_text(HOLE)
    (folder / "cart.py").write_text(CART)
    (folder / "test_cart.py").write_text(CART_TESTS)
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_given.py").write_text(GIVEN_TEST)
    return folder


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _members(nvim: Neovim, line: int) -> list[str]:
    text: str = nvim.lua("return vim.fn.getline(...)", line)
    return MEMBER.findall(text)


def _wait_for_analysis(nvim: Neovim, text: str) -> None:
    """Until a hover over ``put_down`` is answered: then names of this file come in time.

    The model does not wait for ever for what is late, and a busy machine is slow to begin.
    """
    nvim.wait_for("attached")
    line = text[: text.index("put_down")].count("\n")
    hover = """
        local params = {
          textDocument = vim.lsp.util.make_text_document_params(0),
          position = { line = ..., character = 9 },
        }
        local answers = vim.lsp.buf_request_sync(0, 'textDocument/hover', params, 60000) or {}
        for _, answer in pairs(answers) do
          if answer.result then
            return answer.result.contents.value
          end
        end
        return ''
    """
    while "put_down" not in nvim.lua(hover, line):
        pass


def test_what_does_not_exist_is_marked(project: Path, start_neovim: StartNeovim) -> None:
    nvim = start_neovim(PATIENT, "wrong.py")
    found = nvim.wait_for(
        "diagnostics",
        lambda data: any(m["source"] == "pilotfish" for m in data["messages"]),
    )
    marked = [m for m in found["messages"] if m["source"] == "pilotfish"]
    assert [(m["line"], m["col"]) for m in marked] == [(4, 7)], nvim.screen()
    assert "add_entry" in marked[0]["message"]


def test_ghost_text_is_accepted_and_exists(project: Path, start_neovim: StartNeovim) -> None:
    exists = dir(_module(project / "ledger.py").Ledger())
    nvim = start_neovim(PATIENT, "hole.py")
    _wait_for_analysis(nvim, HOLE)

    # Ghost text appears at the end of the line, without changing it.
    nvim.type("GA")
    ghost = nvim.wait_for("PilotfishGhost")
    assert nvim.line() == "total = ledger."
    first = ghost["text"].split("\n")[0]
    assert first
    assert f"total = ledger.{first}" in nvim.screen()

    # Another one is asked for by its key, and the way back leads to the first.
    nvim.type("<M-]>")
    other = nvim.wait_for("PilotfishGhost", lambda data: data["text"] != ghost["text"])
    assert re.split(r"\W", other["text"])[0] in exists
    nvim.type("<M-[>")
    nvim.wait_for("PilotfishGhost", lambda data: data["text"] == ghost["text"])
    assert nvim.line() == "total = ledger."

    # Accepting it by its key inserts exactly that, and the member exists.
    nvim.type("<Tab><Esc>")
    nvim.wait_for("mode", lambda data: data["mode"] == "n")
    assert nvim.line() == f"total = ledger.{first}", nvim.screen()
    (member,) = _members(nvim, 6)
    assert member in exists, nvim.screen()

    # Where analysis comes too late, what does not exist is shown until it is there.
    hasty = {"pilotfish": {"inlineCompletion": {"deadlineMs": 50}}}
    nvim.lua(
        "require('pilotfish').client():notify('workspace/didChangeConfiguration', "
        "{ settings = ... })",
        hasty,
    )
    with late_analysis(nvim.pid) as go_on:
        nvim.type("otax = ledger.pay")
        ghost = nvim.wait_for("PilotfishGhost", lambda data: data["row"] == 6)
        assert "pay" + (re.match(r"\w*", ghost["text"]) or [""])[0] not in exists
        go_on()
        nvim.wait_for("PilotfishWithdrawn")
    assert not nvim.lua("return require('pilotfish').is_visible()")


def test_accepting_a_word_leaves_the_rest_shown(project: Path, start_neovim: StartNeovim) -> None:
    nvim = start_neovim(PATIENT, "hole.py")
    nvim.wait_for("attached")
    nvim.type("GA")
    ghost = nvim.wait_for("PilotfishGhost", lambda data: len(data["text"]) > 1)
    nvim.type("<M-w>")
    nvim.wait_for("changed")
    accepted = nvim.line().removeprefix("total = ledger.")
    assert accepted
    assert ghost["text"].startswith(accepted)
    rest = ghost["text"].removeprefix(accepted)
    assert nvim.lua("return require('pilotfish').is_visible()") is bool(rest)

    # Typing what is shown keeps it shown; typing something else does not.
    if rest and rest[0] != "\n":
        nvim.type(rest[0])
        shown = nvim.wait_for("PilotfishGhost")
        assert shown["text"] == rest[1:]


def test_status_and_pause(project: Path, start_neovim: StartNeovim) -> None:
    nvim = start_neovim(PATIENT, "hole.py")
    nvim.wait_for("attached")
    nvim.lua("vim.cmd('Pilotfish status')")
    assert "engine" in nvim.wait_for("notice")["text"]
    # The cause and what puts it right, as VS Code names them.

    def told() -> list[str]:
        nvim.lua("vim.cmd('Pilotfish status')")
        said: str = nvim.wait_for("notice", lambda data: "engine" in data["text"])["text"]
        return said.split("\n")[1:]

    while not (said := told()) or said[0].startswith(("starting", "loading")):
        pass
    why, help = said
    assert why.startswith("not trusted: this workspace is not trusted")
    assert help == "help: :Pilotfish trust"
    nvim.lua("vim.cmd('Pilotfish trust')")
    nvim.wait_for("notice", lambda data: "trusted" in data["text"])
    while said := told():
        assert not said[0].startswith("not trusted") or said == [why, help]
    nvim.lua("vim.cmd('Pilotfish pause')")
    assert "paused" in nvim.wait_for("notice")["text"]
    assert told() == ["paused: suggestions are paused until resumed", "help: :Pilotfish pause"]
    nvim.lua("vim.cmd('checkhealth pilotfish')")
    assert "pilotfish" in nvim.text()
    assert "ERROR" not in nvim.text(), nvim.text()


def test_a_repair_is_shown_before_it_is_applied(project: Path, start_neovim: StartNeovim) -> None:
    nvim = start_neovim(PATIENT, "test_cart.py")
    nvim.wait_for("attached")
    nvim.lua("vim.cmd('Pilotfish trust')")
    nvim.wait_for("notice", lambda data: "trusted" in data["text"])
    nvim.lua("vim.api.nvim_win_set_cursor(0, { 5, 8 })")
    nvim.lua("vim.cmd('Pilotfish repair')")
    # Something is seen while it runs, and for a statusline.
    nvim.wait_for("PilotfishProgress")
    assert "Repairing cart.py" in nvim.screen()
    assert "Repairing cart.py" in nvim.lua("return require('pilotfish').progress()")
    nvim.wait_for("PilotfishPreview")
    assert nvim.lua("return require('pilotfish').progress()") == ""
    shown = nvim.text()
    assert shown.startswith("# verified patch for cart.py, line 4: it passes the failing"), shown
    assert "-        result -= price" in shown
    assert "a accept   n next" in nvim.screen()
    assert (project / "cart.py").read_text() == CART
    # Alternatives and what is known of them, on demand.
    nvim.type("n")
    nvim.wait_for("PilotfishPreview")
    assert "# This one is not verified" in nvim.text()
    nvim.type("p")
    nvim.wait_for("PilotfishPreview")
    nvim.type("d")
    nvim.wait_for("PilotfishPreview")
    assert "#   tried: " in nvim.text()
    nvim.type("a")
    result = nvim.wait_for("PilotfishRepair")
    assert (result["status"], result["applied"]) == ("verified", True), result
    # The cursor is at the change; one undo takes it back.
    where = "return { vim.fn.expand('%:t'), vim.fn.line('.'), vim.fn.col('.') }"
    while nvim.lua(where)[0] != "cart.py":
        pass
    assert nvim.lua(where) == ["cart.py", 4, 9], nvim.screen()
    repaired = nvim.text()
    nvim.lua("vim.cmd.undo()")
    assert nvim.text() + "\n" == CART
    nvim.lua("vim.cmd.redo()")
    assert nvim.text() == repaired
    nvim.lua("vim.cmd.wall()")
    # The same answer once more, rejected: the split is gone, and nothing has changed.
    again = """
      local result = ...
      local preview, client = require('pilotfish.preview'), require('pilotfish').client()
      preview.show(client, vim.uri_from_bufnr(0), result, true)
    """
    nvim.lua(again, result)
    nvim.wait_for("PilotfishPreview")
    nvim.type("q")
    assert nvim.wait_for("PilotfishRepair")["applied"] is False
    assert nvim.lua("return { vim.fn.winnr('$'), vim.fn.expand('%:t') }") == [1, "cart.py"]
    assert nvim.text() == repaired
    assert (project / "test_cart.py").read_text() == CART_TESTS
    total = _module(project / "cart.py").total
    assert (total([1, 2, 3], 0), total([200, 100], 50), total([], 10)) == (6, 150, 0)


def test_the_trace_is_a_split(project: Path, start_neovim: StartNeovim) -> None:
    nvim = start_neovim(PATIENT, "test_given.py")
    nvim.wait_for("attached")
    nvim.lua("vim.cmd('Pilotfish trust')")
    nvim.wait_for("notice", lambda data: "trusted" in data["text"])
    nvim.lua("vim.api.nvim_win_set_cursor(0, { 1, 8 })")
    nvim.lua("vim.cmd('Pilotfish trace')")
    nvim.wait_for("PilotfishTrace")
    # The cursor is on the block at fault; below it is its source, and its values by iteration.
    assert nvim.line().startswith(" 100 %  statements"), nvim.screen()
    shown = nvim.text()
    assert "test_given.py::test_given: failed" in shown
    # The way to the function where it went wrong; neither the test nor the module is followed.
    assert "  test_given.py:2  test_given\n  cart.py:1  total\n" in shown
    assert "<module>" not in shown
    assert " 0 %" not in shown
    assert "    4          result -= price" in shown
    assert re.search(r"#1 +discount = 0, price = 1, .*result = 0  ->  result = -1", shown), shown
    nvim.type("[[")
    nvim.lua("return true")
    nvim.type("<CR>")
    where = "return { vim.fn.expand('%:t'), vim.fn.line('.') }"
    while nvim.lua(where)[0] != "cart.py":
        pass
    assert nvim.lua(where) == ["cart.py", 3]


def test_the_lens_debug_opens_the_same_split(project: Path, start_neovim: StartNeovim) -> None:
    nvim = start_neovim(PATIENT, "test_cart.py")
    nvim.wait_for("attached")
    nvim.lua("vim.cmd('Pilotfish trust')")
    nvim.wait_for("notice", lambda data: "trusted" in data["text"])
    nvim.lua("vim.lsp.codelens.refresh({ bufnr = 0 })")
    run = """
      local client = require('pilotfish').client()
      for _, lens in ipairs(vim.lsp.codelens.get(0)) do
        if lens.command and lens.command.title == 'Debug' then
          client:exec_cmd(lens.command, { bufnr = vim.api.nvim_get_current_buf() })
          return true
        end
      end
      return false
    """
    while not nvim.lua(run):
        pass
    nvim.wait_for("PilotfishTrace")
    assert nvim.line().startswith(" 100 %  statements"), nvim.screen()


def test_what_follows_a_renaming_is_one_code_action(
    project: Path, start_neovim: StartNeovim
) -> None:
    nvim = start_neovim(PATIENT, "cart.py")
    nvim.wait_for("attached")
    nvim.type("ggwcwamount<Esc>")
    nvim.wait_for("mode", lambda data: data["mode"] == "n")
    assert nvim.line() == "def amount(prices, discount):"
    titles = """
      local params = vim.lsp.util.make_range_params(0, 'utf-16')
      params.context = { diagnostics = {}, only = { 'refactor' } }
      local answers = vim.lsp.buf_request_sync(0, 'textDocument/codeAction', params, 60000) or {}
      for _, answer in pairs(answers) do
        for _, action in ipairs(answer.result or {}) do
          if vim.startswith(action.title, 'Update ') then
            return action.title
          end
        end
      end
      return ''
    """
    while not (title := nvim.lua(titles)):
        pass
    assert title == "Update 5 places that follow this edit (in 2 files)", title
    nvim.lua(
        "vim.lsp.buf.code_action({ apply = true, filter = function(action) "
        "return vim.startswith(action.title, 'Update ') end })"
    )
    changed = """
      local buffer = vim.fn.bufnr(...)
      return buffer > 0 and vim.api.nvim_buf_get_lines(buffer, 0, -1, true) or {}
    """
    for name, before in (("test_cart.py", CART_TESTS), ("conftest.py", CONFTEST)):
        while not (lines := nvim.lua(changed, name)):
            pass
        wanted = before.replace("cart.total", "cart.amount")
        if name == "test_cart.py":
            wanted = re.sub(r"\btotal\b", "amount", wanted)
        assert "\n".join(lines) + "\n" == wanted
