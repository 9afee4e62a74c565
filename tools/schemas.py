"""JSON schemas of ``[tool.pilotfish]`` and of ``config.toml``, for editors that check TOML.

``python -m tools.schemas`` writes them into ``docs/schemas``; a test compares.
"""

from __future__ import annotations

import json
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from engine.settings.values import MachineSettings, ProjectSettings, kebab

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "schemas"
_STRINGS = {"type": "array", "items": {"type": "string", "minLength": 1}}


def schemas() -> dict[str, str]:
    """The files, by name."""
    return {
        "pyproject-tool-pilotfish.json": _schema(ProjectSettings, "[tool.pilotfish]"),
        "config.json": _schema(MachineSettings, "Pilotfish's config.toml"),
    }


def _schema(kind: type[Any], title: str) -> str:
    document = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": title,
        "type": "object",
        "additionalProperties": False,
        "properties": {kebab(f.name): _property(f) for f in fields(kind)},
    }
    return json.dumps(document, indent=2) + "\n"


def _property(setting: Field[Any]) -> dict[str, Any]:
    limits = setting.metadata
    if setting.name == "per_file_ignores":
        told: dict[str, Any] = {"type": "object", "additionalProperties": _STRINGS}
    elif isinstance(setting.default, tuple):
        told = dict(_STRINGS)
    elif isinstance(setting.default, str):
        told = {"type": "string", "default": setting.default}
    else:
        whole = isinstance(setting.default, int)
        told = {"type": "integer" if whole else "number", "default": setting.default}
    for name, key in (("choices", "enum"), ("least", "minimum"), ("most", "maximum")):
        if name in limits:
            told[key] = list(limits[name]) if name == "choices" else limits[name]
    return {**told, "description": str(limits["meaning"])}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in schemas().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
