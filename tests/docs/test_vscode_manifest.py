"""What the manifest of the VS Code extension says is so."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from lsp_server.capabilities import COMMANDS
from tools.vscode_settings import MANIFEST, properties

EXTENSION = MANIFEST.parent
CONTRIBUTES: dict[str, Any] = json.loads(MANIFEST.read_text())["contributes"]


def _scripts() -> str:
    return "\n".join(path.read_text() for path in (EXTENSION / "src").rglob("*.ts"))


def test_the_settings_are_the_servers() -> None:
    """Fixed by ``python -m tools.vscode_settings``."""
    assert CONTRIBUTES["configuration"]["properties"] == properties()


def test_a_workspace_decides_nothing_that_is_run() -> None:
    for name in ("path", "model", "repairModel", "python", "testCommand"):
        assert properties()[f"pilotfish.{name}"]["scope"] == "machine"


def test_every_command_is_there() -> None:
    body = _scripts().split("const commands")[1].split("\n  };")[0]
    registered = {f"pilotfish.{name}" for name in re.findall(r"^    (\w+)[:,]", body, re.MULTILINE)}
    offered = {command["command"] for command in CONTRIBUTES["commands"]}
    assert offered <= registered
    named = set(re.findall(r"command:(pilotfish\.\w+)", MANIFEST.read_text()))
    used = set(re.findall(r'"(pilotfish\.\w+)"', _scripts())) - {
        "pilotfish.running",
        "pilotfish.exe",
        "pilotfish.trace",
    }
    assert (named | used) <= registered | set(COMMANDS) | set(properties())


def test_the_walkthrough_has_its_pages() -> None:
    pages = [
        EXTENSION / step["media"]["markdown"]
        for walkthrough in CONTRIBUTES["walkthroughs"]
        for step in walkthrough["steps"]
    ]
    assert sorted(pages) == sorted(Path(EXTENSION / "walkthrough").glob("*.md"))


def test_no_lock_file_names_a_registry() -> None:
    for lock in (EXTENSION / "package-lock.json",):
        packages = json.loads(lock.read_text())["packages"]
        assert all("resolved" not in package for package in packages.values())
        assert all("integrity" in package for name, package in packages.items() if name)
