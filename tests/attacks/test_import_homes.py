"""Attacks on the search for a name's module: files and folders of a stranger's clone are looked at,
and their names become source text."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from analysis.deadline import Deadline
from analysis.semantics.homes import homes
from analysis.snapshot import Workspace

_TARGET = "class Target:\n    pass\n"


def _found(root: Path) -> set[str]:
    workspace = Workspace(str(root))
    path = str(root / "app.py")
    return {home.module for home in homes("Target", path, workspace, Deadline.after(60))}


def test_a_module_that_no_import_can_name_is_no_home(tmp_path: Path) -> None:
    for folder in ("x\nimport os\nos.remove('app.py')\n#", "a-b", "1a", "class", "a b", "\udcff"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "inner.py").write_text(_TARGET)
        (tmp_path / f"{folder}.py").write_text(_TARGET)
    (tmp_path / "good.py").write_text(_TARGET)
    assert _found(tmp_path) == {"good"}


@pytest.mark.parametrize(
    "text",
    {
        "empty lines": "\n" * 400_000,
        "blank lines": " \n" * 200_000,
        "imports in a line": "import " * 60_000 + "\n",
        "words in a line": "    " + "a" * 400_000 + "\n",
        "branches": "if a:\n    x = 1\n" + "elif a:\n    x = 1\n" * 900 + _TARGET,
        "nested": "x = " + "-" * 3000 + "1\n" + _TARGET,
        "long": "x = 1\n" * 2_000_000 + _TARGET,
    }.items(),
    ids=lambda item: item[0],
)
def test_a_hostile_file_costs_itself_alone(tmp_path: Path, text: tuple[str, str]) -> None:
    (tmp_path / "bad.py").write_text(f"# Target\n{text[1]}")
    (tmp_path / "good.py").write_text(_TARGET)
    os.mkfifo(tmp_path / "fifo.py")
    begin = time.process_time()
    assert "good" in _found(tmp_path)
    assert time.process_time() - begin < 10
