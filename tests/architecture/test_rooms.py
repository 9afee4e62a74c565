"""Invariants that are absences, checked on the source (docs/architecture.md)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("analysis", "decoding", "repair", "engine", "lsp_server", "pilotfish")

#: Who may start processes, and why. Anything else that imports these modules is in the wrong room.
STARTS_PROCESSES = {
    "analysis/environments": "asks an interpreter for facts (invariant 2)",
    "analysis/children.py": "starts Pilotfish's own processes",
    "analysis/lint/ruff.py": "runs ruff",
    "decoding/models": "runs pip to download data wheels",
    "repair/sandbox": "runs user code (invariant 2)",
    "pilotfish/commands": "asks git which lines changed",
    "pilotfish/health.py": "tries whether programs and libraries run",
}


def _modules() -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_every_module_says_what_it_is_for() -> None:
    silent = [p for p in _modules() if not ast.get_docstring(ast.parse(p.read_text("utf-8")))]
    assert _modules(), "no modules found: the test looks in the wrong place"
    assert silent == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_in_which_order_to_read_it(room: str) -> None:
    said = ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text("utf-8"))) or ""
    named = re.findall(r"``(\w+)``", said.partition("Read in this order:")[2])
    assert named
    there = {path.stem for path in (ROOT / room).iterdir()}
    assert [name for name in named if name not in there] == []


@pytest.mark.parametrize("module", ["subprocess", "multiprocessing", "pty"])
def test_only_named_rooms_start_processes(module: str) -> None:
    offenders = [
        str(path.relative_to(ROOT))
        for path in _modules()
        if module in _imports(path)
        and not str(path.relative_to(ROOT)).startswith(tuple(STARTS_PROCESSES))
    ]
    assert offenders == []


def test_no_vague_file_names() -> None:
    vague = {"utils.py", "helpers.py", "common.py", "manager.py", "misc.py"}
    assert [p for p in _modules() if p.name in vague] == []
