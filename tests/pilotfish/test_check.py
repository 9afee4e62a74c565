"""``pilotfish check`` from its arguments to what it prints and the exit code, with real workers."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif

from pilotfish.main import main

pytestmark = pytest.mark.process


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    def rows(self) -> list[dict[str, Any]]:
        rows = json.loads(self.out)
        assert isinstance(rows, list)
        return rows

    def codes(self, name: str, source: str = "pilotfish") -> list[str]:
        return [
            row["code"]
            for row in self.rows()
            if Path(row["path"]).name == name and row["source"] == source
        ]


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and trust of the machine that runs the tests change nothing."""
    home = tmp_path_factory.getbasetemp() / "home"
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(home / name))
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)


def check(*words: str | Path) -> Ran:
    """Run the command in this process; its workers are real processes."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["check", *map(str, words)])
    return Ran(code, out.getvalue(), err.getvalue())


INVENTED = "import json\n\njson.dumpz({})\n"

#: File name → bytes, and the codes of Pilotfish and ruff that must come, in order of position.
BAD_INPUT: dict[str, tuple[bytes, list[str], list[str]]] = {
    "empty.py": (b"", [], []),
    "unparsable.py": (INVENTED.encode() + b"def f(:\n", ["PF101"], ["invalid-syntax"]),
    "crlf.py": (INVENTED.replace("\n", "\r\n").encode(), ["PF101"], []),
    "mixed.py": (b"import json\r\n\njson.dumpz({})\rjson.loadz('')\n", ["PF101", "PF101"], []),
    "formfeed.py": (b"import json\n\x0c\njson.dumpz({})\n", ["PF101"], []),
    "separator.py": ("import json\n\nx = '\u2028'\njson.dumpz(x)\n".encode(), ["PF101"], []),
    "mark.py": (b"\xef\xbb\xbf" + INVENTED.encode(), ["PF101"], []),
    "latin.py": (
        "# -*- coding: latin-1 -*-\nimport json\n\njson.dumpz('é')\n".encode("latin-1"),
        ["PF101"],
        [],
    ),
    "latin_unsaid.py": (b"x = '\xe9'\n", ["PF010"], []),
    "nul.py": (INVENTED.encode() + b"x = 1\x00\n", ["PF101"], ["invalid-syntax"]),
    "größe.py": ("import json\n\ngröße = json.dumpz({})\n".encode(), ["PF101"], []),
    "mit leer %20.py": (INVENTED.encode(), ["PF101"], []),
    "deep.py": (b"x = " + b"(" * 400 + b"1" + b")" * 400 + b"\n", [], []),
}


def test_bad_input_is_reported_file_by_file_and_stops_nothing(tmp_path: Path) -> None:
    root = tmp_path / "mit leer %20"
    root.mkdir()
    (root / "pyproject.toml").write_text('[tool.ruff.lint]\nselect = ["E9", "F63", "F7", "F82"]\n')
    for name, (data, _, _) in BAD_INPUT.items():
        (root / name).write_bytes(data)
    (root / "pipe.py").mkdir()
    ran = check(root, "--json")
    assert ran.code == 1
    for name, (_, ours, ruffs) in BAD_INPUT.items():
        assert ran.codes(name) == ours, name
        assert sorted(set(ran.codes(name, "ruff"))) == ruffs, name
    for row in ran.rows():
        assert list(row) == [
            "path", "line", "character", "end_line", "end_character",
            "code", "severity", "message", "source", "fixes",
        ]  # fmt: skip
        assert Path(row["path"]).is_absolute()
    (latin,) = [row for row in ran.rows() if Path(row["path"]).name == "latin.py"]
    assert (latin["line"], latin["character"], latin["end_character"]) == (3, 5, 10)


def test_a_file_of_50_000_lines(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    path = tmp_path / "long.py"
    path.write_text("import json\n" + "x = [1]\n" * 49_998 + "json.dumpz({})\n")
    ran = check(path, "--json")
    assert ran.codes("long.py") == ["PF101"]
    assert ran.rows()[-1]["line"] == 49_999


HOSTILE = {
    "app.py": "import json\nimport sail\n\njson.dumpz({})\nsail.fly()\nsail.hoist()\n",
    "jedi.py": "open('RAN/jedi', 'w')\n",
    "analysis/__init__.py": "open('RAN/analysis', 'w')\n",
    "decoding/__init__.py": "open('RAN/decoding', 'w')\n",
    "sitecustomize.py": "open('RAN/sitecustomize', 'w')\n",
    "parso/__init__.py": "open('RAN/parso', 'w')\n",
    "ruff.toml": 'lint.select = ["F821"]\nfix = true\n',
    ".venv/pyvenv.cfg": "home = /usr/bin\nversion = 3.11.7\n",
    ".venv/bin/python": "#!/bin/sh\ntouch RAN/python\n",
    ".venv/bin/ruff": "#!/bin/sh\ntouch RAN/ruff\n",
    ".venv/lib/python3.11/site-packages/evil.pth": "import os; open('RAN/pth', 'w')\n",
    ".venv/lib/python3.11/site-packages/sail/__init__.py": (
        "open('RAN/sail', 'w')\ndef hoist(): ...\n"
    ),
    ".venv/lib/python3.11/site-packages/sail-1.0.dist-info/RECORD": "sail/__init__.py,,\n",
}


def test_a_hostile_workspace_runs_nothing_and_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, marks = tmp_path / "hostile", tmp_path / "ran"
    marks.mkdir()
    for name, text in HOSTILE.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("RAN", str(marks)))
        if path.parent.name == "bin":
            path.chmod(0o755)
    monkeypatch.chdir(root)
    monkeypatch.setenv("VIRTUAL_ENV", str(root / ".venv"))
    before = sorted(root.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-m", "pilotfish.main", "check", "app.py", "--json"],
        cwd=root,
        env={**os.environ, "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    ran = Ran(done.returncode, done.stdout, done.stderr)
    assert ran.code == 1, ran.err
    assert [(row["line"], row["code"]) for row in ran.rows()] == [(3, "PF101"), (4, "PF101")]
    assert "sail 1.0" in ran.rows()[1]["message"]
    assert list(marks.iterdir()) == []
    assert sorted(root.rglob("*")) == before


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project with two findings of ours and two of ruff's."""
    root = tmp_path / "project"
    (root / "gen").mkdir(parents=True)
    (root / "pyproject.toml").write_text(
        "[tool.pilotfish]\n"
        'exclude = ["gen"]\n'
        'per-file-ignores = { "quiet.py" = ["PF101", "F401"] }\n'
        '[tool.ruff.lint]\nselect = ["F"]\n'
    )
    (root / "app.py").write_text(
        "import json\nimport os\n\njson.dumpz({})\nprint(json.load_it)\n", newline="\r\n"
    )
    for name in ("quiet.py", "gen/made.py"):
        (root / name).write_text("import json\nimport os\n\njson.dumpz({})\n")
    monkeypatch.chdir(root)
    return root


def test_text_shows_place_line_caret_neighbours_and_version(project: Path) -> None:
    ran = check()
    assert ran.code == 1
    assert "app.py:4:6 error PF101 module `json` has no attribute `dumpz`" in ran.out
    assert "did you mean `dumps`, `dump`?" in ran.out
    assert "    4 │ json.dumpz({})\n      │      ^^^^^\n" in ran.out
    assert "quiet.py" not in ran.out
    assert "made.py" not in ran.out
    assert "3 findings in 2 files, 2 fixable with --fix" in ran.err


def test_what_is_named_is_never_excluded_and_ends_are_codes(project: Path) -> None:
    (project / "good.py").write_text("x = 1\n")
    assert check("good.py").code == 0
    assert check("gen/made.py", "--json").codes("made.py") == ["PF101"]
    ran = check("nope.py")
    assert (ran.code, "no such file" in ran.err) == (2, True)


def test_fix_applies_what_is_safe_and_keeps_the_line_ends(project: Path) -> None:
    before = len(check("app.py", "--json").rows())
    ran = check("app.py", "--fix", "--json")
    assert f"1 finding left in 1 file, {before - 1} fixed" in ran.err
    assert (project / "app.py").read_bytes() == (
        b"import json\r\n\r\njson.dumps({})\r\nprint(json.load_it)\r\n"
    )
    assert ran.code == 1
    assert [(row["line"], row["code"]) for row in ran.rows()] == [(3, "PF101")]


def test_findings_that_are_left_and_fixed_add_up(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.ruff.lint]\nselect = ["E", "F", "I"]\n')
    app = tmp_path / "app.py"
    # One fix settles two findings, and what it leaves is fixed a second time.
    app.write_text("import sys\nimport os\nimport json, re\njson.dumpz(f'x')\nprint(undefined)\n")
    before = len(check(app, "--json", "--no-cache").rows())
    ran = check(app, "--fix", "--json", "--no-cache")
    left = len(ran.rows())
    words = f"{left} finding{'' if left == 1 else 's'} left in 1 file, {before - left} fixed"
    assert words in ran.err


def git(root: Path, *words: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)


def test_a_folder_without_python_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    ran = check(tmp_path)
    assert ran.code == 0
    assert "no Python file" in ran.err


def test_since_looks_at_new_lines_only_and_runs_nothing_of_the_repository(project: Path) -> None:
    git(project, "init", "-q")
    git(project, "add", "app.py")
    git(project, "commit", "-qm", "a")
    spy = project.parent / "spy.sh"
    spy.write_text(f"#!/bin/sh\ntouch '{project.parent}/ran'\ncat\n")
    spy.chmod(0o755)
    for key in ("core.fsmonitor", "diff.external", "filter.spy.clean", "core.sshCommand"):
        git(project, "config", key, str(spy))
    (project / ".gitattributes").write_text("*.py filter=spy diff=spy\n")
    with (project / "app.py").open("a", newline="") as file:
        file.write("json.loadz('')\r\n")
    ran = check("app.py", "--since", "HEAD", "--json")
    assert [(row["line"], row["code"]) for row in ran.rows()] == [(5, "PF101")]
    assert not (project.parent / "ran").exists()
    nowhere = check("app.py", "--since", "nowhere")
    assert nowhere.code == 2
    assert "unknown revision" in nowhere.err
    assert "a branch or a tag" in nowhere.err
    assert check("app.py", "--since=--help").code == 2


def test_sarif_is_what_its_schema_says(project: Path) -> None:
    (project / "a b%.py").write_text("import os.pth\n")
    ran = check("app.py", "a b%.py", "--format", "sarif")
    log = Sarif.model_validate_json(ran.out)
    ours, ruffs = log.runs
    results = ours.results or []
    assert [result.ruleId for result in results] == ["PF102", "PF101", "PF101"]
    place = json.loads(ran.out)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "a%20b%25.py", "uriBaseId": "WORKSPACE"}
    assert place["region"] == {"startLine": 1, "startColumn": 11, "endLine": 1, "endColumn": 14}
    assert {result.ruleId for result in ruffs.results or []} == {"F401"}


def test_github_annotates(project: Path) -> None:
    (project / "a,b.py").write_text("import os.pth\n")
    lines = check("app.py", "a,b.py", "--format", "github").out.splitlines()
    assert any(
        line.startswith("::error title=pilotfish PF101,file=app.py,line=4,col=6,endLine=4,")
        for line in lines
    )
    assert any("file=a%2Cb.py" in line for line in lines)


def test_a_broken_ruff_configuration_leaves_our_own_findings(project: Path) -> None:
    (project / "ruff.toml").write_text("nonsense = [\n")
    ran = check("app.py", "--json")
    assert ran.code == 2
    assert "ruff could not check" in ran.err
    assert ran.codes("app.py") == ["PF101", "PF101"]


def test_an_unknown_setting_names_the_nearest(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.pilotfish]\nexclde = []\n")
    ran = check("app.py")
    assert ran.code == 2
    assert "did you mean 'exclude'?" in ran.err


def test_control_characters_of_a_file_do_not_reach_the_terminal(project: Path) -> None:
    (project / "app.py").write_text("import json\nx = '\x1b]0;owned\x07'; json.dumpz(x)\n")
    assert "\x1b" not in check("app.py").out
    assert "␛]0;owned␇" in check("app.py").out


def test_watch_checks_again_when_a_file_changes(project: Path) -> None:
    (project / "app.py").write_text("x = 1\n")
    command = [sys.executable, "-m", "pilotfish.main", "check", "app.py", "--watch", "--json"]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        # Ends a wait for a line that never comes.
        watchdog = threading.Timer(120, process.kill)
        watchdog.start()
        try:
            assert json.loads(process.stdout.readline()) == []
            (project / "app.py").write_text(INVENTED)
            assert [row["code"] for row in json.loads(process.stdout.readline())] == ["PF101"]
        finally:
            watchdog.cancel()
            process.kill()


def test_watch_checks_what_uses_a_changed_file_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").touch()
    (tmp_path / "util.py").write_text("def one(): ...\n")
    (tmp_path / "app.py").write_text("from util import one\n\none()\n")
    command = [sys.executable, "-m", "pilotfish.main", "check", "app.py", "--watch", "--json"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        watchdog = threading.Timer(120, process.kill)
        watchdog.start()
        try:
            assert json.loads(process.stdout.readline()) == []
            (tmp_path / "util.py").write_text("def two(): ...\n")
            rows = json.loads(process.stdout.readline())
            assert [(Path(row["path"]).name, row["code"]) for row in rows] == [("app.py", "PF103")]
            os.killpg(process.pid, signal.SIGINT)
            _, said = process.communicate(timeout=60)
        finally:
            watchdog.cancel()
            process.kill()
    assert process.returncode == 130
    assert "Traceback" not in said


def test_standard_input_is_checked_as_the_file_it_will_be(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = b"import json\n\njson.dumpz({})\n"
    name = str(project / "unsaved.py")
    given = io.TextIOWrapper(io.BytesIO(text))
    monkeypatch.setattr(sys, "stdin", given)
    ran = check("-", "--stdin-filename", name, "--json")
    assert ran.code == 1
    assert [(row["path"], row["code"]) for row in ran.rows()] == [(name, "PF101")]
    assert not Path(name).exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-", "--fix"), "--fix cannot work on standard input"),
        (("-", "--watch"), "--watch cannot work on standard input"),
        ((".", "--stdin-filename", "a.py"), "--stdin-filename without standard input"),
    ],
)
def test_what_standard_input_cannot_do_is_said(arguments: tuple[str, ...], said: str) -> None:
    ran = check(*arguments)
    assert (ran.code, said in ran.err) == (2, True)


@pytest.mark.parametrize(("code", "help"), [("PF110", "PF101"), ("pf104", "PF104")])
def test_a_code_that_ignores_nothing_is_refused(project: Path, code: str, help: str) -> None:
    settings = f'[tool.pilotfish.per-file-ignores]\n"app.py" = ["E501", "{code}"]\n'
    (project / "pyproject.toml").write_text(settings, encoding="utf-8")
    ran = check(".")
    assert (ran.code, f"unknown code '{code}'" in ran.err) == (2, True)
    assert help in ran.err


def test_a_notebook_is_refused_with_the_way_to_check_it(project: Path) -> None:
    (project / "book.ipynb").write_text("{}", encoding="utf-8")
    ran = check(str(project / "book.ipynb"), "--json")
    (row,) = ran.rows()
    assert (ran.code, row["code"]) == (1, "PF010")
    assert "jupyter nbconvert --to script book.ipynb" in row["message"]


def test_a_link_to_a_file_that_is_looked_at_anyway_is_no_second_file(project: Path) -> None:
    (project / "wrong.py").write_text("import json\n\njson.dumpz({})\n", encoding="utf-8")
    (project / "link.py").symlink_to("wrong.py")
    rows = check(str(project), "--json").rows()
    assert "link.py" not in {Path(row["path"]).name for row in rows}
    assert check(str(project / "link.py"), "--json").codes("link.py") == ["PF101"]


def _project(folder: Path) -> Path:
    (folder / "setup.cfg").touch()
    (folder / "app.py").write_text(INVENTED + "import os\n")
    return folder


def test_codes_are_selected_and_ignored_as_ruff_does(tmp_path: Path) -> None:
    root = _project(tmp_path)
    everything = {row["code"] for row in check(root, "--json").rows()}
    assert everything == {"PF101", "F401", "E402"} - ({"E402"} - everything)
    selected = check(root, "--json", "--select", "PF")
    assert [row["code"] for row in selected.rows()] == ["PF101"]
    ignored = check(root, "--json", "--ignore", "F,PF1,E4")
    assert (ignored.code, ignored.rows()) == (0, [])
    # The longer one decides.
    both = check(root, "--json", "--select", "PF101", "--ignore", "PF")
    assert [row["code"] for row in both.rows()] == ["PF101"]


def test_results_go_to_a_file_and_need_not_fail(tmp_path: Path) -> None:
    root = _project(tmp_path)
    place = tmp_path / "found.json"
    ran = check(root, "--json", "--output-file", place, "--exit-zero", "--jobs", "1", "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert "PF101" in {row["code"] for row in json.loads(place.read_text())}
    ran = check(root, "--output-file", tmp_path / "no" / "folder.txt")
    assert ran.code == 2
    assert "cannot be written" in ran.err


def test_statistics_count_each_code(tmp_path: Path) -> None:
    root = _project(tmp_path)
    (root / "more.py").write_text(INVENTED)
    ran = check(root, "--select", "PF", "--statistics")
    assert ran.out.split()[:2] == ["2", "PF101"]
    (row,) = check(root, "--select", "PF", "--statistics", "--json").rows()
    assert (row["code"], row["count"]) == ("PF101", 2)


def test_a_baseline_leaves_only_what_is_new(tmp_path: Path) -> None:
    root = _project(tmp_path)
    known = tmp_path / "known.json"
    first = check(root, "--baseline", known)
    assert (first.code, first.out) == (0, "")
    # Lines above move what is known; a second mistake of the same kind is new.
    (root / "app.py").write_text("x = 1\n" + INVENTED + "json.loadz('')\n")
    again = check(root, "--json", "--select", "PF", "--baseline", known)
    assert [row["line"] for row in again.rows()] == [4]
    known.write_text("{}")
    assert check(root, "--baseline", known).code == 2


def test_a_code_is_explained() -> None:
    ran = check("--explain", "pf101")
    assert ran.code == 0
    assert ran.out.startswith("# PF101: ")
    assert "## Reported" in ran.out
    assert "unused-import" in check("--explain", "F401").out
    wrong = check("--explain", "PF110")
    assert wrong.code == 2
    assert "unknown code 'PF110'" in wrong.err
    assert "did you mean PF101" in wrong.err


def test_all_mistakes_of_a_configuration_are_told_at_once(tmp_path: Path) -> None:
    root = _project(tmp_path)
    table = '[tool.pilotfish]\nexlude = []\ntests = ["-x"]\nmodel = "m"\n'
    (root / "pyproject.toml").write_text(table)
    ran = check(root)
    assert ran.code == 2
    assert ran.err.count("error: ") == 3
    assert "did you mean 'exclude'?" in ran.err
    assert "set it in your own config.toml" in ran.err.replace("\n", " ")


def test_ctrl_c_leaves_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").touch()
    (tmp_path / "a.py").write_text(INVENTED)
    for number in range(60):
        names = "".join(f"import json\njson.dumps({n})\n" for n in range(200))
        (tmp_path / f"b{number}.py").write_text(names)
    command = [sys.executable, "-m", "pilotfish", "check", ".", "--select", "PF", "--no-cache"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        time.sleep(4)
        os.killpg(process.pid, signal.SIGINT)
        out, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "interrupted" in said
    assert "a.py:3:6" in out
