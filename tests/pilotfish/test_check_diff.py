"""``pilotfish check --diff``: a diff is judged as if it were applied, and nothing is written."""

from __future__ import annotations

import difflib
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotfish.commands.patched import patched
from tests.pilotfish.command import PILOTFISH

_LINES = st.lists(st.sampled_from(["a\n", "b\n", "é\r\n", "\x0c\n", "--- a\n", "\n"]), max_size=12)


@settings(max_examples=150, deadline=None)
@given(_LINES, _LINES, st.booleans(), st.integers(0, 3))
def test_what_a_diff_makes_is_what_it_was_made_from(
    old: list[str], new: list[str], ends: bool, context: int
) -> None:
    before, after = "".join(old), "".join(new)
    if not ends:
        before, after = before.removesuffix("\n"), after.removesuffix("\n")
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for place, text in (("old.py", before), ("new.py", after)):
            (root / place).write_bytes(text.encode())
        made = subprocess.run(
            [
                "diff",
                f"-U{context}",
                "--label",
                "a/old.py",
                "--label",
                "b/old.py",
                "old.py",
                "new.py",
            ],
            cwd=root,
            capture_output=True,
            check=False,
        ).stdout
        (root / "d.diff").write_bytes(made)
        done = patched(root / "d.diff", name)
    assert done.errors == ()
    assert [file.given for file in done.files] == ([after.encode()] if made else [])


def _check(
    root: Path, diff: str | bytes, *words: str, folder: str = "."
) -> subprocess.CompletedProcess[str]:
    data = diff if isinstance(diff, bytes) else diff.encode()
    done = subprocess.run(
        [PILOTFISH, "check", "--diff", "-", *words],
        cwd=root / folder,
        input=data.decode("latin-1"),
        encoding="latin-1",
        capture_output=True,
        env={**os.environ, "XDG_CACHE_HOME": str(root.parent / "cache")},
        check=False,
        timeout=120,
    )
    assert "Traceback" not in done.stderr
    return done


def _diff(name: str, before: str, after: str, source: str = "") -> str:
    old, new = (text.splitlines(keepends=True) for text in (before, after))
    return "".join(difflib.unified_diff(old, new, source or f"a/{name}", f"b/{name}", n=1))


APP = "import json\n\n\nx = json.dumpz({})\n\n\ndef f():\n    return 1\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "sub").mkdir(parents=True)
    (root / "setup.cfg").touch()
    (root / "app.py").write_text(APP)
    (root / "util.py").write_text("def one(): ...\n")
    return root


@pytest.mark.process
def test_added_lines_are_judged_where_they_will_be(project: Path) -> None:
    changed = APP.replace("import json\n", "import json\nimport util\n").replace(
        "    return 1\n", "    util.two(util.three)\n    return json.loadz('')\n"
    )
    diff = (
        _diff("app.py", APP, changed)
        # What one file of the diff adds, another may use.
        + _diff("util.py", "def one(): ...\n", "def one(): ...\ndef two(x): ...\n")
        + _diff("new.py", "", "import json\njson.dumpz({})\n", source="/dev/null")
        + _diff("notes.txt", "", "json.dumpz\n", source="/dev/null")
    )
    before = {path: path.read_bytes() for path in project.rglob("*.py")}
    done = _check(project, diff, "--json", "--select", "PF", folder="sub")
    assert done.returncode == 1, done.stderr
    rows = json.loads(done.stdout)
    assert [(Path(row["path"]).name, row["line"]) for row in rows] == [
        ("app.py", 8),
        ("app.py", 9),
        ("new.py", 1),
    ]
    assert "three" in rows[0]["message"]
    assert before == {path: path.read_bytes() for path in project.rglob("*.py")}


@pytest.mark.process
def test_a_file_that_a_diff_does_not_fit_costs_that_file_only(project: Path) -> None:
    (project.parent / "secret.py").write_text("x = 1\n")
    diff = (
        _diff("util.py", "something else\n", "new = 1\n")
        + _diff("absent.py", "a = 1\n", "a = 2\n")
        + _diff("../secret.py", "x = 1\n", "x = 2\n", source="a/../secret.py")
        # As ``patch`` does: the line number is wrong, the lines are right.
        + _diff("app.py", APP, APP + "json.loadz('')\n").replace("@@ -8 ", "@@ -3 ")
    )
    done = _check(project, diff, "--json", "--select", "PF")
    assert done.returncode == 2
    assert [row["line"] for row in json.loads(done.stdout)] == [8]
    said = done.stderr
    assert said.count("error: ") == 3, said
    assert "util.py: the diff does not apply: its lines 1 to 1 are not in the file" in said
    assert "absent.py: cannot be read: No such file" in said
    assert "../secret.py: the diff names a file outside the project" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("app.py",), "--diff takes no PATH"),
        (("--fix",), "--fix cannot work on a diff"),
        (("--watch",), "--watch cannot work on a diff"),
        ((), "not a unified diff"),
    ],
)
def test_what_cannot_be_done_with_a_diff_is_said(
    project: Path,
    words: tuple[str, ...],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from pilotfish.main import main

    monkeypatch.chdir(project)
    for text in (b"nothing of the kind\n", b"--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n+x\n"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
        assert main(["check", "--diff", "-", *words]) == 2
        assert said in capsys.readouterr().err.replace("\n", " ")
