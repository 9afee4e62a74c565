"""Faults and broken input: a short version of ``benchmarks.faults`` and ``benchmarks.fuzz``."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import fuzz
from benchmarks.faults import Desk, Row, processes, wrong_edits
from benchmarks.fuzz import Part, answers, bent, guarded, mutations, prefixes, sessions
from benchmarks.sites import files_of


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
    monkeypatch.setattr(fuzz, "HANG_S", 0.2)

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
