"""``pilotfish graph query``: Cypher over the graph, and queries that are wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from pilotfish.main import main

SOURCE = '''\
class Shape:
    """Something flat.

    It has "sides", and more than one line.
    """

    def area(self):
        return 0


class Square(Shape):
    def area(self):
        return self.side ** 2


def total(shapes, one: Shape):
    eval("1")
    return one.area() + sum(s.area() for s in shapes)
'''


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "forms.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(capsys: pytest.CaptureFixture[str], query: str) -> list[dict[str, object]]:
    assert main(["graph", "query", query, "--json"]) == 0
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)["rows"]
    return found


def test_rows_have_the_aliases_of_the_query(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    query = (
        "MATCH (c:CLASS)-[:HAS_METHOD]->(m) RETURN c.qualified_name AS class, m.name AS method, "
        "m.line AS line ORDER BY class"
    )
    assert rows(capsys, query) == [
        {"class": "forms.Shape", "method": "area", "line": 6},
        {"class": "forms.Square", "method": "area", "line": 11},
    ]


def test_a_node_and_an_edge_are_mappings(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [row] = rows(capsys, "MATCH (f)-[u:USES]->(e:EXTERNAL {name: 'eval'}) RETURN f, u, e")
    assert row["f"] | {"label": "FUNCTION", "name": "total"} == row["f"]  # type: ignore[operator]
    assert row["u"] == {
        "label": "USES",
        "kind": "call",
        "how": "exact",
        "line": 16,
        "character": 4,
        "end_line": 16,
        "end_character": 8,
    }
    assert "standard library" in row["e"]["package"]  # type: ignore[index]


def test_edges_say_how_they_were_resolved(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    query = (
        "MATCH (f:FUNCTION)-[u:USES {kind: 'call'}]->(m:METHOD) "
        "RETURN m.qualified_name AS method, u.how AS how, u.character AS at "
        "ORDER BY method, how, at"
    )
    assert [tuple(row.values()) for row in rows(capsys, query)] == [
        ("forms.Shape.area", "by name", 30),
        ("forms.Shape.area", "exact", 15),
        ("forms.Square.area", "by name", 15),
        ("forms.Square.area", "by name", 30),
    ]


def test_docstrings_of_several_lines(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [row] = rows(capsys, "MATCH (c:CLASS {name: 'Shape'}) RETURN c.docstring AS doc")
    assert row["doc"] == 'Something flat.\n\nIt has "sides", and more than one line.'


@pytest.mark.parametrize(
    ("query", "place", "said"),
    [
        ("MATCH (c:CLAS) RETURN c", "query:1:10", "did you mean CLASS?"),
        ("MATCH (c:CLASS)\nRETURN c.nme", "query:2:10", "did you mean name?"),
        ("MATCH (c:CLASS RETURN c", "query:1:16", "does not parse"),
        ("MATCH (c:CLASS) SET c.name = 'x'", "query:1:17", "read-only"),
        ("LOAD FROM 'secret.csv' RETURN *", "query:1:1", "read-only"),
        ("RETURN 1; /* */ UPDATE httpfs", "query:1:17", "read-only"),
        ("MATCH (c:CLASS) CALL READ_CSV_SERIAL('x') RETURN *", "query:1:17", "read-only"),
        ("UNWIND range(1, 200000) AS x RETURN x", "query", "more than 100,000 rows"),
        ("MATCH (c:CLASS) RETURN count(d.name)", "query:1:30", "the query binds c"),
        (" ", "query", "empty"),
    ],
)
def test_a_wrong_query_says_where(
    project: Path, capsys: pytest.CaptureFixture[str], query: str, place: str, said: str
) -> None:
    assert main(["graph", "query", query]) == 2
    told = capsys.readouterr().err
    assert place in told
    assert said in told


def test_words_that_write_are_harmless_as_text(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rows(capsys, "MATCH (c:CLASS) WHERE c.name = 'DROP' RETURN c.name AS set_") == []


def test_without_the_extra_the_fix_is_named(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ladybug", None)
    assert main(["graph", "query", "MATCH (c:CLASS) RETURN c"]) == 2
    assert "pip install '.[graph]'" in capsys.readouterr().err
