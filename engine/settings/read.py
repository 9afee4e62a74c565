"""Where settings are found and how they are merged: the only reader of configuration.

A project's ``pyproject.toml`` is somebody else's text: it is read with a limit, from a regular
file only, and whatever is in it ends as a value or as a problem, never as an exception.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs

from analysis.findings import Finding
from analysis.text.files import first_bytes, is_file
from engine.settings.check import fill
from engine.settings.problems import WRONG_VALUE, problem, unreadable
from engine.settings.values import MachineSettings, ProjectSettings, camel, kebab

#: A file of settings larger than this is not one.
MOST_BYTES = 1_000_000
#: The table of a project's ``pyproject.toml``.
TABLE = ("tool", "pilotfish")
#: The key of an endpoint, in the environment.
KEY_VARIABLE = "PILOTFISH_ENDPOINT_KEY"


def machine_file() -> Path:
    """The user's own file, which may not exist."""
    return Path(platformdirs.user_config_dir("pilotfish", appauthor=False)) / "config.toml"


def machine_settings(
    options: Mapping[str, Any] | None = None,
) -> tuple[MachineSettings, tuple[Finding, ...]]:
    """The user's file with an editor's ``options`` (camel case) over it, and what is wrong."""
    path = machine_file()
    text, table, problems = _parse(path)
    settings, complaints = fill(MachineSettings, table, kebab)
    problems += [problem(str(path), text, [c.key], c.code, c.message) for c in complaints]
    settings, complaints = fill(MachineSettings, options or {}, camel, settings)
    problems += [problem("", "", [c.key], c.code, c.message) for c in complaints]
    # Where keys are usually kept: a file that is backed up or shared is no place for one.
    if key := os.environ.get(KEY_VARIABLE):
        settings = replace(settings, endpoint_key=key)
    return settings, tuple(problems)


def project_settings(root: Path) -> tuple[ProjectSettings, tuple[Finding, ...]]:
    """What the project at ``root`` decides, and what is wrong with it."""
    path = root / "pyproject.toml"
    text, document, problems = _parse(path)
    table: Any = document
    for name in TABLE:
        table = table.get(name, {}) if isinstance(table, dict) else {}
    if not isinstance(table, dict):
        message = "[tool.pilotfish] must be a table"
        problems.append(problem(str(path), text, TABLE, WRONG_VALUE, message))
        table = {}
    settings, complaints = fill(ProjectSettings, table, kebab)
    problems += [problem(str(path), text, [*TABLE, c.key], c.code, c.message) for c in complaints]
    return settings, tuple(problems)


def _parse(path: Path) -> tuple[str, dict[str, Any], list[Finding]]:
    """Text and tables of a TOML file; both empty if there is none."""
    try:
        if not is_file(path):
            return "", {}, []
        raw = first_bytes(path, MOST_BYTES + 1)
    except OSError as error:
        return "", {}, [_unreadable(path, 0, f"cannot be read: {error}")]
    if len(raw) > MOST_BYTES:
        return "", {}, [_unreadable(path, 0, f"is larger than {MOST_BYTES} bytes")]
    try:
        text = raw.decode("utf-8")
        return text, tomllib.loads(text), []
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start)
        return "", {}, [_unreadable(path, line, "is not UTF-8")]
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        line = int(place[1]) - 1 if place else text.count("\n")
        return text, {}, [_unreadable(path, line, f"is not TOML: {error}")]
    except RecursionError:
        return text, {}, [_unreadable(path, 0, "is nested too deeply")]


def _unreadable(path: Path, line: int, what: str) -> Finding:
    return unreadable(str(path), f"{path.name} {what}", line)
