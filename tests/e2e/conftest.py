"""Real editors: Neovim without a screen, VS Code in a browser without one."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.code_server import CodeServer, browser, explorer_of_tests
from tests.e2e.neovim import BIN, Neovim
from tests.e2e.vscode import VSCode
from tools.vsix import package

StartNeovim = Callable[..., Neovim]
OpenVSCode = Callable[[Path], VSCode]

#: As a person who wants no noise would set it; and however busy the machine is, what exists is
#: looked up before a name is written.
SETTINGS = {
    "workbench.startupEditor": "none",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.reduceMotion": "on",
    "files.autoSave": "off",
    "telemetry.telemetryLevel": "off",
    "chat.disableAIFeatures": True,
    "pilotfish.inlineCompletion.deadlineMs": 60000,
}


def own_environment(home: Path) -> dict[str, str]:
    """Settings, trust, logs and caches of the test's own; models stay where the user's are."""
    names = ("CONFIG", "STATE", "CACHE")
    return {**os.environ, **{f"XDG_{n}_HOME": str(home / n.lower()) for n in names}}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """See :func:`own_environment`."""
    return own_environment(tmp_path / "xdg")


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


@pytest.fixture(scope="session")
def vsix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension as it is shipped."""
    return package(tmp_path_factory.mktemp("vsix") / "pilotfish.vsix")


#: For one module: a browser driven from here keeps an event loop, in which no other test can run.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser."""
    with sync_playwright() as playwright:
        program, env = browser()
        found = playwright.chromium.launch(executable_path=program, env={**env})
        yield found
        found.close()


@pytest.fixture(scope="module")
def code_server(vsix: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CodeServer]:
    """VS Code with the extension; ``pilotfish`` is on its PATH."""
    home = tmp_path_factory.mktemp("vscode")
    env = own_environment(home / "xdg")
    env["PATH"] = f"{BIN}{os.pathsep}{env['PATH']}"
    extensions = [vsix, explorer_of_tests(home / "few-tests.vsix")]
    with CodeServer(home, extensions, env, json.dumps(SETTINGS)) as server:
        yield server


@pytest.fixture
def open_vscode(code_server: CodeServer, chromium: Browser, tmp_path: Path) -> Iterator[OpenVSCode]:
    """Open a window; its last look is kept in the test's folder."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})

    def start(folder: Path) -> VSCode:
        return VSCode(context.new_page(), code_server.address, folder)

    yield start
    for number, page in enumerate(context.pages):
        page.screenshot(path=tmp_path / f"window-{number}.png")
    context.close()


@contextlib.contextmanager
def late_analysis(editor: int) -> Iterator[Callable[[], None]]:
    """Stop the analysis workers below the process ``editor``, as a machine does that is busy
    elsewhere; what is given, or the end, lets them go on."""
    workers = []
    for child in psutil.Process(editor).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "analysis.worker" in " ".join(child.cmdline()):
                child.suspend()
                workers.append(child)
    assert workers

    def go_on() -> None:
        for worker in workers:
            with contextlib.suppress(psutil.NoSuchProcess):
                worker.resume()

    try:
        yield go_on
    finally:
        go_on()
