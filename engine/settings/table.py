"""The table of settings in the manual, made from the settings themselves.

``python -m engine.settings.table`` prints it; a test compares it with ``docs/settings.md``.
"""

from __future__ import annotations

import sys
from dataclasses import Field, fields
from typing import Any

from engine.settings.values import MachineSettings, ProjectSettings, camel, kebab


def markdown() -> str:
    """Both groups as Markdown tables."""
    return (
        "### What a project may decide: `[tool.pilotfish]` in `pyproject.toml`\n\n"
        "| key | default | meaning |\n| --- | --- | --- |\n"
        + "".join(f"| `{kebab(f.name)}` | {_default(f)} | {_meaning(f)} |\n" for f in _project())
        + "\n### What only you decide: `config.toml` and your editor's options\n\n"
        "| key | in an editor | default | meaning |\n| --- | --- | --- | --- |\n"
        + "".join(
            f"| `{kebab(f.name)}` | `{camel(f.name)}` | {_default(f)} | {_meaning(f)} |\n"
            for f in fields(MachineSettings)
        )
    )


def _project() -> tuple[Field[Any], ...]:
    return fields(ProjectSettings)


def _default(setting: Field[Any]) -> str:
    value = setting.default
    if value == ():
        return "`{}`" if setting.name == "per_file_ignores" else "`[]`"
    return f'`"{value}"`' if isinstance(value, str) else f"`{value:g}`"


def _meaning(setting: Field[Any]) -> str:
    choices = setting.metadata.get("choices", ())
    tail = f" One of {', '.join(f'`{c}`' for c in choices)}." if choices else ""
    return str(setting.metadata["meaning"]) + tail


if __name__ == "__main__":
    sys.stdout.write(markdown())
