"""Two virtual environments with two versions of the same packages: everything follows the version.

The environments and the wheels are real; the packages cover how modules come to be on the path: a
package, a namespace package, a stub beside the source, a compiled module with a stub package, an
editable install; the user's own lies under ``src``.
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from analysis.deadline import Deadline
from analysis.names import Tier
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.holes import hole_at
from analysis.worker.pool import AnalysisPool, WorkerSettings
from analysis.worker.queries import NamesQuery
from pilotfish.main import main

pytestmark = [pytest.mark.process, pytest.mark.slow]

#: Files of a distribution ``rig`` in two versions.
FIRST = {
    "rig/__init__.py": "def hoist(load): ...\n\n\nclass Crane:\n    def lift(self): ...\n",
    "rig/chain.py": "LENGTH = 1\n",
    "fleet/rig.py": "def moor(): ...\n",
    "typed/__init__.py": "def measure(depth): ...\n",
    "typed/__init__.pyi": "def measure(depth: int) -> str: ...\n",
    "hidden.abi3.so": "",
    "hidden-stubs/__init__.pyi": "def run(speed: int) -> None: ...\n",
}
SECOND = {
    "rig/__init__.py": "def raise_load(load, *, slow=False): ...\n\n\n"
    "class Crane:\n    def heave(self): ...\n",
    "rig/rope.py": "LENGTH = 1\n",
    "fleet/rig.py": "def anchor(): ...\n",
    "typed/__init__.py": "def sound(depth): ...\n",
    "typed/__init__.pyi": "def sound(depth: int) -> str: ...\n",
    "hidden.abi3.so": "",
    "hidden-stubs/__init__.pyi": "def go(speed: int) -> None: ...\n",
}
#: What a user of the first version writes; every line is wrong under the second.
APP = """\
import hidden
import rig
import typed
import yard
from fleet.rig import moor
from rig.chain import LENGTH

rig.hoist(LENGTH)
rig.Crane().lift()
typed.measure(1)
yard.open_gate()
moor()
hidden.run(1)
"""
_WHEEL = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@dataclass(frozen=True)
class _Worlds:
    first: str
    second: str
    workspace: Path


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> _Worlds:
    root = tmp_path_factory.mktemp("versions")
    workspace = root / "project"
    (workspace / "src" / "project").mkdir(parents=True)
    (workspace / "pyproject.toml").write_text("[project]\nname = 'project'\n")
    (workspace / "src" / "project" / "__init__.py").write_text("")
    (workspace / "src" / "project" / "app.py").write_text(APP)
    first = _environment(root / "one", "1.0", FIRST, "def open_gate(): ...\n")
    second = _environment(root / "two", "2.0", SECOND, "def swing_gate(): ...\n")
    return _Worlds(first, second, workspace)


def _environment(root: Path, version: str, files: dict[str, str], yard: str) -> str:
    """A virtual environment with a wheel of ``rig`` and an editable install of ``yard``."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root / "env")], check=True)
    wheel = root / f"rig-{version}-py3-none-any.whl"
    info = f"rig-{version}.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: rig\nVersion: {version}\n"
        )
        archive.writestr(f"{info}/WHEEL", _WHEEL)
        names = "".join(f"{name},,\n" for name in files)
        archive.writestr(
            f"{info}/RECORD", f"{names}{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"
        )
    python = root / "env" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-index"]
    subprocess.run([*pip, "--no-deps", "--disable-pip-version-check", str(wheel)], check=True)
    # As hatchling and setuptools do for a project with a plain layout: a folder in a ``.pth`` file.
    source = root / "yard-source"
    source.mkdir()
    (source / "yard.py").write_text(yard)
    site = next((root / "env" / "lib").glob("python*/site-packages"))
    (site / "_yard.pth").write_text(f"{source}\n")
    return str(python)


def _check(worlds: _Worlds, python: str) -> list[tuple[int, str, str]]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        main(["check", str(worlds.workspace), "--json", "--python", python])
    rows: list[dict[str, Any]] = json.loads(out.getvalue())
    return [(r["line"] + 1, r["code"], r["message"]) for r in rows if r["source"] == "pilotfish"]


def _inspect(worlds: _Worlds, python: str, text: str) -> tuple[str, set[str]]:
    path = str(worlds.workspace / "src" / "project" / "new.py")
    lines = text.split("\n")
    question = {"path": path, "line": len(lines) - 1, "character": len(lines[-1]), "text": text}
    done = subprocess.run(
        [sys.executable, "-m", "pilotfish.main", "inspect", "--jsonl", "--python", python,
         "--deadline-ms", "60000"],
        input=json.dumps(question) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    answer = json.loads(done.stdout)
    return answer["tier"], {n["name"] for n in answer["names"] if not n["name"].startswith("_")}


def test_what_is_right_under_one_version_is_found_under_the_other(worlds: _Worlds) -> None:
    assert _check(worlds, worlds.first) == []
    found = _check(worlds, worlds.second)
    assert [(line, code) for line, code, _ in found] == [
        (5, "PF103"),
        (6, "PF102"),
        (8, "PF101"),
        (9, "PF101"),
        (10, "PF101"),
        (11, "PF101"),
        (13, "PF101"),
    ]
    assert found[2][2].startswith("module `rig` has no attribute `hoist` in rig 2.0")
    assert found[3][2].startswith("`Crane` has no attribute `lift` in rig 2.0")


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("import rig\nrig.", {"hoist", "Crane", "chain"}, {"raise_load", "Crane", "rope"}),
        ("import rig\nrig.Crane().", {"lift"}, {"heave"}),
        ("from fleet.rig import ", {"moor"}, {"anchor"}),
        ("import rig.", {"chain"}, {"rope"}),
        ("import yard\nyard.", {"open_gate"}, {"swing_gate"}),
    ],
)
def test_the_names_of_a_hole_follow_the_version(
    worlds: _Worlds, text: str, first: set[str], second: set[str]
) -> None:
    assert _inspect(worlds, worlds.first, text) == ("closed", first)
    assert _inspect(worlds, worlds.second, text) == ("closed", second)


def test_completion_is_handed_the_names_of_the_version(worlds: _Worlds, tmp_path: Path) -> None:
    text = "import rig\nrig.raise_load(load=1, "
    path = str(worlds.workspace / "src" / "project" / "new.py")
    with AnalysisPool(WorkerSettings(str(tmp_path))) as pool:
        names = {}
        for python in (worlds.first, worlds.second):
            for source in ("import rig\nrig.", text):
                snapshot = Snapshot(path, source, Workspace(str(worlds.workspace), python=python))
                hole = hole_at(source, len(source))
                answer = pool.ask(NamesQuery(snapshot, hole), Deadline.after(60)).result()
                names[python, source] = answer
    attributes = "import rig\nrig."
    assert names[worlds.first, attributes].tier is Tier.CLOSED
    assert "raise_load" not in names[worlds.first, attributes].spellings()
    assert "raise_load" in names[worlds.second, attributes].spellings()
    assert names[worlds.second, text].spellings() == {"slow"}
    assert names[worlds.first, text].tier is Tier.ABSTAIN
