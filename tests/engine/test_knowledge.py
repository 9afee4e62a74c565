"""What completions may know: the workers' answers in the order of the code graph."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.deadline import Deadline
from analysis.holes.query import HoleQuery
from analysis.snapshot import Snapshot, Workspace
from analysis.worker.pool import AnalysisPool, WorkerSettings
from engine.graphs import Graphs
from engine.knowledge import Knowledge
from tests.engine.conftest import PATIENCE

pytestmark = pytest.mark.process

SHAPES = """\
class Shape:
    pass


def apart() -> Shape: ...


def close() -> Shape: ...


def other(shape: Shape) -> Shape: ...
"""
USER = """\
from shapes import Shape, apart, close


def f() -> Shape:
    close()
    return apart()
"""


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[AnalysisPool]:
    with AnalysisPool(WorkerSettings(str(tmp_path / "jedi"))) as pool:
        yield pool


def test_a_graph_ranks_where_there_is_one(pool: AnalysisPool, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "shapes.py").write_text(SHAPES)
    (root / "user.py").write_text(USER)
    workspace = Workspace(str(root))
    text = USER.replace("return apart()", "return ")
    snapshot = Snapshot(str(root / "user.py"), text, workspace)
    query = HoleQuery(snapshot, text.index("return ") + len("return "), headers=True)
    graphs = Graphs(tmp_path / "graphs")
    knowledge = Knowledge(pool, graphs)
    before = knowledge.context(query, Deadline.after(PATIENCE)).result(PATIENCE)
    names = [header.name for header in before.headers]
    # None is built for this.
    assert before.related == ()
    assert names.index("apart") < names.index("close")
    (root / "user.py").write_text(text + "close()\n")
    graphs.ask(workspace, lambda graph: graph.stats(), lambda message, fraction: None)
    after = knowledge.context(query, Deadline.after(PATIENCE)).result(PATIENCE)
    names = [header.name for header in after.headers]
    assert names.index("close") < names.index("apart")
    assert "def close() -> Shape" in after.related
    graphs.close()


def test_without_a_graph_there_is_an_answer_all_the_same(
    pool: AnalysisPool, tmp_path: Path
) -> None:
    graphs = Graphs(tmp_path / "graphs")
    snapshot = Snapshot("", "def f() -> int:\n    return ", Workspace(str(tmp_path)))
    around = Knowledge(pool, graphs).around(snapshot, len(snapshot.text), PATIENCE)
    assert around.result(PATIENCE).expected.type == "int"
    graphs.close()
