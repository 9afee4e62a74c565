"""Attacks by what a sandbox is told to show: the machine, homes, keys, and sockets of services."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from repair.errors import RepairError
from repair.failure.command import parse
from repair.sandbox.interpreter import Interpreter
from repair.sandbox.policy import Policy
from repair.sandbox.run import Run, Terms
from repair.sandbox.visible import shown
from tests.repair.conftest import StartSandbox, interpreter, sandbox, workspace

__all__ = ["interpreter", "sandbox", "workspace"]

_HOSTILE = [
    *(
        "/",
        "/home",
        "/tmp",
        "/var",
        "/var/tmp",
        "/var/lib",
        "/run",
        "/proc",
        "/dev",
        "/sys",
        "/etc",
    ),
    *("/run/user", "/proc/self", "/proc/self/root", "/proc/1", "/dev/shm", "/dev/null"),
    *("/usr/../", "/tmp/.", "/usr/local/../../home"),
]
_IN_HOME = [
    "",
    "/.ssh",
    "/.ssh/id_rsa",
    "/.aws",
    "/.gnupg/private-keys-v1.d",
    "/.config",
    "/.local",
]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with keys in it, in a folder of homes."""
    found = tmp_path / "homes" / "me"
    for name in (".ssh", ".aws", ".gnupg/private-keys-v1.d", ".config/gh", ".local/share/keyrings"):
        (found / name).mkdir(parents=True)
    (found / ".ssh" / "id_rsa").write_text("key")
    monkeypatch.setenv("HOME", str(found))
    return found


def _ways(path: str, policy: Policy) -> Iterator[Policy]:
    """``path`` named by each of those that name folders."""
    inside = policy.interpreter
    yield replace(policy, readable=(path,))
    yield replace(policy, interpreter=replace(inside, folders=(*inside.folders, path)))
    yield replace(policy, workspace=os.path.realpath(path))


def test_the_machine_is_not_shown_whoever_names_it(
    workspace: Path, interpreter: Interpreter
) -> None:
    link = workspace / "link"
    for path in (p for p in _HOSTILE if Path(p).exists()):
        link.unlink(missing_ok=True)
        link.symlink_to(path)
        policies = [
            p for way in (path, str(link)) for p in _ways(way, Policy(str(workspace), interpreter))
        ]
        for policy in policies:
            with pytest.raises(RepairError, match="must not show"):
                shown(policy)


def test_homes_and_keys_are_not_shown_whoever_names_them(
    workspace: Path, interpreter: Interpreter, home: Path
) -> None:
    paths = [f"{home}{name}" for name in _IN_HOME] + [str(home.parent), str(home.parent.parent)]
    for path in paths:
        for policy in _ways(path, Policy(str(workspace), interpreter)):
            with pytest.raises(RepairError, match="must not show"):
                shown(policy)
    # What lies in a home and holds none of that is a project like any other.
    (home / "project").mkdir()
    for policy in _ways(str(home / "project"), Policy(str(workspace), interpreter)):
        assert str(home / "project") in shown(policy)


@pytest.mark.sandbox
def test_what_may_not_be_shown_starts_no_sandbox(sandbox: StartSandbox) -> None:
    for path in ("/run", "/proc/self/root"):
        with pytest.raises(RepairError, match="must not show"):
            sandbox(readable=(path,))


@contextmanager
def _service(folder: Path) -> Iterator[Path]:
    """A service of the machine that listens in ``folder``."""
    before = Path.cwd()
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(folder)  # The path may be longer than a socket's.
        try:
            listener.bind("it.sock")
        finally:
            os.chdir(before)
        listener.listen()
        yield folder / "it.sock"


_REACH = """
import os, socket
def reach(path):
    os.chdir(os.path.dirname(path))
    with socket.socket(socket.AF_UNIX) as caller:
        try:
            caller.connect(os.path.basename(path))
            return "reached"
        except OSError as error:
            return type(error).__name__
"""


@pytest.mark.sandbox
@pytest.mark.parametrize("own", [True, False])
def test_no_socket_of_a_service_is_reached(
    sandbox: StartSandbox, workspace: Path, interpreter: Interpreter, own: bool
) -> None:
    one, other = workspace.parent / "readable", workspace.parent / "installed"
    folders = (workspace, workspace / "deep") if own else (one, other / "deep")
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    more: dict[str, object] = {}
    if not own:
        reads = replace(interpreter, folders=(*interpreter.folders, str(other)))
        more = {"readable": (str(one),), "interpreter": reads}
    with _service(folders[0]) as first, _service(folders[1]) as second:
        (workspace / "check.py").write_text(
            f"{_REACH}\nsaid = reach({str(first)!r}), reach({str(second)!r})\n\n"
            "def test_it():\n    assert said == 0\n"
        )
        server = sandbox(**more)
        plan = parse("python -m pytest check.py", str(workspace)).plan
        said = [_message(server.run(plan, {}, Terms(wall=30)))]
        held = server.hold(plan, wall=30)
        assert held is not None
        plan = replace(plan, select=held[0])
        said.append(_message(server.patch(plan, (), Terms(wall=30, private=False))))
        assert all("Error" in each and "reached" not in each for each in said), said


def _message(run: Run) -> str:
    failure = run.bad()[0].failure
    assert failure is not None
    return failure.message
