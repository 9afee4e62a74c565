from __future__ import annotations

import os
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from analysis.deadline import Deadline
from analysis.environments.candidates import candidates, resolve
from analysis.environments.static import read
from analysis.findings import Finding
from analysis.lint.checking import check_files
from analysis.lint.dependencies import Surveyor
from analysis.lint.query import LintQuery
from analysis.lint.remembered import Remembered
from analysis.lint.selection import select
from analysis.semantics.reference import ReferenceProvider
from analysis.snapshot import Workspace
from tests.analysis.lint.conftest import InProcess, environment


class _Counting(InProcess):
    """Remembers which files were looked at."""

    def __init__(self, provider: ReferenceProvider) -> None:
        super().__init__(provider)
        self.looked: list[str] = []

    def ask(self, query: Any, deadline: Deadline) -> Future[Any]:
        assert isinstance(query, LintQuery)
        self.looked.append(Path(query.snapshot.path).name)
        return super().ask(query, deadline)


class _Project:
    """A workspace that is checked again and again with one memory."""

    def __init__(self, root: Path, provider: ReferenceProvider) -> None:
        self.root = root / "project"
        self.cache = root / "cache"
        self.provider = provider
        environment(self.root, "dep", "def made(): ...\n", "1.0")
        self.write("base.py", "class Base:\n    def name(self) -> str:\n        return ''\n")
        self.write("user.py", "from base import Base\nBase().nam()\n")
        self.write("alone.py", "import dep\ndep.mode()\n")

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)

    def check(self) -> tuple[list[str], list[tuple[str, str]]]:
        """The files that were looked at, and the findings."""
        pool = _Counting(self.provider)
        workspace = Workspace(str(self.root))
        found: list[Finding] = []
        with Remembered(str(self.cache), workspace, resolve(workspace)) as memory:
            reports = check_files(
                select([self.root], self.root),
                workspace,
                pool,
                at_once=1,
                on_trouble=lambda error: pytest.fail(str(error)),
                with_ruff=False,
                memory=memory,
            )
            for report in reports:
                found += report.findings
        return sorted(pool.looked), sorted((Path(f.path).name, f.message) for f in found)


@pytest.fixture
def project(tmp_path: Path, provider: ReferenceProvider) -> _Project:
    return _Project(tmp_path, provider)


def test_what_has_not_changed_is_not_looked_at_again(project: _Project) -> None:
    looked, found = project.check()
    assert looked == ["alone.py", "base.py", "user.py"]
    assert [name for name, _ in found] == ["alone.py", "user.py"]
    assert project.check() == ([], found)


def test_a_changed_body_costs_its_own_file_only(project: _Project) -> None:
    _, found = project.check()
    project.write("base.py", "class Base:\n    def name(self) -> str:\n        return 'a'\n")
    assert project.check() == (["base.py"], found)


def test_a_changed_member_reaches_who_uses_it(project: _Project) -> None:
    project.check()
    project.write("base.py", "class Base:\n    def nam(self) -> str:\n        return ''\n")
    looked, found = project.check()
    assert looked == ["base.py", "user.py"]
    assert [name for name, _ in found] == ["alone.py"]


def test_a_change_that_no_other_file_mentions_costs_its_own_file(project: _Project) -> None:
    project.write("user.py", "from base import Base\nBase().name()\n")
    project.write("far.py", "import user\nuser.Base().name()\n")
    assert project.check()[0] == ["alone.py", "base.py", "far.py", "user.py"]
    base = (project.root / "base.py").read_text()
    project.write("base.py", base + "def added(): ...\n")
    assert project.check()[0] == ["base.py"]
    project.write("base.py", base.replace("-> str", "-> int") + "def added(): ...\n")
    assert project.check()[0] == ["base.py", "far.py", "user.py"]


def test_what_stands_outside_hands_a_name_on_only_where_it_imports_it(project: _Project) -> None:
    dep = project.root / ".venv" / "lib" / "python3.11" / "site-packages" / "dep" / "__init__.py"
    project.write("alone.py", "import base, dep\nbase.Base, dep.made\n")
    project.write("user.py", "")
    base = (project.root / "base.py").read_text()
    for imports, expected in (("", False), ("import base\n", True)):
        dep.write_text(f"{imports}def made(): ...\ndef added(): ...\n")
        project.write("base.py", base)
        project.check()
        project.write("base.py", base + "def added(): ...\n")
        assert ("alone.py" in project.check()[0]) == expected


def test_a_name_that_is_new_reaches_what_it_is_nearest_to(project: _Project) -> None:
    project.write("user.py", "import base\nbase.Bas()\n")
    _, before = project.check()
    assert "`Base`" in before[-1][1]
    project.write("base.py", "class Base: ...\nclass Bas_: ...\n")
    looked, after = project.check()
    assert looked == ["base.py", "user.py"]
    assert "`Bas_`" in after[-1][1]


def test_a_new_module_reaches_who_may_have_meant_it(project: _Project) -> None:
    project.write("user.py", "import helper\nhelper.go()\n")
    _, found = project.check()
    assert any("helper" in message for _, message in found)
    project.write("helper.py", "def go(): ...\n")
    looked, found = project.check()
    assert "user.py" in looked
    assert not any("helper" in message for _, message in found)


def test_another_version_of_a_package_is_looked_at(project: _Project) -> None:
    project.check()
    site = project.root / ".venv" / "lib" / "python3.11" / "site-packages"
    (site / "dep" / "__init__.py").write_text("def made(): ...\ndef mode(): ...\n")
    (site / "dep-1.0.dist-info").rename(site / "dep-1.1.dist-info")
    looked, found = project.check()
    assert "alone.py" in looked
    assert [name for name, _ in found] == ["user.py"]


def test_a_damaged_memory_is_made_anew(project: _Project) -> None:
    _, found = project.check()
    (project.cache / "check.sqlite").write_bytes(b"no database" * 1000)
    assert project.check() == (["alone.py", "base.py", "user.py"], found)
    assert project.check() == ([], found)


def test_two_processes_share_a_memory(project: _Project) -> None:
    workspace = Workspace(str(project.root))
    world = resolve(workspace)
    with (
        Remembered(str(project.cache), workspace, world) as one,
        Remembered(str(project.cache), workspace, world) as other,
    ):
        one.keep("/a.py", "a", (), ())
        other.keep("/b.py", "b", (), ())
        assert one.recall("/b.py", "b") == ()
        assert other.recall("/a.py", "a") == ()
        assert one.recall("/a.py", "b") is None


def test_a_file_of_the_environment_counts_by_its_content(tmp_path: Path) -> None:
    file = tmp_path / "site" / "crates.py"
    file.parent.mkdir()
    file.write_text("def pack(): ...\n")
    before = file.stat()
    workspace = Workspace(str(tmp_path / "own"))

    def digest() -> str:
        return Surveyor(workspace, read(candidates(workspace)[0])).file(str(file))

    first = digest()
    file.touch()
    assert digest() == first
    file.write_text("def rack(): ...\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert digest() != first
