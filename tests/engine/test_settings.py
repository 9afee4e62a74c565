"""Settings: who may decide what, and what is said about everything else."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from engine.errors import SettingsError
from engine.settings.read import machine_file, machine_settings, project_settings, refuse
from engine.settings.values import MachineSettings, ProjectSettings, markdown
from tools.schemas import schemas

DOCS = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


def _project(root: Path, text: str) -> tuple[ProjectSettings, list[tuple[int, int, str, str]]]:
    (root / "pyproject.toml").write_bytes(text.encode("utf-8"))
    settings, problems = project_settings(root)
    return settings, [(p.line, p.character, p.code, p.message) for p in problems]


def _machine(text: str) -> None:
    machine_file().parent.mkdir(parents=True)
    machine_file().write_text(text, "utf-8")


def test_without_files_everything_has_its_default(tmp_path: Path) -> None:
    assert project_settings(tmp_path) == (ProjectSettings(), ())
    assert machine_settings() == (MachineSettings(), ())


def test_a_project_decides_what_concerns_its_text(tmp_path: Path) -> None:
    settings, problems = _project(
        tmp_path,
        '[tool.pilotfish]\nexclude = ["gen/**"]\ntests = ["tests/test_a.py::test_b[x-1]"]\n'
        '[tool.pilotfish.per-file-ignores]\n"tests/**" = ["PF101", "F401"]\n',
    )
    assert problems == []
    assert settings == ProjectSettings(
        exclude=("gen/**",),
        per_file_ignores=(("tests/**", ("PF101", "F401")),),
        tests=("tests/test_a.py::test_b[x-1]",),
    )


@pytest.mark.parametrize(
    ("text", "line", "character", "code", "said"),
    [
        ("[tool.pilotfish]\n exlude = []\n", 1, 1, "PF001", "did you mean 'exclude'?"),
        ("# é\n\n[tool.pilotfish]\nx = 1\n", 3, 0, "PF001", "known settings are exclude, "),
        ("tool.pilotfish.exlude = []\n", 0, 0, "PF001", "did you mean 'exclude'?"),
        ("[tool]\npilotfish = { exlude = 1 }\n", 1, 0, "PF001", "did you mean 'exclude'?"),
        ('[tool.pilotfish]\r\nexclude = "a"\r\n', 1, 0, "PF002", "a list of strings"),
        ("[tool.pilotfish]\nexclude = [1]\n", 1, 0, "PF002", "a list of strings"),
        ("[tool.pilotfish]\nper-file-ignores = []\n", 1, 0, "PF002", "must be a table"),
        ('[tool.pilotfish]\ntests = ["-p evil"]\n', 1, 0, "PF002", "name tests only"),
        ('[tool.pilotfish]\ntests = ["a", "--co"]\n', 1, 0, "PF002", "name tests only"),
        ('[tool.pilotfish]\npython = "bin/python"\n', 1, 0, "PF003", "by a project"),
        ('[tool.pilotfish]\ntest-command = "rm"\n', 1, 0, "PF003", "by a project"),
        ('[tool.pilotfish]\nendpoint = "http://x"\n', 1, 0, "PF003", "by a project"),
        ('[tool.pilotfish]\n"model" = "x.gguf"\n', 1, 0, "PF003", "by a project"),
        ("[tool]\npilotfish = 3\n", 1, 0, "PF002", "must be a table"),
        ("a = 1\nb = = 2\n", 1, 0, "PF004", "is not TOML"),
        ("[tool.pilotfish\n", 0, 0, "PF004", "is not TOML"),
        ("a = " + "[" * 100_000, 0, 0, "PF004", "nested too deeply"),
        ("#" * 1_000_001, 0, 0, "PF004", "larger than"),
    ],
)
def test_what_a_project_gets_wrong_is_told_where_it_stands(
    tmp_path: Path, text: str, line: int, character: int, code: str, said: str
) -> None:
    settings, problems = _project(tmp_path, text)
    assert settings == ProjectSettings()
    ((at_line, at_character, got, message),) = problems
    assert (at_line, at_character, got) == (line, character, code)
    assert said in message


def test_what_is_right_beside_what_is_wrong_holds(tmp_path: Path) -> None:
    settings, problems = _project(tmp_path, '[tool.pilotfish]\nexclude = ["a"]\ntests = 1\n')
    assert settings.exclude == ("a",)
    assert len(problems) == 1


def test_bytes_that_are_no_text_are_a_problem_with_a_line(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"a = 1\nb = '\xff'\n")
    _, (problem,) = project_settings(tmp_path)
    assert (problem.line, problem.code) == (1, "PF004")


def test_a_file_that_never_ends_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pyproject.toml")
    assert project_settings(tmp_path) == (ProjectSettings(), ())
    (tmp_path / "pyproject.toml").unlink()
    (tmp_path / "pyproject.toml").symlink_to("/dev/zero")
    assert project_settings(tmp_path) == (ProjectSettings(), ())


def test_the_editor_speaks_over_the_users_file() -> None:
    _machine('model = "a"\nthreads = 2\nidle-unload-seconds = 5\n')
    settings, problems = machine_settings({"model": "b", "confidenceThreshold": 0.5})
    assert problems == ()
    assert settings == MachineSettings(
        model="b", threads=2, idle_unload_seconds=5.0, confidence_threshold=0.5
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"modle": "x"}, "did you mean 'model'?"),
        ({"idle-unload-seconds": 3}, "did you mean 'idleUnloadSeconds'?"),
        ({"exclude": []}, "decided by each project"),
        ({"threads": -1}, "at least 0"),
        ({"threads": True}, "whole number"),
        ({"threads": 1.5}, "whole number"),
        ({"confidenceThreshold": 2}, "at most 1"),
        ({"confidenceThreshold": float("nan")}, "at most 1"),
        ({"languageFeatures": "some"}, "one of auto, all, assist"),
        ({"python": "venv/bin/python"}, "absolute path"),
        ({"python": "~nobody-of-that-name/python"}, "unknown user"),
        ({"python": None}, "must be a string"),
        ({"model": "a\0b"}, "must be a string"),
    ],
)
def test_options_that_do_not_fit_are_told_and_left_out(
    options: dict[str, object], said: str
) -> None:
    settings, (problem,) = machine_settings(options)
    assert settings == MachineSettings()
    assert said in problem.message
    assert problem.path == ""


def test_the_command_line_refuses_with_place_and_fix() -> None:
    _machine("\nmodle = 1\n")
    _, problems = machine_settings()
    with pytest.raises(SettingsError) as refused:
        refuse(problems)
    assert refused.value.where == f"{machine_file()}:2"
    assert refused.value.what == "unknown setting 'modle'"
    assert refused.value.help == "did you mean 'model'?"
    refuse(())


def test_the_manual_lists_every_setting_as_it_is() -> None:
    written = re.search(r"<!-- settings -->\n(.*)<!-- end -->", DOCS.read_text("utf-8"), re.DOTALL)
    assert written is not None
    assert written[1] == markdown(), "run: python -m engine.settings.values"


def test_the_schemas_for_editors_are_those_of_the_settings() -> None:
    written = {p.name: p.read_text("utf-8") for p in (DOCS.parent / "schemas").glob("*.json")}
    assert written == schemas(), "run: python -m tools.schemas"
    project = json.loads(written["pyproject-tool-pilotfish.json"])["properties"]
    assert set(project) == {"exclude", "per-file-ignores", "tests"}
    machine = json.loads(written["config.json"])["properties"]
    assert machine["log-level"]["enum"] == ["error", "warning", "info", "debug"]
    assert (machine["threads"]["type"], machine["threads"]["minimum"]) == ("integer", 0)
