from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from analysis.errors import AnalysisError
from analysis.findings import Severity
from analysis.lint import ruff


def test_findings_are_in_code_points_with_their_fixes(tmp_path: Path) -> None:
    (finding,) = ruff.check_text("x = '😀é'; import re\n", str(tmp_path / "a.py"), str(tmp_path))[
        -1:
    ]
    assert (finding.code, finding.line, finding.character) == ("F401", 0, 17)
    assert finding.severity is Severity.WARNING
    assert [fix.safe for fix in finding.fixes] == [True]


def test_a_syntax_error_is_an_error(tmp_path: Path) -> None:
    (finding,) = ruff.check_text("x = = 1\n", str(tmp_path / "a.py"), str(tmp_path))
    assert (finding.code, finding.severity) == ("invalid-syntax", Severity.ERROR)


def test_the_users_configuration_is_honoured(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.ruff.lint]\nselect = ["T20"]\n')
    path = tmp_path / "a b %20.py"
    path.write_text("import os\nprint(1)\n")
    assert [
        f.code for f in ruff.check_files([str(path)], str(tmp_path), exclude=True, on_crash=crashed)
    ] == ["T201"]


def test_files_that_ruff_excludes_are_only_looked_at_when_named(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text('extend-exclude = ["gen"]\n')
    (tmp_path / "gen").mkdir()
    path = tmp_path / "gen" / "a.py"
    path.write_text("import os\n")
    assert ruff.check_files([str(path)], str(tmp_path), exclude=True, on_crash=crashed) == ()
    assert len(ruff.check_files([str(path)], str(tmp_path), exclude=False, on_crash=crashed)) == 1


def test_a_configuration_cannot_make_it_write(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text('fix = true\nunsafe-fixes = true\ncache-dir = "made"\n')
    path = tmp_path / "a.py"
    path.write_text("import os\n")
    ruff.check_files([str(path)], str(tmp_path), exclude=True, on_crash=crashed)
    assert path.read_text() == "import os\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.py", "ruff.toml"]


def test_a_broken_configuration_is_explained(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text("nonsense = [\n")
    with pytest.raises(AnalysisError, match="ruff could not check"):
        ruff.check_text("x = 1\n", str(tmp_path / "a.py"), str(tmp_path))


@pytest.mark.parametrize("named", ["/dev/zero", "$FOLDER/fifo", "~/fifo", "huge", "other.toml"])
def test_a_configuration_without_an_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    os.mkfifo(tmp_path / "fifo")
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1 << 40)
    (tmp_path / "other.toml").write_text('extend = "/dev/zero"\n')
    (tmp_path / "pyproject.toml").write_text(f'[tool.ruff]\n"ext\\u0065nd" = "{named}"\n')
    monkeypatch.setenv("FOLDER", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    began = time.monotonic()
    with pytest.raises(AnalysisError, match="its configuration cannot be read"):
        ruff.check_files(
            [str(tmp_path / "sub" / "a.py")], str(tmp_path), exclude=False, on_crash=crashed
        )
    assert time.monotonic() - began < 5


def test_a_configuration_that_extends_itself_or_no_file_is_ruffs_own_matter(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import os\n")
    for named in ('"ruff.toml"', "7", '"missing.toml"'):
        (tmp_path / "ruff.toml").write_text(f"extend = {named}\n")
        with pytest.raises(AnalysisError, match=r"ruff.toml|missing.toml"):
            ruff.check_files(
                [str(tmp_path / "a.py")], str(tmp_path), exclude=False, on_crash=crashed
            )


def test_no_ruff_of_the_workspace_or_the_path_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (tmp_path, tmp_path / ".venv" / "bin"):
        folder.mkdir(parents=True, exist_ok=True)
        fake = folder / "ruff"
        fake.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
        fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{tmp_path}/.venv/bin:/usr/bin:/bin")
    monkeypatch.setenv("RUFF_OUTPUT_FILE", str(tmp_path / "out"))
    monkeypatch.chdir(tmp_path)
    assert len(ruff.check_text("import os\n", str(tmp_path / "a.py"), str(tmp_path))) == 1
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "out").exists()


def crashed(path: str, error: ruff.CrashedError) -> None:
    raise error


def test_a_file_that_crashes_ruff_costs_itself(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.py" for name in "abc"]
    for path in paths:
        path.write_text("import os\n")
    paths[1].write_text("x = " + "not " * 50_000 + "1\n")
    told: list[str] = []
    found = ruff.check_files(
        [str(path) for path in paths],
        str(tmp_path),
        exclude=False,
        on_crash=lambda path, error: told.append(path),
    )
    assert told == [str(paths[1])]
    assert {finding.path for finding in found} == {str(paths[0]), str(paths[2])}
    with pytest.raises(ruff.CrashedError, match="crashed on this code"):
        ruff.check_text(paths[1].read_text(), str(paths[1]), str(tmp_path))
