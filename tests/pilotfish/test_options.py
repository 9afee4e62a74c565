"""The options that every command knows, over the user's own settings."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pytest

from engine.errors import SettingsError
from engine.settings.read import machine_file
from pilotfish.options import add_common, machine_for, workspace_for


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and trust of the test's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def _options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_common(parser)
    return parser.parse_args(words)


def _write(text: str) -> None:
    machine_file().parent.mkdir(parents=True, exist_ok=True)
    machine_file().write_text(text, "utf-8")


def test_the_command_line_goes_before_the_users_file(tmp_path: Path) -> None:
    _write('model = "mine"\npython = "/usr/bin/some-python"\n')
    assert machine_for(_options()).model == "mine"
    assert machine_for(_options("--model", "other")).model == "other"
    assert workspace_for(_options(), tmp_path).python == "/usr/bin/some-python"
    named = workspace_for(_options("--python", sys.executable), tmp_path)
    assert named.python == str(Path(sys.executable).absolute())


def test_a_mistake_in_the_users_file_is_a_usage_error(tmp_path: Path) -> None:
    _write("thraeds = 2\n")
    with pytest.raises(SettingsError, match="unknown setting 'thraeds'") as refused:
        workspace_for(_options(), tmp_path)
    assert refused.value.help == "did you mean 'threads'?"
