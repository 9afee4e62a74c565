"""What a person does in VS Code, with the real server, the real model and a real project."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from platformdirs import user_cache_path
from playwright.sync_api import Browser, expect

from tests.e2e.code_server import CodeServer
from tests.e2e.conftest import SETTINGS, OpenVSCode, late_analysis, own_environment
from tests.e2e.ledger import CART, CART_TESTS, CONFTEST, GIVEN_TEST, HOLE, LEDGER, MISSPELT
from tests.e2e.neovim import BIN
from tests.e2e.vscode import PATIENCE_MS, VSCode

pytestmark = [pytest.mark.editor, pytest.mark.model]

expect.set_options(timeout=PATIENCE_MS)

#: What a person waits for with a progress bar, on a busy machine: a repair, an installation.
WORK_MS = 4 * PATIENCE_MS


@pytest.fixture
def project(folder: Path) -> Path:
    for name, text in {
        "ledger.py": LEDGER,
        "hole.py": HOLE,
        "misspelt.py": MISSPELT,
        "cart.py": CART,
        "test_cart.py": CART_TESTS,
        "conftest.py": CONFTEST,
        "test_given.py": GIVEN_TEST,
    }.items():
        (folder / name).write_text(text)
    return folder


def _passes(folder: Path, test: str) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


def test_an_invented_member_is_marked_and_fixed(project: Path, open_vscode: OpenVSCode) -> None:
    code = open_vscode(project)
    code.open("misspelt.py")
    expect(code.marks).to_have_count(1)
    code.go_to(5, 15)
    code.quick_fix("sum_of_cents")
    expect(code.marks).to_have_count(0)
    code.save()
    assert code.read("misspelt.py") == MISSPELT.replace("sum_of_cent(", "sum_of_cents(")


def _show_ghost(code: VSCode) -> str:
    """Open the file with the hole and type its dot; what is suggested then."""
    code.open("hole.py")
    code.wait_until_ready()
    code.go_to(6, 15)
    code.press("Delete")
    code.type(".")
    code.ghost.first.wait_for()
    return code.lines()[5].removeprefix("total = ledger.")


def test_ghost_text_is_accepted_by_tab(project: Path, open_vscode: OpenVSCode) -> None:
    code = open_vscode(project)
    ghost = _show_ghost(code)
    code.press("Tab")
    expect(code.ghost).to_have_count(0)
    code.save()
    written = code.read("hole.py").splitlines()[5]
    assert written == f"total = ledger.{ghost}"
    member = re.match(r"total = ledger\.(\w+)", written)
    assert member is not None
    assert member[1] in {"entries", "put_down", "sum_of_cents"}


def test_ghost_text_is_accepted_by_the_word(
    project: Path, open_vscode: OpenVSCode, tmp_path: Path
) -> None:
    code = open_vscode(project)
    ghost = _show_ghost(code)
    # Another one is asked for, and the way back leads to the first.
    first = code.lines()[5]
    code.press("Alt+BracketRight")
    code.wait_for_line(6, first, other=True)
    code.page.screenshot(path=tmp_path / "alternative.png")
    code.press("Alt+BracketLeft")
    code.wait_for_line(6, first)
    code.press("Control+ArrowRight")
    word = re.match(r"\w+", ghost)
    assert word is not None
    code.page.locator(".statusbar", has_text=f"Ln 6, Col {16 + len(word[0])}").wait_for()
    code.save()
    assert code.read("hole.py").splitlines()[5] == f"total = ledger.{word[0]}"


def test_what_was_not_checked_in_time_is_withdrawn(
    project: Path, code_server: CodeServer, open_vscode: OpenVSCode, tmp_path: Path
) -> None:
    settings = project / ".vscode" / "settings.json"
    settings.parent.mkdir()
    settings.write_text("{}")
    code = open_vscode(project)
    _show_ghost(code)
    code.press("Escape", "End")
    # Hasty from now on; the status shows when that is in force.
    hasty = {"pilotfish.inlineCompletion.deadlineMs": 50}
    off = re.compile("suggestions are off")
    settings.write_text(json.dumps({**hasty, "pilotfish.inlineCompletion.enabled": False}))
    expect(code.status).to_have_attribute("aria-label", off)
    settings.write_text(json.dumps(hasty))
    expect(code.status).not_to_have_attribute("aria-label", off)
    code.type("sum_of_cents()\n")
    # No member of a ledger begins so; the model goes on with the name nevertheless. Typed at once:
    # a worker that is late for seconds is replaced by one that is not.
    with late_analysis(code_server.pid) as go_on:
        code.page.keyboard.type("tax = ledger.pay")
        code.ghost.first.wait_for()
        code.page.screenshot(path=tmp_path / "unchecked.png")
        go_on()
        expect(code.ghost).to_have_count(0)
    code.save()
    assert code.read("hole.py") == f"{HOLE.rstrip()}sum_of_cents()\ntax = ledger.pay\n"


def test_a_repair_is_shown_before_it_is_applied(
    project: Path, open_vscode: OpenVSCode, tmp_path: Path
) -> None:
    code = open_vscode(project)
    assert not _passes(project, "test_cart.py")
    code.open("test_cart.py")
    code.trust()
    code.wait_until_ready()
    code.go_to(5, 8)
    code.quick_fix("Repair cart.py until test_total passes")
    # The diff first, and one sentence; nothing has changed.
    tab = code.page.get_by_role("tab", name=re.compile(r"cart.py: verified, .* \(1 of \d+\)"))
    expect(tab).to_be_visible(timeout=WORK_MS)
    told = code.notices.filter(has_text="verified patch for cart.py, line 4: it passes the failing")
    expect(told).to_have_count(1)
    expect(code.diff("modified")).to_contain_text("result += price")
    expect(code.diff("original")).to_contain_text("result -= price")
    code.look(tmp_path, "preview")
    assert code.read("cart.py") == CART
    # Alternatives, and what is known, on demand.
    code.page.get_by_role("button", name="Next Alternative Repair").first.click()
    expect(code.page.get_by_role("tab", name="not verified")).to_be_visible()
    code.page.get_by_role("button", name="Previous Alternative Repair").first.click()
    expect(tab).to_be_visible()
    # Accepted, the cursor is at the change; one undo takes it back.
    code.page.get_by_role("button", name="Accept the Repair").first.click()
    code.page.locator(".statusbar", has_text="Ln 4, Col 9").wait_for()
    expect(code.page.get_by_role("tab", name="cart.py", exact=False)).to_have_count(2)
    repaired = code.lines()
    assert repaired != CART.splitlines()
    code.look(tmp_path, "accepted")
    code.press("Control+Z")
    expect(code.page.locator(".part.editor .tab.dirty")).to_have_count(0)
    code.press("Control+Shift+Z")
    code.save()
    assert code.read("cart.py") != CART
    assert code.read("test_cart.py") == CART_TESTS
    assert _passes(project, "test_cart.py")


def test_the_trace_view(project: Path, open_vscode: OpenVSCode, tmp_path: Path) -> None:
    code = open_vscode(project)
    code.open("test_given.py")
    code.trust()
    code.wait_until_ready()
    # Above each test there is what runs it.
    expect(code.lenses("Run and repair")).to_have_count(2)
    code.debug()
    # The way from the test; neither the test nor the module is among the functions.
    way = code.trace.locator("nav")
    expect(way).to_have_text("test_given→ total", timeout=WORK_MS)
    expect(code.trace.get_by_label("Function").locator("option")).to_have_text(["total"])
    # The block at fault is what is looked at first, with its values in the first iteration.
    block = code.trace.locator("#flow [aria-selected=true]")
    expect(block).to_contain_text("result -= price", timeout=WORK_MS)
    expect(block).to_contain_text("100 %")
    expect(block).to_be_focused()
    now = code.trace.locator("#values tr.now")
    expect(now).to_contain_text("result = -1")
    expect(code.trace.locator("#values")).to_contain_text("The loop ran 3 times; recorded: 1, 3.")
    # One step on, the loop's header is looked at; two, the block again.
    code.press("ArrowRight", "ArrowRight")
    expect(block).to_contain_text("result -= price")
    expect(now).not_to_contain_text("result = -1")
    code.press("ArrowUp")
    expect(block).to_contain_text("for price in prices")
    for theme in ("light", "dark"):
        expect(code.trace.locator("body")).to_have_class(re.compile(f"vscode-{theme}"))
        # Text stands out from what is behind it, as WCAG 2.2 asks of text (1.4.3).
        for place in ("#flow [aria-selected=true]", "#values tr.now td", "body"):
            assert code.contrast(place) >= 4.5, (theme, place)
        for width in (1280, 800):
            code.page.set_viewport_size({"width": width, "height": 800})
            code.page.screenshot(path=tmp_path / f"trace-{theme}-{width}.png")
        code.page.set_viewport_size({"width": 1280, "height": 800})
        code.command("Preferences: Toggle between Light/Dark Themes")
    block.focus()
    code.press("Enter")
    code.page.locator(".statusbar", has_text="Ln 3, Col").wait_for()
    assert "    for price in prices:" in code.lines()
    # The same, and a repair, from the menu of a test in the Test Explorer.
    code.command("Testing: Focus on Test Explorer View")
    test = code.page.get_by_role("treeitem", name="test_given")
    test.click(button="right")
    menu = code.page.locator(".monaco-menu")
    expect(menu).to_contain_text("Debug with Values (Pilotfish)")
    code.page.screenshot(path=tmp_path / "explorer.png")
    menu.get_by_text("Run and Repair (Pilotfish)").click()
    repaired = code.page.get_by_role("tab", name=re.compile("cart.py: verified"))
    expect(repaired).to_be_visible(timeout=WORK_MS)
    # Rejected, it is gone and nothing has changed.
    code.page.get_by_role("button", name="Reject the Repair").first.click()
    expect(repaired).to_have_count(0)
    expect(code.page.locator(".part.editor .tab.dirty")).to_have_count(0)
    assert code.read("cart.py") == CART


def test_the_status_item_and_its_menu(
    project: Path, open_vscode: OpenVSCode, tmp_path: Path
) -> None:
    code = open_vscode(project)
    code.open("ledger.py")
    code.wait_until_ready()
    code.status.click()
    code.pick("Pause suggestions")
    told = "aria-label"
    expect(code.status).to_have_attribute(told, re.compile("suggestions are paused until"))
    expect(code.status).to_contain_text("Pilotfish: paused")
    # What puts it right is the first entry.
    code.status.click()
    row = code.page.locator(".quick-input-list .monaco-list-row")
    expect(row.first).to_contain_text("Resume Suggestions")
    code.press("Enter")
    expect(code.status).not_to_have_attribute(told, re.compile("paused"))
    for how, why in (("Snooze for 10", "for 10 more minutes"), ("Pause in this", "my project")):
        code.status.click()
        code.pick(how)
        expect(code.status).to_have_attribute(told, re.compile(f"paused .*{why}"))
        code.status.click()
        code.pick("Resume Suggestions")
        expect(code.status).not_to_have_attribute(told, re.compile("paused"))
    # Here nothing is trusted yet: the cause is named, the click leads to where that is changed.
    expect(code.status).to_have_attribute(told, re.compile("not trusted"))
    code.status.click()
    expect(code.page.locator(".quick-input-widget")).to_contain_text("Manage Trust")
    code.look(tmp_path, "menu")
    code.press("Escape")
    code.status.click()
    code.pick("Guidance: on")
    expect(code.status).to_have_attribute(told, re.compile("guidance is off"))
    code.status.click()
    code.pick("Guidance: off")
    expect(code.status).not_to_have_attribute(told, re.compile("guidance"))
    code.command("Pilotfish: Doctor")
    code.page.get_by_role("tab", name="Doctor").wait_for()
    assert any(line.startswith("ok      python: ") for line in code.lines())


@pytest.fixture
def endpoint() -> Iterator[tuple[str, list[str]]]:
    """An endpoint that refuses everybody: its address, and the keys that it was shown."""
    keys: list[str] = []

    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            keys.append(self.headers.get("Authorization", ""))
            self.send_error(401)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", keys
        server.shutdown()


def test_the_endpoints_key_moves_to_the_secret_storage(
    project: Path,
    vsix: Path,
    chromium: Browser,
    tmp_path: Path,
    endpoint: tuple[str, list[str]],
) -> None:
    address, keys = endpoint
    env = own_environment(tmp_path / "xdg")
    env["PATH"] = f"{BIN}{os.pathsep}{env['PATH']}"
    env.pop("PILOTFISH_ENDPOINT_KEY", None)
    home = tmp_path / "vscode"
    # Where the window writes a setting that belongs to the machine.
    machine = home / "data" / "Machine" / "settings.json"
    machine.parent.mkdir(parents=True)
    machine.write_text(
        json.dumps({"pilotfish.endpoint": address, "pilotfish.endpointKey": "old-4711"})
    )

    def window() -> VSCode:
        keys.clear()
        code = VSCode(context.new_page(), server.address, project)
        code.open("hole.py")
        return code

    def type_until_asked_with(key: str) -> None:
        code.wait_until_ready()
        code.go_to(6, 15)
        end = time.monotonic() + PATIENCE_MS / 1000
        while f"Bearer {key}" not in keys:
            assert time.monotonic() < end, keys
            code.type("x")
            code.page.wait_for_timeout(500)

    with CodeServer(home, [vsix], env, json.dumps(SETTINGS)) as server:
        context = chromium.new_context()
        # An older version had it in the settings: it is moved, and the person is told.
        code = window()
        told = code.page.get_by_text("moved the endpoint's key from your settings")
        expect(told.first).to_be_attached()
        assert json.loads(machine.read_text()) == {"pilotfish.endpoint": address}
        type_until_asked_with("old-4711")
        code.page.close()
        # Another window has it as well, and is given another one.
        code = window()
        type_until_asked_with("old-4711")
        keys.clear()
        code.command("Pilotfish: Set the Endpoint's Key")
        code.page.locator(".quick-input-widget input[type=password]").fill("new-4712")
        code.press("Enter")
        type_until_asked_with("new-4712")
        context.close()
    for path in (each for folder in (home, tmp_path / "xdg") for each in folder.rglob("*")):
        if path.is_file() and "extensions" not in path.parts:
            assert not re.search(rb"old-4711|new-4712", path.read_bytes()), path


def test_the_first_minutes_of_a_new_person(
    project: Path, vsix: Path, chromium: Browser, tmp_path: Path
) -> None:
    """Nothing is there but the extension: a server after consent, the first finding fixed, the
    first test repaired, without a model. No documentation is opened."""
    env = own_environment(tmp_path / "xdg")
    folders = [f for f in env["PATH"].split(os.pathsep) if not (Path(f) / "pilotfish").exists()]
    env["PATH"] = os.pathsep.join(folders)
    env["PIP_CACHE_DIR"] = str(user_cache_path("pip"))
    home = tmp_path / "vscode"
    seconds: dict[str, float] = {}
    began = time.monotonic()

    def reached(what: str) -> None:
        seconds[what] = round(time.monotonic() - began, 1)

    with CodeServer(home, [vsix], env, json.dumps(SETTINGS)) as server:
        page = chromium.new_page()
        code = VSCode(page, server.address, project)
        began = time.monotonic()
        code.open("misspelt.py")
        expect(code.notices).to_contain_text("found no server on this machine")
        assert not list(home.rglob("installed.json"))
        code.notices.get_by_role("button", name="Install without a model runtime").click()
        expect(code.notices).to_contain_text("Installing Pilotfish")
        expect(code.marks).to_have_count(1, timeout=WORK_MS)
        (installed,) = home.rglob("installed.json")
        assert (installed.parent / "bin" / "pilotfish").exists()
        reached("installed, and the first finding")
        # What is missing is said by the editor itself.
        expect(code.status).to_contain_text("no model")
        code.go_to(5, 15)
        code.quick_fix("sum_of_cents")
        expect(code.marks).to_have_count(0)
        reached("the first fix")
        code.open("test_given.py")
        code.trust()
        code.lens("Run and repair")
        tab = code.page.get_by_role("tab", name=re.compile("cart.py: verified"))
        expect(tab).to_be_visible(timeout=WORK_MS)
        code.look(tmp_path, "first")
        code.page.get_by_role("button", name="Accept the Repair").first.click()
        code.page.locator(".statusbar", has_text="Ln 4, Col 9").wait_for()
        reached("the first repair")
        steps = code.steps()
        (tmp_path / "first-minutes.json").write_text(json.dumps({**seconds, **steps}))
        assert steps["clicks"] <= 15, steps
        assert steps["keys"] <= 40, steps
        code.save()
        assert _passes(project, "test_given.py")
        page.close()


SHELF = """\
def fetch(name):
    return name


print(fetch("a"))
"""
USER = "from shelf import fetch\n\nfetch('c')\n"
#: What is written behind lines: text of style sheets, which no locator finds.
HINTS = """(hint) => [...document.querySelectorAll('.view-line span')]
  .some((each) => getComputedStyle(each, '::after').content.includes(hint))"""


def test_the_places_that_follow_an_edit_are_marked_one_by_one(
    folder: Path, open_vscode: OpenVSCode, tmp_path: Path
) -> None:
    (folder / "shelf.py").write_text(SHELF)
    (folder / "user.py").write_text(USER)
    code = open_vscode(folder)
    code.open("user.py")
    code.open("shelf.py")
    code.wait_until_ready()
    code.go_to(1, 5)
    code.press("Control+Shift+ArrowRight")
    code.type("get")

    # The first place is in view: the key goes there, and then makes the edit.
    code.page.wait_for_function(HINTS, arg="→ get (Alt+N)")
    code.press("Escape", "Alt+n")
    code.page.locator(".statusbar", has_text="Ln 5, Col 7").wait_for()
    code.page.screenshot(path=tmp_path / "next-edit.png")
    code.press("Alt+n")
    code.wait_for_line(5, 'print(get("a"))')

    # The rest is in another file, where the same key goes.
    code.page.wait_for_function(HINTS, arg="→ next edit: user.py line 1 (Alt+N)")
    code.page.screenshot(path=tmp_path / "next-edit-elsewhere.png")
    code.press("Alt+n")
    code.page.get_by_role("tab", name="user.py", selected=True).wait_for()
    code.page.wait_for_function(HINTS, arg="→ get (Alt+N)")
    code.press("Alt+n")
    code.wait_for_line(1, "from shelf import get")
    code.press("Alt+n")
    code.page.locator(".statusbar", has_text="Ln 3, Col 1").wait_for()
    code.press("Alt+n")
    code.wait_for_line(3, "get('c')")

    # One undo takes back one edit.
    code.press("Control+z")
    code.wait_for_line(3, "fetch('c')")
    code.save()
    assert code.read("shelf.py") == SHELF.replace("fetch", "get")
    assert code.read("user.py") == "from shelf import get\n\nfetch('c')\n"
