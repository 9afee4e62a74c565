"""An untrusted environment names folders of the machine: analysis and sandbox see none."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.environments.boundaries import is_too_wide, may_be_named
from analysis.environments.candidates import resolve
from analysis.snapshot import Workspace
from repair.errors import RepairError
from repair.sandbox.bubblewrap import command_line
from repair.sandbox.interpreter import interpreter_of
from repair.sandbox.policy import Policy
from tests.attacks.conftest import Victim

_APP = "def add(a, b):\n    return a - b\n"
_LOOKS = """\
import os, unittest, app

class Looks(unittest.TestCase):
    def test_what_is_there(self):
        assert app.add(1, 1) == 2, [place for place in {places!r} if os.path.exists(place)]
"""


def _environment(clone: Path, python: str = sys.executable) -> Path:
    """A virtual environment in the clone; its folder of packages."""
    command = [python, "-m", "venv", "--without-pip", "--symlinks", str(clone / ".venv")]
    subprocess.run(command, check=True)
    return next((clone / ".venv" / "lib").glob("python3*")) / "site-packages"


def _by_pth(packages: Path, folder: Path) -> None:
    (packages / "near.pth").write_text(f"{folder}\n")


def _by_a_way_round(packages: Path, folder: Path) -> None:
    (packages / "near.pth").write_text(f"/proc/self/root{folder}\n../../../../link\n")
    (packages.parents[3] / "link").symlink_to(folder)


def _by_finder(packages: Path, folder: Path) -> None:
    inside = next(folder.iterdir(), folder / "none")
    text = f"MAPPING: dict[str, str] = {{{inside.name!r}: {str(inside)!r}}}\n"
    (packages / "__editable___near_finder.py").write_text(text)


def _by_link_to_packages(packages: Path, folder: Path) -> None:
    packages.rmdir()
    packages.symlink_to(folder)


def _by_home_of_the_base(packages: Path, folder: Path) -> None:
    """``pyvenv.cfg`` names a base in the clone; the prefix of its library is the folder above."""
    clone = packages.parents[3]
    (clone / "Lib").mkdir()
    (clone / "Lib" / "os.py").touch()
    (clone.parent / "bin").mkdir(exist_ok=True)
    (clone / ".venv" / "pyvenv.cfg").write_text(f"home = {clone}/bin\nversion = 3.11.1\n")
    del folder


NAMES: list[Callable[[Path, Path], None]] = [
    _by_pth,
    _by_a_way_round,
    _by_finder,
    _by_link_to_packages,
    _by_home_of_the_base,
]


@pytest.mark.parametrize("name", NAMES)
def test_analysis_and_sandbox_are_shown_no_folder_outside(
    victim: Victim, name: Callable[[Path, Path], None]
) -> None:
    secrets = victim.home / ".ssh"
    name(_environment(victim.clone), secrets)
    environment = resolve(Workspace(str(victim.clone)), {})
    assert not environment.started
    shown = {*environment.sys_path, *interpreter_of(environment).folders}
    seen = [place for place in shown if secrets.is_relative_to(Path(place).resolve())]
    assert seen == []


@pytest.mark.sandbox
def test_debug_shows_no_key_and_no_socket(anybody: Victim) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="pilotfish-") as folder,
        socket.socket(socket.AF_UNIX) as service,
    ):
        Path(folder).chmod(0o755)
        service.bind(f"{folder}/bus")
        service.listen()
        packages = _environment(anybody.clone, anybody.python)
        _by_finder(packages, anybody.home / ".ssh")
        (packages / "other.pth").write_text(
            f"{folder}\n/\n{anybody.home}/.ssh\n/root/.ssh\n/run\n/tmp\n/var\n"
        )
        places = [str(anybody.home / ".ssh" / "id"), f"{folder}/bus", "/run/lock", "/var/lib"]
        (anybody.clone / "app.py").write_text(_APP)
        (anybody.clone / "test_app.py").write_text(_LOOKS.format(places=places))
        ran = anybody.runs("debug", "app.py", "--json")
    answer = json.loads(ran.out)
    assert [test["message"] for test in answer["tests"]] == ["[]"], ran.err


def test_folders_within_the_clone_count(victim: Victim) -> None:
    """The clone lies below the folder for temporary files, as many a legal one does."""
    packages = _environment(victim.clone)
    (victim.clone / "src").mkdir()
    (packages / "own.pth").write_text(f"{victim.clone}/src\n")
    environment = resolve(Workspace(str(victim.clone)), {})
    assert str(victim.clone / "src") in environment.sys_path
    assert str(packages) in environment.sys_path


def test_an_interpreter_of_the_user_s_choice_names_what_it_likes_but_no_home(
    victim: Victim,
) -> None:
    own = victim.home / "environment"
    venv.create(own, symlinks=True, with_pip=False)
    packages = next((own / "lib").glob("python3*")) / "site-packages"
    (victim.home / "project").mkdir()
    lines = [str(victim.home / "project"), str(Path.home()), "/", "/run", "/tmp", "/proc/self"]
    (packages / "near.pth").write_text("\n".join(lines))
    workspace = Workspace(str(victim.clone), python=str(own / "bin" / "python"))
    environment = resolve(workspace, {})
    assert environment.started
    assert str(victim.home / "project") in environment.sys_path
    assert not {place for place in environment.sys_path if is_too_wide(place)}


def test_wide_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "users" / "me"))
    base = Path(sys.base_prefix)
    for wide in ("/", "/run", "/tmp", "/var", "/proc", tmp_path, tmp_path / "users" / "me"):
        assert is_too_wide(wide), wide
        assert not may_be_named(Path(wide), "", base), wide
        assert not may_be_named(Path(wide), "/", base), wide
    assert not is_too_wide(tmp_path / "users" / "me" / "code")


@pytest.mark.sandbox
@pytest.mark.parametrize("folder", ["/", "/run", "/tmp", "~"])
def test_a_person_cannot_show_a_whole_home_by_mistake(victim: Victim, folder: str) -> None:
    interpreter = interpreter_of(resolve(Workspace(str(victim.clone), python=sys.executable), {}))
    policy = Policy(str(victim.clone), interpreter, readable=(folder,))
    with pytest.raises(RepairError, match="must not show"):
        command_line(policy, ["true"])
    with pytest.raises(RepairError, match="must not"):
        command_line(Policy(str(Path(folder).expanduser()), interpreter), ["true"])
