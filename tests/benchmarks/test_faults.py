"""Faults and broken input: a short version of ``benchmarks.faults`` and ``benchmarks.fuzz``."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks import fuzz_part
from benchmarks.editor import Editor, position
from benchmarks.faults import Desk, Row, processes, wrong_edits
from benchmarks.fuzz_answers import answers
from benchmarks.fuzz_part import Part, bent, guarded
from benchmarks.fuzz_sessions import Logs, is_defect, sessions
from benchmarks.fuzz_texts import mutations, prefixes
from benchmarks.sites import files_of
from lsp_server.failures import response_error


def _edit(version: int, start: int, end: int) -> dict[str, object]:
    span = {"start": {"line": 1, "character": start}, "end": {"line": 1, "character": end}}
    changes = {"textDocument": {"version": version}, "edits": [{"range": span, "newText": "x"}]}
    return {"result": [{"edit": {"documentChanges": [changes]}}]}


def test_an_edit_for_another_version_or_place_is_wrong() -> None:
    known = {3: "import json\njson.loadz('1')\n"}
    assert wrong_edits(_edit(3, 5, 10), known) == []
    assert wrong_edits(_edit(2, 5, 10), known) == ["an edit for version 2"]
    assert wrong_edits(_edit(3, 10, 13), known) == ['an edit of "(\'1"']


def test_exceptions_and_hangs_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz_part, "HANG_S", 0.2)

    def spin() -> None:
        while True:
            pass

    part = Part()
    guarded(part, "divides", lambda: 1 / 0)
    guarded(part, "hangs", spin)
    assert [one.split("\n")[0] for one in part.found] == ["divides", "hangs: more than 0.2 s"]


def test_a_value_is_bent_without_changing_it() -> None:
    value = {"a": [1, {"b": 2}], "c": None}
    found = {str(bent(value, random.Random(seed))) for seed in range(40)}
    assert len(found) > 10
    assert value == {"a": [1, {"b": 2}], "c": None}


@pytest.mark.process
def test_an_answer_that_names_a_traceback_is_no_defect(tmp_path: Path) -> None:
    text, path = "import types\ntypes.Traceb", tmp_path / "a.py"
    editor = Editor(tmp_path, tmp_path)
    try:
        editor.open(path, text)
        where = {"textDocument": {"uri": path.as_uri()}, "position": position(text, len(text))}
        answer: dict[str, Any] = {"result": {"isIncomplete": True}}
        while answer["result"]["isIncomplete"]:
            answer = editor.wait(editor.begin("textDocument/completion", where))
    finally:
        editor.end()
    assert "TracebackType" in json.dumps(answer)
    assert not is_defect(answer)


def test_an_answer_that_reports_a_bug_is_a_defect() -> None:
    error = response_error(ZeroDivisionError())
    assert is_defect({"id": 1, "error": {"code": error.code, "message": error.message}})
    bug = {"code": -32803, "message": "ValueError in f (a.py:1); please report this line"}
    assert is_defect({"id": 1, "error": bug})
    refused = {"code": -32803, "message": "no name TracebackType"}
    assert not is_defect({"id": 1, "error": refused})


def test_a_logged_traceback_is_a_trouble_and_a_name_is_none(tmp_path: Path) -> None:
    logs = Logs(tmp_path)
    with (tmp_path / "server.log").open("w") as log:
        log.write("2026-01-01 10:00:00,000 WARNING a: types.TracebackType, no ERROR here\n")
        log.flush()
        assert logs.troubles() == []
        subprocess.run([sys.executable, "-c", "1 / 0"], stderr=log, check=False)
        assert [one.partition(":")[0] for one in logs.troubles()] == ["server.log"]
        log.write("2026-01-01 10:00:00,000 12 ERROR engine.scheduler: bug: ValueError in f\n")
        log.flush()
        assert len(logs.troubles()) == 1
        assert logs.troubles() == []


@pytest.mark.process
def test_no_edit_is_lost_when_processes_are_killed(tmp_path: Path) -> None:
    row = Row()
    with Desk(tmp_path, row) as desk:
        for role in ("engine", "analysis worker", "engine"):
            desk.once(processes(desk.editor.process.pid, role)[0].kill)
    assert (row.tries, row.lost, row.wrong) == (3, [], [])


@pytest.mark.process
def test_a_cache_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "CACHE").write_text("a file stands where the folder would be")
    row = Row()
    with Desk(tmp_path, row) as desk:
        desk.once(lambda: None)
    assert (row.tries, row.lost, row.wrong) == (1, [], [])


@pytest.mark.process
@pytest.mark.parametrize("part", [prefixes, mutations, sessions, answers])
def test_nothing_breaks_on_broken_input(
    part: Callable[[list[Path], float, random.Random], Part],
) -> None:
    done = part(files_of("packaging"), time.monotonic() + 2, random.Random(11))
    assert done.found == []
    assert done.inputs > 0
