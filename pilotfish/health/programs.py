"""Programs that Pilotfish calls or lives in: ruff, git, editors."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from pilotfish.health.sign import Patient, Sign, State

EDITORS = {
    "nvim": "Neovim",
    "code": "VS Code",
    "codium": "VSCodium",
    "code-server": "code-server",
    "hx": "Helix",
    "zed": "Zed",
    "emacs": "Emacs",
}
PATIENCE_SECONDS = 20


def ruff(patient: Patient) -> Iterator[Sign]:
    """The linter whose findings stand beside ours; it comes with Pilotfish."""
    yield _program("ruff", State.BROKEN, "pip install ruff into pilotfish's environment")


def git(patient: Patient) -> Iterator[Sign]:
    """For ``check --since``, and for those who apply a diff."""
    yield _program("git", State.NOTE, "install git, for check --since and git apply")


def _program(name: str, otherwise: State, help: str) -> Sign:
    own = shutil.which(name, path=sysconfig.get_path("scripts"))
    path = own or shutil.which(name)
    if path is None:
        return Sign(name, otherwise, "not found", help)
    try:
        done = subprocess.run(
            [path, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            # Nothing of a workspace's configuration is to be looked at.
            cwd=Path(path).anchor,
            timeout=PATIENCE_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Sign(name, otherwise, f"{path} does not run: {type(error).__name__}", help)
    return Sign(name, State.OK, f"{done.stdout.strip()} at {path}")


def editors(patient: Patient) -> Iterator[Sign]:
    """Editors on ``PATH``."""
    found = [f"{name} ({path})" for word, name in EDITORS.items() if (path := shutil.which(word))]
    if found:
        yield Sign("editors", State.OK, ", ".join(found))
    else:
        yield Sign("editors", State.NOTE, "none on PATH", "the command line needs no editor")
