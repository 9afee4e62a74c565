"""``pilotfish fix`` in checkouts as people keep them: installed in place, with pytest options."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.sandbox

PILOTFISH = str(Path(sys.executable).parent / "pilotfish")
#: What runs at import can only be mended where a candidate imports the module anew.
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
    done = subprocess.run(
        [PILOTFISH, "fix", *words, "--python", str(python)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert "Traceback" not in done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("layout", ["src", "."])
def test_a_package_installed_in_place_is_mended(tmp_path: Path, layout: str) -> None:
    """Its modules are the workspace's, though a folder of the interpreter's path holds them."""
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
    answer = _fix(root, python, file, "python -m pytest 'tests/test_clip.py::test_lowest[a[b]]'")
    assert answer["status"] == "verified", answer
