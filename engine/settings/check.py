"""Whether a value fits a setting: its kind, its limits, and what is said if it does not.

Pure functions from a parsed table to settings and complaints; knows no file and no position.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from engine.settings.problems import NOT_FOR_PROJECTS, UNKNOWN, WRONG_VALUE
from engine.settings.values import (
    MACHINE_NAMES,
    PROJECT_NAMES,
    MachineSettings,
    ProjectSettings,
)

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
