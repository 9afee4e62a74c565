"""How packages are found: editable installs, src layout, namespaces, stubs, versions."""

from __future__ import annotations

import sys
import venv
from pathlib import Path

import pytest

from analysis.environments.candidates import resolve
from analysis.environments.distributions import looked_at
from analysis.environments.environment import Environment, import_roots, module_name
from analysis.environments.pth import added_folders
from analysis.errors import AnalysisError
from analysis.semantics.module_finder import Form, find, submodules
from analysis.snapshot import Workspace


@pytest.fixture
def site_packages(tmp_path: Path) -> Path:
    venv.create(tmp_path / ".venv", symlinks=True, with_pip=False)
    return tmp_path / ".venv" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"


def _environment(tmp_path: Path) -> Environment:
    return resolve(Workspace(str(tmp_path)), {})


def test_pth_lines_are_folders_and_import_lines_are_not_run(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "a.pth").write_text(f"# comment\nlib\nimport os; os.abort()\n{tmp_path}/absent\n")
    assert added_folders(tmp_path) == [str(tmp_path / "lib")]


def test_the_finder_of_an_editable_install_is_read(tmp_path: Path) -> None:
    (tmp_path / "project" / "pkg").mkdir(parents=True)
    (tmp_path / "__editable___pkg_1_0_finder.py").write_text(
        f"MAPPING: dict[str, str] = {{'pkg': {str(tmp_path / 'project' / 'pkg')!r}}}\n"
    )
    assert added_folders(tmp_path) == [str(tmp_path / "project")]


def test_src_layout_namespace_and_stubs(tmp_path: Path, site_packages: Path) -> None:
    for file in (
        "src/mine/__init__.py",
        "space/part.py",
        ".venv/lib/x",
    ):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    (site_packages / "space").mkdir()
    (site_packages / "space" / "other.py").touch()
    (site_packages / "native.cpython-311-x86_64-linux-gnu.so").touch()
    (site_packages / "typed-stubs").mkdir()
    (site_packages / "typed-stubs" / "__init__.pyi").touch()
    (site_packages / "typed.py").touch()
    environment = _environment(tmp_path)
    roots = import_roots(str(tmp_path / "app.py"), Workspace(str(tmp_path)), environment)
    mine = find(("mine",), roots, environment)
    assert mine is not None
    assert mine.form is Form.PACKAGE
    space = find(("space",), roots, environment)
    assert space is not None
    assert space.form is Form.NAMESPACE
    assert set(submodules(space)) == {"part", "other"}
    native = find(("native",), roots, environment)
    assert native is not None
    assert native.form is Form.COMPILED
    typed = find(("typed",), roots, environment)
    assert typed is not None
    assert typed.stubs == (str(site_packages / "typed-stubs" / "__init__.pyi"),)
    assert find(("absent",), roots, environment) is None
    assert find(("mine", "absent"), roots, environment) is None


def test_the_name_of_a_module_follows_its_root(tmp_path: Path) -> None:
    package = tmp_path / "src" / "pkg" / "sub"
    package.mkdir(parents=True)
    (tmp_path / "src" / "pkg" / "__init__.py").touch()
    (package / "__init__.py").touch()
    roots = (str(tmp_path / "src"), str(tmp_path))
    assert module_name(package / "mod.py", roots) == ("pkg", "sub", "mod")
    assert module_name(package / "__init__.py", roots) == ("pkg", "sub")


def test_the_version_is_that_of_the_installed_distribution(
    tmp_path: Path, site_packages: Path
) -> None:
    (site_packages / "thing").mkdir()
    (site_packages / "thing" / "__init__.py").touch()
    info = site_packages / "the_thing-2.0.dist-info"
    info.mkdir()
    (info / "RECORD").write_text("thing/__init__.py,,\nthe_thing-2.0.dist-info/RECORD,,\n")
    environment = _environment(tmp_path)
    assert looked_at(str(site_packages / "thing" / "__init__.py"), environment) == "the-thing 2.0"
    assert looked_at(str(tmp_path / "app.py"), environment) == ""
    standard = looked_at(str(Path(environment.stdlib) / "os.py"), environment)
    assert standard == f"Python 3.{sys.version_info.minor} standard library"


def test_a_named_interpreter_that_does_not_work_is_an_error(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho nonsense\n")
    broken.chmod(0o755)
    with pytest.raises(AnalysisError, match="did not describe itself"):
        resolve(Workspace(str(tmp_path), python=str(broken)), {})
