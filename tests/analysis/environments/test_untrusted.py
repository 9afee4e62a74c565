"""A hostile workspace: nothing of it runs, and what it holds is found all the same (invariant 5).

Every trap would leave a file behind. The queries go through real worker processes.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.deadline import Deadline
from analysis.environments.candidates import belongs_to, candidates, resolve
from analysis.environments.environment import Origin
from analysis.names import NameSet, Tier
from analysis.snapshot import Snapshot, Workspace
from analysis.worker.pool import AnalysisPool, WorkerSettings

_TRAP = "import pathlib\npathlib.Path({canary!r}).joinpath({name!r}).touch()\n"


class Hostile:
    """A workspace full of traps, with a package that is really installed in its ``.venv``."""

    def __init__(self, root: Path, canaries: Path) -> None:
        self.root = root
        self.canaries = canaries
        self.site_packages = (
            root / ".venv" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
        )
        venv.create(root / ".venv", symlinks=True, with_pip=False)
        for name in ("jedi.py", "parso.py", "sitecustomize.py", "usercustomize.py", "typing.py"):
            (root / name).write_text(self._trap(name))
        for package in ("analysis", "decoding", "msgspec"):
            (root / package).mkdir()
            (root / package / "__init__.py").write_text(self._trap(package))
        (root / "manage.py").write_text(self._trap("manage.py"))
        (root / "pyproject.toml").write_text("[project]\nname='x'\n[build-system]\nrequires=[]\n")
        (root / ".jedi").mkdir()
        (root / ".jedi" / "project.json").write_text(
            '[1, {"environment_path": ".venv/bin/python", "load_unsafe_extensions": true}]'
        )
        (self.site_packages / "evil.pth").write_text(
            "import os; exec(" + repr(self._trap("pth")) + ")\n"
        )
        (self.site_packages / "sitecustomize.py").write_text(self._trap("venv-sitecustomize"))
        (self.site_packages / "installed.py").write_text(
            self._trap("installed") + "def real():\n    return 'text'\n"
        )
        info = self.site_packages / "installed-1.2.3.dist-info"
        info.mkdir()
        (info / "RECORD").write_text("installed.py,,\ninstalled-1.2.3.dist-info/RECORD,,\n")
        python = root / ".venv" / "bin" / "python"
        python.unlink()
        python.write_text(f"#!/bin/sh\ntouch {canaries}/fake-python\n")
        python.chmod(0o755)

    def _trap(self, name: str) -> str:
        return _TRAP.format(canary=str(self.canaries), name=name.replace("/", "-"))

    def sprung(self) -> list[str]:
        """The traps that ran."""
        return sorted(path.name for path in self.canaries.iterdir())


@pytest.fixture
def hostile(tmp_path: Path) -> Hostile:
    canaries = tmp_path / "canaries"
    root = tmp_path / "a work%20space"
    canaries.mkdir()
    root.mkdir()
    return Hostile(root, canaries)


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[AnalysisPool]:
    with AnalysisPool(WorkerSettings(str(tmp_path / "cache"))) as running:
        yield running


def _ask(pool: AnalysisPool, workspace: Workspace, path: Path, text: str) -> NameSet:
    lines = text.split("\n")
    return pool.inspect(
        Snapshot(str(path), text, workspace), len(lines) - 1, len(lines[-1]), Deadline.after(60)
    ).result(60)


def test_the_traps_are_real(hostile: Hostile) -> None:
    subprocess.run([hostile.root / ".venv" / "bin" / "python"], check=True)
    python3 = hostile.root / ".venv" / "bin" / "python3"
    subprocess.run(
        [sys.executable, "-c", "import jedi"], cwd=hostile.root, check=True, env={"PATH": ""}
    )
    assert python3.is_symlink()
    assert {"fake-python", "jedi.py"} <= set(hostile.sprung())


def test_nothing_runs_and_the_members_are_found(hostile: Hostile, pool: AnalysisPool) -> None:
    workspace = Workspace(str(hostile.root))
    file = hostile.root / "app.py"
    member = _ask(pool, workspace, file, "import installed\ninstalled.")
    assert member.tier is Tier.CLOSED
    assert "real" in member.spellings()
    assert "invented" not in member.spellings()
    assert member.looked_at == "installed 1.2.3"
    result = _ask(pool, workspace, file, "import installed\ninstalled.real().")
    assert "upper" in result.spellings()
    imported = _ask(pool, workspace, file, "from installed import ")
    assert imported.tier is Tier.CLOSED
    assert "real" in imported.spellings()
    for text in ("import jedi\njedi.", "import sitecustomize\nsitecustomize.", "import analysis."):
        _ask(pool, workspace, file, text)
    assert hostile.sprung() == []


def test_the_interpreter_of_an_untrusted_workspace_is_read(hostile: Hostile) -> None:
    environment = resolve(Workspace(str(hostile.root)), {})
    assert environment.origin is Origin.WORKSPACE
    assert not environment.started
    assert environment.version == sys.version_info[:3]
    assert str(hostile.site_packages) in environment.sys_path
    assert Path(environment.stdlib, "os.py").is_file()
    assert hostile.sprung() == []


@pytest.mark.parametrize("variable", ["VIRTUAL_ENV", "CONDA_PREFIX"])
def test_a_variable_cannot_make_it_trusted(hostile: Hostile, variable: str) -> None:
    link = hostile.canaries.parent / "elsewhere"
    link.symlink_to(hostile.root / ".venv")
    (hostile.root / "venv").mkdir()
    for value in (hostile.root / ".venv", link):
        found = candidates(Workspace(str(hostile.root)), {variable: str(value)})
        named = [c for c in found if c.origin in (Origin.VIRTUAL_ENV, Origin.CONDA)]
        assert [c.may_start for c in named] == [False]
    found = candidates(Workspace(str(hostile.root)), {"PATH": str(hostile.root / ".venv" / "bin")})
    assert [c.may_start for c in found if c.origin is Origin.PATH] == [False]
    assert hostile.sprung() == []


def test_a_trusted_workspace_s_interpreter_is_asked(tmp_path: Path) -> None:
    venv.create(tmp_path / ".venv", symlinks=True, with_pip=False)
    environment = resolve(Workspace(str(tmp_path), trusted=True), {})
    assert environment.started
    assert environment.origin is Origin.WORKSPACE
    assert Path(environment.executable) == tmp_path / ".venv" / "bin" / "python"
    read = resolve(Workspace(str(tmp_path)), {})
    assert not read.started
    assert set(read.sys_path) <= set(environment.sys_path)
    assert read.version == environment.version


def test_what_is_outside_of_the_workspace_is_not_its_own(tmp_path: Path) -> None:
    workspace = Workspace(str(tmp_path / "w"))
    assert not belongs_to(tmp_path / "other" / "bin" / "python", workspace)
    assert belongs_to(tmp_path / "w" / "bin" / "python", workspace)
