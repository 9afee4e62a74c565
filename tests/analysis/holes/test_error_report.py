"""What is wrong with a draft and was not wrong before."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.holes.error_report import error_report
from analysis.snapshot import Snapshot, Workspace
from tests.analysis.holes.conftest import InProcess

BEFORE = "import json\n\n\ndef load(text):\n    return json.loadz(text)\n"

#: A draft, and the names that its report speaks of.
DRAFTS = {
    "the same": (BEFORE, []),
    "moved": ("import json\n\n# more\n\n\n" + BEFORE.split("\n\n\n")[1], []),
    "fixed": (BEFORE.replace("loadz", "loads"), []),
    "another": (BEFORE + "\n\nprint(json.dumpz(load('')))\n", ["dumpz"]),
    "once more": (BEFORE + "\n\nprint(json.loadz(''))\n", ["loadz"]),
    "in its place": (BEFORE.replace("loadz", "dumpz"), ["dumpz"]),
    "the line changed, its mistake did not": (BEFORE.replace("(text)\n", "(text)  # why\n"), []),
    "broken": (BEFORE + "\n\ndef f(:\n    pass\n", ["expected )"]),
}


@pytest.mark.parametrize("name", DRAFTS)
def test_only_what_is_new_is_reported(pool: InProcess, tmp_path: Path, name: str) -> None:
    draft, wanted = DRAFTS[name]
    before = Snapshot(str(tmp_path / "app.py"), BEFORE, Workspace(str(tmp_path)))
    found = error_report(before, draft, pool, with_ruff=False)
    messages = [finding.message for finding in found if finding.severity == "error"]
    assert len(messages) >= len(wanted), found
    assert bool(found) == bool(wanted), found
    for word in wanted:
        assert any(word in message for message in messages), found


def test_places_are_of_the_draft(pool: InProcess, tmp_path: Path) -> None:
    before = Snapshot(str(tmp_path / "app.py"), BEFORE, Workspace(str(tmp_path)))
    (found,) = error_report(before, "# more\n" + BEFORE + "json.dumpz\n", pool, with_ruff=False)
    assert (found.line, found.character, found.end_character) == (6, 5, 10)


def test_what_ruff_says_counts_too(pool: InProcess, tmp_path: Path) -> None:
    before = Snapshot(str(tmp_path / "app.py"), "import os\nprint(os)\n", Workspace(str(tmp_path)))
    found = error_report(before, "import os\nimport re\nprint(os)\n", pool)
    assert [(f.code, f.line) for f in found] == [("F401", 1)]
