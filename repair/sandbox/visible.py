"""What a sandbox may show of this machine, whatever names it.

A file or folder is named by the workspace, by an interpreter and its environment, or by
``--sandbox-allow``. An environment may be a stranger's, so each is judged by where it really is.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from analysis.environments.boundaries import CLOSED, SHARED, homes
from analysis.text.files import real_path
from repair.errors import RepairError
from repair.sandbox.policy import Policy

#: Of what no sandbox shows, the folders that hold files of people all the same.
_FILES = tuple(map(Path, ("/dev/shm", "/run/media")))
#: What holds keys in a home; neither it nor what holds it is shown.
_SECRETS = (
    *(".ssh", ".gnupg", ".password-store", ".netrc", ".git-credentials", ".pypirc", ".npmrc"),
    *(".aws", ".azure", ".kube", ".docker", ".config/gcloud", ".config/gh", ".config/git"),
    *(".local/share/keyrings", ".mozilla", ".config/google-chrome", ".config/chromium"),
    *(".config/pilotfish", ".bash_history", ".python_history"),
)


def shown(policy: Policy, copy: str | None = None) -> list[str]:
    """The files and folders that are bound besides the machine's, outer ones first: what lies
    deeper is bound over them. ``copy`` stands for the workspace where there is one.

    Raises :class:`~repair.errors.RepairError` for what a sandbox must not show.
    """
    _refuse(policy.workspace, "the workspace", "name the project's folder with --workspace DIR")
    found = {policy.workspace}
    for folder in policy.interpreter.folders:
        whose = f"the Python {policy.interpreter.executable} reads it"
        _refuse(folder, whose, "name another interpreter with --python")
        found.add(folder)
    for path in policy.readable:
        real = str(real_path(Path(path).expanduser()))
        if not Path(real).exists():
            raise RepairError(
                "no such file or folder", where=f"--sandbox-allow {path}", help="check it"
            )
        _refuse(real, "--sandbox-allow", "name only the files that the tests read")
        found.add(real)
    found -= {path for path in found if _is_shown_by(policy.workspace, path, copy)}
    return sorted(found, key=lambda path: path.count("/"))


def sockets(folders: list[str]) -> list[str]:
    """The sockets of this machine's processes that lie in ``folders``: a sandbox hides them."""
    try:
        lines = Path("/proc/net/unix").read_text("utf-8", "surrogateescape").splitlines()[1:]
    except OSError:
        return []
    names = {line.split(maxsplit=7)[7] for line in lines if len(line.split(maxsplit=7)) == 8}
    named = {name for name in names if name.startswith("/")}
    found = {name for name in named if any(_is_in(name, folder) for folder in folders)}
    # A name may be relative to the folder in which its process was.
    last = {name.rpartition("/")[2] for name in names - named if name[0] != "@"}
    for folder in folders if last else ():
        for inner, _folders, files in os.walk(folder):
            found.update(f"{inner}/{name}" for name in last.intersection(files))
    return sorted(path for path in found if _is_socket(path))


def refusal(path: str) -> str:
    """Why ``path`` is not shown; ``""`` where it may be."""
    real = real_path(path)
    for home in homes():
        if real == home or real in home.parents:
            return "it holds your whole home" if home == homes()[0] else f"it holds the home {home}"
        for name in _SECRETS:
            secret = home / name
            if secret == real or secret in real.parents:
                return "it holds keys or passwords"
            if real in secret.parents and secret.exists():
                return f"it holds {secret}"
    if str(real) in ("/", "/usr", *SHARED) or real in _FILES:
        return "it is shared by all programs of this machine"
    if any(real.is_relative_to(folder) for folder in CLOSED) and not any(
        folder in real.parents for folder in _FILES
    ):
        return "it holds devices, sockets or settings of this machine"
    try:
        known = real.is_file() or real.is_dir() or not real.exists()
    except OSError:
        return "it cannot be looked at"
    return "" if known else "it is a device, a socket or a pipe"


def _refuse(path: str, whose: str, help: str) -> None:
    if why := refusal(path):
        raise RepairError(
            f"the sandbox must not show this to tests: {why}", where=f"{path} ({whose})", help=help
        )


def _is_shown_by(workspace: str, path: str, copy: str | None) -> bool:
    """Whether ``path`` is seen through the workspace: an editable installation's sources, or an
    environment that lies in it. Bound once more it would stay as it is on the disk, and read-only.
    A ``copy`` shows what was copied.
    """
    if path == workspace or not _is_in(path, workspace):
        return False
    return copy is None or Path(copy, os.path.relpath(path, workspace)).exists()


def _is_in(path: str, folder: str) -> bool:
    return Path(folder) in (Path(path), *Path(path).parents)


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(Path(path).stat().st_mode)
    except OSError:
        return False
