"""Sites of small projects, resolved: `#! KIND TARGET…` behind a line says what it must use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis.graph import Graph
from analysis.graph.store import EDGES
from analysis.snapshot import Workspace

CASES = Path(__file__).parents[3] / "fixtures" / "graph"
_FILE = re.compile(r"^# file: (\S+)$", re.M)
_EXPECTED = re.compile(r"#! (.+)$")


def write_project(text: str, root: Path) -> dict[str, str]:
    """The files of a case, written under ``root``."""
    parts = _FILE.split(text)
    files = dict(zip(parts[1::2], parts[2::2], strict=True))
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return files


@pytest.mark.parametrize("case", sorted(CASES.glob("*.txt")), ids=lambda path: path.stem)
def test_what_a_line_uses(case: Path, tmp_path: Path) -> None:
    files = write_project(case.read_text(encoding="utf-8"), tmp_path / "project")
    checked = 0
    with Graph(Workspace(str(tmp_path / "project")), tmp_path / "cache") as graph:
        graph.refresh()
        for name, content in files.items():
            path = str(tmp_path / "project" / name)
            for number, line in enumerate(content.split("\n")):
                found = _EXPECTED.search(line)
                if found is None:
                    continue
                checked += 1
                wanted = sorted(part.strip() for part in found[1].split(";") if part.strip())
                assert sorted(_edges_at(graph, path, number)) == wanted, f"{name}: {line}"
    assert checked, "the case expects nothing"


def _edges_at(graph: Graph, path: str, line: int) -> set[str]:
    rows = graph.store.db.execute(
        "SELECT e.type, n.qualified_name FROM edge e JOIN file f ON f.id = e.file JOIN node n "
        "ON n.id = e.target WHERE f.path=? AND e.line=? AND e.type >= 4 AND n.file != 0",
        (path, line),
    )
    return {f"{EDGES[kind]} {name}" for kind, name in rows}
