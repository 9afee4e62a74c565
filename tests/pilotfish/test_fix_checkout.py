"""``pilotfish fix`` in checkouts as people keep them: installed in place, with pytest options."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

import pytest

from tests.pilotfish.command import answered

pytestmark = pytest.mark.sandbox

#: What runs at import can only be fixed where a candidate imports the module anew.
MODULE = "def lowest():\n    return 1\n\n\nLOWEST = lowest()\n"
TESTS = """\
import pytest

from shape.clip import LOWEST


@pytest.mark.parametrize("value, wanted", [(3, 3), (-4, -4)], ids=["a[b]", "negative"])
def test_lowest(value, wanted):
    assert LOWEST + value == wanted
"""


def _environment(root: Path, sources: Path) -> Path:
    """A virtual environment of the checkout in which ``sources`` are installed in place."""
    folder = root / ".venv"
    venv.create(folder)
    (packages,) = folder.glob("lib/python*/site-packages")
    shared = sysconfig.get_path("purelib")
    (packages / "in_place.pth").write_text(f"{sources}\n{shared}\n", encoding="utf-8")
    return folder / "bin" / "python"


def _fix(root: Path, python: Path, file: str, test: str) -> dict[str, Any]:
    words = [file, "--test", test, "--json", "--model", "none", "--time-limit", "90"]
    return answered(root, "fix", *words, "--python", str(python))[1]


@pytest.mark.parametrize(("layout", "runner"), [("src", "python -m pytest"), (".", "pytest")])
def test_a_package_installed_in_place_is_fixed(tmp_path: Path, layout: str, runner: str) -> None:
    """Its modules are the workspace's, though a folder of the interpreter's path holds them; and
    where pytest is seen in another one's folder, no program of that name stands in its own."""
    root = tmp_path / "checkout"
    package = root / layout / "shape"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "clip.py").write_text(MODULE)
    (root / "tests").mkdir()
    (root / "tests" / "test_clip.py").write_text(TESTS)
    (root / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\naddopts = ["-ra", "--strict-markers", "-p", "no:legacypath"]\n'
    )
    python = _environment(root, root / layout)
    file = str((package / "clip.py").relative_to(root))
    answer = _fix(root, python, file, f"{runner} 'tests/test_clip.py::test_lowest[a[b]]'")
    assert answer["status"] == "verified", answer


def test_of_patches_that_pass_the_one_that_fixes_other_failures_is_chosen(tmp_path: Path) -> None:
    """The test that was named holds for a second wrong number too; the one beside it does not."""
    (tmp_path / "setup.cfg").touch()
    (tmp_path / "drop.py").write_text(
        "def drop(n, letters):\n    n = n + 1\n    return list(letters)[n:]\n"
    )
    (tmp_path / "test_drop.py").write_text(
        "from drop import drop\n\n\ndef test_second():\n    assert drop(1, 'abab')[:1] == ['b']\n"
        "\n\ndef test_rest():\n    assert drop(2, 'abcd') == ['c', 'd']\n"
        "\n\ndef test_other():\n    assert 'a' == 'b'\n"
    )
    test = "python -m pytest test_drop.py::test_second"
    answer = _fix(tmp_path, Path(sys.executable), "drop.py", test)
    assert answer["status"] == "verified", answer
    assert "1 fails with and without it" in answer["reason"]
    assert "fails with and without the patch: test_drop.py::test_other" in answer["notes"]
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    apply = ["git", "apply", "-"]
    subprocess.run(apply, cwd=tmp_path, input=answer["patch"], text=True, check=True)
    run = [sys.executable, "-m", "pytest", "-q", "test_drop.py", "-k", "rest"]
    assert subprocess.run(run, cwd=tmp_path, check=False, capture_output=True).returncode == 0
