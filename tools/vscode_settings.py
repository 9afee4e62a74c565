"""The settings of the VS Code extension, made from the server's own declarations.

``python -m tools.vscode_settings`` writes them into ``editors/vscode/package.json``; a test
compares. What a workspace must not decide has the scope ``machine``.
"""

from __future__ import annotations

import json
import sys
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from engine.settings.values import MachineSettings
from lsp_server.settings import GROUPS, camel

MANIFEST = Path(__file__).resolve().parent.parent / "editors" / "vscode" / "package.json"

#: Settings of the extension itself.
OWN: dict[str, dict[str, Any]] = {
    "pilotfish.path": {
        "type": "string",
        "default": "",
        "scope": "machine",
        "markdownDescription": "Path of the `pilotfish` program. Empty: the one on PATH, "
        "otherwise the extension's own private environment, which is created after you agree.",
    },
    "pilotfish.nextEdits": {
        "type": "boolean",
        "default": True,
        "scope": "window",
        "markdownDescription": "Mark the next place that must follow an edit.",
    },
    "pilotfish.trace.server": {
        "type": "string",
        "enum": ["off", "messages", "verbose"],
        "default": "off",
        "scope": "window",
        "markdownDescription": "Detail of the server's messages in the log. `verbose` "
        "includes source text.",
    },
}


def properties() -> dict[str, dict[str, Any]]:
    """``contributes.configuration.properties``."""
    found = dict(OWN)
    for setting in fields(MachineSettings):
        found[f"pilotfish.{camel(setting.name)}"] = _schema(setting, "machine")
    # Declared all the same: what is not cannot be removed from where an older version put it.
    found["pilotfish.endpointKey"] |= {
        "markdownDeprecationMessage": "Kept in VS Code's secret storage: run "
        "*Pilotfish: Set the Endpoint's Key*. A key that stands here is moved there.",
        "ignoreSync": True,
    }
    for group, kind in GROUPS.items():
        for setting in fields(kind):
            found[f"pilotfish.{group}.{camel(setting.name)}"] = _schema(setting, "window")
    return found


def _schema(setting: Field[Any], scope: str) -> dict[str, Any]:
    default, limits = setting.default, setting.metadata
    schema: dict[str, Any] = {"type": _type(default), "default": default, "scope": scope}
    if "choices" in limits:
        schema["enum"] = list(limits["choices"])
        kinds = list(dict.fromkeys(_type(each) for each in schema["enum"]))
        schema["type"] = kinds[0] if len(kinds) == 1 else kinds
    if schema["type"] in ("integer", "number"):
        schema["minimum"] = limits.get("least", 0)
    if "most" in limits:
        schema["maximum"] = limits["most"]
    meaning = str(limits["meaning"])
    text = meaning[0].upper() + meaning[1:]
    schema["markdownDescription"] = text if text.endswith(".") else f"{text}."
    return schema


def _type(default: object) -> str:
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string")):
        if isinstance(default, kind):
            return name
    raise TypeError(f"a setting of VS Code holds no {type(default).__name__}")


def main() -> int:
    """Write them."""
    manifest = json.loads(MANIFEST.read_text())
    manifest["contributes"]["configuration"]["properties"] = properties()
    MANIFEST.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
