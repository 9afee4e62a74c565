"""The engine's graphs: built once, kept true by a process of their own, in no question's way."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from analysis.errors import AnalysisError
from analysis.graph import Graph, IndexerClient
from analysis.snapshot import Workspace
from analysis.text.overlay import Buffer, Content
from engine.graphs import Graphs

pytestmark = pytest.mark.process


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    (folder / "inner").mkdir(parents=True)
    (folder / "one.py").write_text("def one():\n    return 1\n", encoding="utf-8")
    (folder / "two.py").write_text("from one import one\n\none()\n", encoding="utf-8")
    return folder


@pytest.fixture
def graphs() -> Iterator[Graphs]:
    graphs = Graphs()
    yield graphs
    graphs.close()


def callers(graph: Graph) -> list[str]:
    return [use.node.qualified_name for use in graph.callers("one.one")]


def quiet(stage: str, fraction: float) -> None:
    pass


def test_the_first_question_waits_until_there_is_a_graph(graphs: Graphs, root: Path) -> None:
    told: list[str] = []
    found = graphs.ask(Workspace(str(root)), callers, lambda said, _: told.append(said))
    assert found == ["two"]
    assert any("2 of 2 files" in said for said in told)


def test_a_file_that_is_asked_about_is_seen_as_it_is_on_disk(graphs: Graphs, root: Path) -> None:
    workspace = Workspace(str(root))
    graphs.ask(workspace, callers, quiet)
    added = root / "inner" / "three.py"
    added.write_text("from one import one\n\none()\n", encoding="utf-8")
    assert graphs.ask(workspace, callers, quiet, str(added)) == ["inner.three", "two"]


def test_what_was_said_to_have_changed_is_seen(graphs: Graphs, root: Path) -> None:
    workspace = Workspace(str(root))
    graphs.ask(workspace, callers, quiet)
    (root / "two.py").unlink()
    graphs.changed([str(root / "two.py"), "/elsewhere/other.py"])
    # Asked for together with what has changed: the indexer takes both in turn.
    assert graphs.ask(workspace, callers, quiet, str(root / "one.py")) == []


def test_a_file_that_the_walk_passes_over_is_not_taken_in(graphs: Graphs, root: Path) -> None:
    workspace = Workspace(str(root))
    graphs.ask(workspace, callers, quiet)
    (root / ".gitignore").write_text("ignored/\n", encoding="utf-8")
    for folder in ("ignored", "build"):
        (root / folder).mkdir()
        hidden = root / folder / "hidden.py"
        hidden.write_text("from one import one\n\none()\n", encoding="utf-8")
        assert graphs.ask(workspace, callers, quiet, str(hidden)) == ["two"]


def test_a_keeper_that_is_killed_is_started_again(root: Path) -> None:
    keeping = IndexerClient(Workspace(str(root)))
    try:
        assert keeping.look(None).result(30).done == 2
        before = keeping.pid
        assert before is not None
        psutil.Process(before).kill()
        (root / "two.py").write_text("one = 1\n", encoding="utf-8")
        assert keeping.look([str(root / "two.py")]).result(30).done == 1
        assert keeping.pid not in (None, before)
    finally:
        keeping.close()


def test_what_a_look_that_failed_was_to_see_is_seen_by_the_next(root: Path) -> None:
    workspace, two = Workspace(str(root)), str(root / "two.py")
    keeping = IndexerClient(workspace)
    try:
        keeping.look(None).result(30)
        typed = [Buffer(two, Content("one = 1\n"))]
        assert keeping.pid is not None
        psutil.Process(keeping.pid).kill()
        look = keeping.see(typed)
        assert look is not None
        while not look.done():  # again and again: one that was killed is started once more
            with contextlib.suppress(psutil.NoSuchProcess):
                if (pid := keeping.pid) is not None:
                    psutil.Process(pid).kill()
            time.sleep(0.01)
        with pytest.raises(AnalysisError):
            look.result()
        again = keeping.see(typed)
        assert again is not None
        again.result(30)
        with Graph(workspace) as graph:
            assert callers(graph) == []
        assert keeping.see(typed) is None
    finally:
        keeping.close()


@pytest.mark.parametrize("killed", [True, False])
def test_a_keeper_and_its_reader_go_to_the_graph_of_another_environment_together(
    graphs: Graphs, root: Path, monkeypatch: pytest.MonkeyPatch, *, killed: bool
) -> None:
    monkeypatch.setattr("engine.graphs.FRESH_SECONDS", 0.0)
    workspace = Workspace(str(root))
    assert graphs.ask(workspace, callers, quiet) == ["two"]
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (root / ".venv" / "pyvenv.cfg").write_text("version = 3.11.0\n")
    if killed:
        [indexer] = [
            c for c in psutil.Process().children() if "analysis.graph.indexer" in c.cmdline()
        ]
        indexer.kill()
    (root / "two.py").write_text("one = 1\n", encoding="utf-8")
    with Graph(workspace) as graph:
        wanted = graph.place
    end = time.monotonic() + 10
    while graphs.ask(workspace, lambda graph: graph.place, quiet) != wanted:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert graphs.ask(workspace, callers, quiet) == []


def test_nothing_is_left_running(graphs: Graphs, root: Path) -> None:
    graphs.ask(Workspace(str(root)), callers, quiet)
    [indexer] = [
        child
        for child in psutil.Process().children()
        if "analysis.graph.indexer" in child.cmdline()
    ]
    graphs.close()
    indexer.wait(5)


def test_a_graph_that_cannot_be_stored_says_so(
    graphs: Graphs, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = root / "file"
    file.write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(file))
    with pytest.raises(AnalysisError):
        graphs.ask(Workspace(str(root)), callers, quiet)


def test_a_question_does_not_wait_for_a_look_at_everything(
    graphs: Graphs, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("FRESH_SECONDS", 0.0), ("SHARE", 1e9)):  # a look is always due
        monkeypatch.setattr(f"engine.graphs.{name}", value)
    workspace = Workspace(str(root))
    graphs.ask(workspace, callers, quiet)
    for number in range(400):  # many new files: reading them takes longer than a question may
        text = "def f(x):\n    return x\n" * 200
        (root / f"many_{number}.py").write_text(text, encoding="utf-8")
    began = time.monotonic()
    assert graphs.ask(workspace, callers, quiet) == ["two"]
    assert time.monotonic() - began < 1.0
