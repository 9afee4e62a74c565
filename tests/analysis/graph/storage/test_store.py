"""The store is a cache: what cannot be read is built anew. Its numbers keep their meaning."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from analysis.graph import Graph
from analysis.graph.store import EDGES, SCHEMA
from analysis.snapshot import Workspace


def test_another_version_or_a_damaged_file_is_built_anew(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "a.py").write_text("def f(): ...\n")
    with Graph(Workspace(str(tmp_path / "p")), tmp_path / "kept") as graph:
        graph.refresh()
        place = graph.store.path
    with sqlite3.connect(place) as db:
        db.execute("UPDATE meta SET value=? WHERE key='schema'", (str(SCHEMA - 1),))
        db.execute("DROP TABLE edge")
    db.close()
    with Graph(Workspace(str(tmp_path / "p")), tmp_path / "kept") as graph:
        assert graph.refresh() == 1
    place.write_bytes(b"not a database" * 100)
    with Graph(Workspace(str(tmp_path / "p")), tmp_path / "kept") as graph:
        assert graph.refresh() == 1
        assert graph.callers("f") == []


def test_edge_types_keep_their_numbers() -> None:
    assert EDGES[:5] == ("CONTAINS", "INHERITS", "HAS_METHOD", "HAS_FIELD", "call")
