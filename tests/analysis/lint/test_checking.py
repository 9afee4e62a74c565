"""Ruff's findings and ours for one open document, as the engine's handler gives them."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any

from analysis.deadline import Cancellation, Deadline
from analysis.lint.checking import check_files
from analysis.lint.query import LintQuery
from analysis.lint.selection import select
from analysis.snapshot import Snapshot, Workspace
from engine.features.check import CheckRequest, check
from tests.analysis.lint.conftest import InProcess

SOURCE = "import json\nimport os\n\njson.dumpz({})\n"


def snapshot(root: Path, text: str = SOURCE) -> Snapshot:
    return Snapshot(str(root / "a b%.py"), text, Workspace(str(root)))


def test_both_come_in_order_of_position(tmp_path: Path, pool: InProcess) -> None:
    """The text is the editor's; there need not be such a file."""
    answer = check(CheckRequest(snapshot(tmp_path)), pool, Cancellation())
    assert [(f.line, f.code) for f in answer.findings] == [(1, "F401"), (3, "PF101")]
    assert {f.path for f in answer.findings} == {str(tmp_path / "a b%.py")}


def test_ruffs_findings_do_not_wait_for_ours(tmp_path: Path, pool: InProcess) -> None:
    told: list[list[str]] = []
    answer = check(
        CheckRequest(snapshot(tmp_path)),
        pool,
        Cancellation(),
        lambda found: told.append([f.code for f in found]),
    )
    assert told[0] == ["F401"]
    assert [f.code for f in answer.findings] == ["F401", "PF101"]


def test_ruff_may_be_left_out(tmp_path: Path, pool: InProcess) -> None:
    answer = check(CheckRequest(snapshot(tmp_path), ruff=False), pool, Cancellation())
    assert [f.code for f in answer.findings] == ["PF101"]


def test_per_file_ignores_of_the_project_hold(tmp_path: Path, pool: InProcess) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pilotfish.per-file-ignores]\n"a*.py" = ["PF"]\n"other.py" = ["F401"]\n'
    )
    answer = check(CheckRequest(snapshot(tmp_path)), pool, Cancellation())
    assert [f.code for f in answer.findings] == ["F401"]


def test_a_broken_ruff_configuration_is_a_finding(tmp_path: Path, pool: InProcess) -> None:
    (tmp_path / "ruff.toml").write_text("nonsense = [\n")
    answer = check(CheckRequest(snapshot(tmp_path)), pool, Cancellation())
    assert [f.code for f in answer.findings] == ["ruff", "PF101"]
    assert "ruff could not check" in answer.findings[0].message


def test_a_cancelled_check_asks_nothing_more(tmp_path: Path, pool: InProcess) -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    answer = check(CheckRequest(snapshot(tmp_path), ruff=False), pool, cancellation)
    assert answer.findings == ()


class _Late(InProcess):
    """Gives up on every file at its second part."""

    def ask(self, query: Any, deadline: Deadline) -> Future[Any]:
        if isinstance(query, LintQuery) and query.begin:
            future: Future[Any] = Future()
            future.set_result(query.unanswered("late"))
            return future
        return super().ask(LintQuery(query.snapshot, query.begin, 0.0), deadline)


def test_what_was_not_looked_at_is_said(tmp_path: Path, pool: InProcess) -> None:
    (tmp_path / "a.py").write_text("import json\njson.dumpz({})\n")
    (report,) = check_files(
        select([tmp_path], tmp_path),
        Workspace(str(tmp_path)),
        _Late(pool.provider),
        at_once=2,
        on_trouble=lambda error: None,
    )
    assert report.notes == ["not wholly looked at: late"]
