"""What the editor's options say to the front door; the rest of them are for the engine.

Options come as JSON, in camel case: ``initializationOptions``, or the section ``pilotfish`` of the
client's configuration. A wrong value keeps its default and is named; it never fails the start.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from lsp_server.positions import path_of


def _setting(default: Any, meaning: str, choices: tuple[bool | str, ...] = ()) -> Any:
    """A field with the meaning that docs/editors.md gives it."""
    limits = {"choices": choices} if choices else {}
    return field(default=default, metadata={"meaning": meaning, **limits})


@dataclass(frozen=True, slots=True)
class SuggestionSettings:
    """``inlineCompletion``: when and how ghost text is offered.

    75 ms of rest is below the pause of a person who stops to look (chosen, not tuned).
    """

    enabled: bool = _setting(True, "Show suggestions while you type.")
    guidance: bool = _setting(True, "Suggest only names that exist.")
    multiline: bool | str = _setting(
        "auto",
        "Suggest whole blocks instead of single lines: `true`, `false`, or `auto` where the model "
        "is fast enough.",
        choices=("auto", True, False),
    )
    max_tokens: int = _setting(48, "Maximum number of tokens in a suggestion.")
    deadline_ms: int = _setting(
        300, "Milliseconds to wait for analysis before a suggestion goes on without it."
    )
    debounce_ms: int = _setting(75, "Milliseconds without typing before a suggestion is computed.")


@dataclass(frozen=True, slots=True)
class DiagnosticSettings:
    """``diagnostics``: whether there are any, ruff's among them, and how long to wait for rest."""

    enabled: bool = _setting(True, "Show Pilotfish's diagnostics.")
    ruff: bool = _setting(True, "Show ruff's diagnostics beside Pilotfish's.")
    workspace: bool = _setting(False, "Also check files that are not open.")
    debounce_ms: int = _setting(150, "Milliseconds without typing before a document is checked.")


@dataclass(frozen=True, slots=True)
class RepairSettings:
    """``repair``: how much a repair, and what follows a test, may cost."""

    time_limit: int = _setting(120, "Maximum seconds for a repair.")
    verdicts: bool = _setting(
        False,
        "Let *Debug* ask the model whether each block is right. This takes about twice as long.",
    )


@dataclass(frozen=True, slots=True)
class CodeLensSettings:
    """``codeLens``: what stands above definitions."""

    enabled: bool = _setting(
        True, "Show actions above tests and the number of callers above functions."
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """The front door's settings. ``trusted`` is the editor's own trust, ``None`` if unsaid.

    ``trusted_folders`` says it for single folders: ``((path, trusted), …)``. ``other_servers``
    names other language servers that the client runs for Python.
    """

    trusted: bool | None = None
    trusted_folders: tuple[tuple[str, bool], ...] = ()
    other_servers: tuple[str, ...] = ()
    inline_completion: SuggestionSettings = field(default=SuggestionSettings())
    diagnostics: DiagnosticSettings = field(default=DiagnosticSettings())
    repair: RepairSettings = field(default=RepairSettings())
    code_lens: CodeLensSettings = field(default=CodeLensSettings())


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """Settings, what is wrong with the options, and the options that are for the engine."""

    settings: Settings
    problems: tuple[str, ...] = ()
    engine_options: Mapping[str, Any] = field(default_factory=dict)


#: The groups of settings by their name in JSON.
GROUPS: dict[str, type[Any]] = {
    "inlineCompletion": SuggestionSettings,
    "diagnostics": DiagnosticSettings,
    "repair": RepairSettings,
    "codeLens": CodeLensSettings,
}


def camel(name: str) -> str:
    """A setting's name as it is spelled in JSON."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def read_settings(options: Mapping[str, Any]) -> ReadSettings:
    """What ``options`` say. Never raises."""
    problems: list[str] = []
    left = dict(options)
    trusted, folders = _trust(left.pop("trusted", None), problems)
    settings = Settings(
        trusted,
        folders,
        _others(left.pop("otherServers", None), problems),
        *(kind(**_group(name, kind, left, problems)) for name, kind in GROUPS.items()),
    )
    return ReadSettings(settings, tuple(problems), left)


def _others(value: object, problems: list[str]) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return tuple(value)
    problems.append("otherServers: expected a list of names")
    return ()


def _trust(value: object, problems: list[str]) -> tuple[bool | None, tuple[tuple[str, bool], ...]]:
    if value is None or isinstance(value, bool):
        return value, ()
    if not isinstance(value, Mapping):
        problems.append("trusted: expected true, false or an object from folder to either")
        return None, ()
    folders = []
    for folder, trusted in value.items():
        if isinstance(trusted, bool) and isinstance(folder, str):
            folders.append((path_of(folder) or folder, trusted))
        else:
            problems.append(f"trusted: expected true or false for {folder}")
    return None, tuple(folders)


def _group(
    name: str, kind: type[Any], options: dict[str, Any], problems: list[str]
) -> dict[str, Any]:
    given = options.pop(name, None)
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        problems.append(f"{name}: expected an object")
        return {}
    known = {camel(f.name): f for f in fields(kind)}
    found: dict[str, Any] = {}
    for key, value in given.items():
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            problems.append(f"{name}.{key}: unknown setting{hint}")
        elif choices := known[key].metadata.get("choices", ()):
            if any(type(value) is type(each) and value == each for each in choices):
                found[known[key].name] = value
            else:
                said = ", ".join(json.dumps(each) for each in choices)
                problems.append(f"{name}.{key}: expected one of {said}")
        elif isinstance(known[key].default, bool):
            if isinstance(value, bool):
                found[known[key].name] = value
            else:
                problems.append(f"{name}.{key}: expected true or false")
        elif isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            found[known[key].name] = value
        else:
            problems.append(f"{name}.{key}: expected a whole number, 0 or more")
    return found
