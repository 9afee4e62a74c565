"""The one reader of settings: where they are found, how they are checked and merged."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import platformdirs

from analysis.findings import Finding, Severity
from analysis.text.files import first_bytes, is_file
from engine.errors import SettingsError
from engine.settings.values import (
    MACHINE_NAMES,
    PROJECT_NAMES,
    MachineSettings,
    ProjectSettings,
    camel,
    kebab,
)

# --------------------------------------------------------------------------------------------------
# What is wrong with a setting, and where it stands in its file.
#
# Problems are findings, so that an editor shows them as diagnostics; the command line prints them
# all as errors. ``tomllib`` keeps no positions, so the line of a key is looked up in the text.
# --------------------------------------------------------------------------------------------------


#: Codes of findings in settings, by what is wrong.
UNKNOWN, WRONG_VALUE, NOT_FOR_PROJECTS, UNREADABLE = "PF001", "PF002", "PF003", "PF004"

_HEADER = re.compile(r"^\s*\[+\s*(?P<name>[^\[\]]+?)\s*\]+\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*(?P<key>[A-Za-z0-9_."' -]+?)\s*=""")


def problem(path: str, text: str, key: Sequence[str], code: str, message: str) -> Finding:
    """A finding at ``key`` (its table's names and its own) in ``text``."""
    line, start, end = locate(text, key)
    return Finding(path, line, start, line, end, code, Severity.ERROR, message, "pilotfish")


def unreadable(path: str, message: str, line: int = 0) -> Finding:
    """A finding about a whole file, at a 0-based line."""
    return Finding(path, line, 0, line, 0, UNREADABLE, Severity.ERROR, message, "pilotfish")


def locate(text: str, key: Sequence[str]) -> tuple[int, int, int]:
    """Line, first and behind-last column of ``key``, or of the nearest table above it, or the
    first line if neither is written in a way that this finds."""
    wanted = list(key)
    best, best_depth = (0, 0, 0), 0
    table: list[str] = []
    for number, line in enumerate(text.split("\n")):
        found: list[str] = []
        if header := _HEADER.match(line):
            found = table = _names(header["name"])
            span = header.span("name")
        elif entry := _KEY.match(line):
            found = [*table, *_names(entry["key"])]
            span = entry.span("key")
        depth = len(found)
        if found and best_depth < depth and found == wanted[:depth]:
            best, best_depth = (number, *span), depth
    return best


def _names(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in re.findall(r"\"[^\"]*\"|'[^']*'|[^.]+", dotted)]


def refuse(problems: Sequence[Finding]) -> None:
    """Raise :class:`~engine.errors.SettingsError` if there are problems: for the first, with the
    others."""
    errors = []
    for finding in problems:
        place = f"{finding.path}:{finding.line + 1}" if finding.path else "options"
        what, _, help = finding.message.partition("; ")
        errors.append(SettingsError(what, where=place, help=help))
    if errors:
        errors[0].others = tuple(errors[1:])
        raise errors[0]


# --------------------------------------------------------------------------------------------------
# Whether a value fits a setting: its kind, its limits, and what is said if it does not.
#
# Pure functions from a parsed table to settings and complaints; knows no file and no position.
# --------------------------------------------------------------------------------------------------


Settings = TypeVar("Settings", MachineSettings, ProjectSettings)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with the value of ``key``, as it was spelled. ``; `` separates the fix."""

    key: str
    code: str
    message: str


def fill(
    kind: type[Settings],
    table: Mapping[str, Any],
    spell: Callable[[str], str],
    base: Settings | None = None,
) -> tuple[Settings, list[Complaint]]:
    """Settings from ``table``, whose keys are spelled by ``spell``, over ``base``.

    What is unknown or does not fit is left as it is in ``base`` and complained of.
    """
    known = {spell(f.name): f for f in fields(kind)}
    values: dict[str, Any] = {f.name: getattr(base, f.name) for f in fields(kind)} if base else {}
    complaints = []
    for key, value in table.items():
        setting = known.get(key)
        if setting is None:
            complaints.append(_unknown(key, kind, spell))
            continue
        try:
            values[setting.name] = _fitted(setting, value)
        except ValueError as error:
            complaints.append(Complaint(key, WRONG_VALUE, f"'{key}' {error}"))
    return kind(**values), complaints


def _unknown(key: str, kind: type[Any], spell: Callable[[str], str]) -> Complaint:
    if kind is ProjectSettings and key in map(spell, MACHINE_NAMES):
        return Complaint(
            key,
            NOT_FOR_PROJECTS,
            f"'{key}' cannot be decided by a project, since opening it would then run or reach "
            "what it names; set it in your own config.toml or in your editor",
        )
    if kind is MachineSettings and key in map(spell, PROJECT_NAMES):
        return Complaint(
            key,
            UNKNOWN,
            f"'{key}' is decided by each project; put it under [tool.pilotfish] in pyproject.toml",
        )
    names = [spell(f.name) for f in fields(kind)]
    near = difflib.get_close_matches(key, names, 1, 0.5)
    help = f"did you mean '{near[0]}'?" if near else f"known settings are {', '.join(names)}"
    return Complaint(key, UNKNOWN, f"unknown setting '{key}'; {help}")


def _fitted(setting: Field[Any], value: Any) -> Any:
    """``value`` as the setting holds it. Raises ``ValueError`` saying what it must be."""
    check = _CHECKS.get(setting.name)
    if check is not None:
        return check(value)
    if isinstance(setting.default, str):
        return _word(setting, value)
    return _number(setting, value)


def _word(setting: Field[Any], value: Any) -> str:
    choices = setting.metadata.get("choices")
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("must be a string")
    if choices and value not in choices:
        raise ValueError(f"must be one of {', '.join(choices)}")
    return value


def _number(setting: Field[Any], value: Any) -> float:
    whole = isinstance(setting.default, int)
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        raise ValueError("must be a whole number" if whole else "must be a number")
    least, most = setting.metadata["least"], setting.metadata.get("most")
    # Written so that a NaN does not pass.
    if not value >= least or (most is not None and not value <= most):
        raise ValueError(f"must be at least {least}" + (f" and at most {most}" if most else ""))
    return value if whole else float(value)


def _strings(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        raise ValueError("must be a list of strings")
    return tuple(value)


def _ignores(value: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, dict):
        raise ValueError('must be a table, as in "tests/**" = ["PF101"]')
    return tuple((pattern, _strings(codes)) for pattern, codes in value.items())


def _node_ids(value: Any) -> tuple[str, ...]:
    ids = _strings(value)
    for node in ids:
        if node.startswith("-"):
            raise ValueError(
                f"holds '{node}', which is an option and could run code; name tests only"
            )
    return ids


def _interpreter(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("must be a string")
    try:
        path = Path(value).expanduser()
    except RuntimeError:
        raise ValueError("names the home of an unknown user") from None
    if value and not path.is_absolute():
        raise ValueError("must be an absolute path, since it holds for every folder")
    return str(path) if value else ""


#: Checks of settings that are more than a word or a number.
_CHECKS: dict[str, Callable[[Any], Any]] = {
    "exclude": _strings,
    "per_file_ignores": _ignores,
    "tests": _node_ids,
    "python": _interpreter,
}


# --------------------------------------------------------------------------------------------------
# Where settings are found and how they are merged: the only reader of configuration.
#
# A project's ``pyproject.toml`` is somebody else's text: it is read with a limit, from a regular
# file only, and whatever is in it ends as a value or as a problem, never as an exception.
# --------------------------------------------------------------------------------------------------


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
