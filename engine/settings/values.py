"""Which settings exist, and the table of them in the manual."""

from __future__ import annotations

import sys
from dataclasses import Field, dataclass, field, fields
from typing import Any

# --------------------------------------------------------------------------------------------------
# Which settings exist: names, defaults, meaning, and who may decide them.
#
# Two groups. A *project* may decide what concerns its text; what runs or leaves the machine is
# decided by the *machine* alone, since a workspace that could name a command, an interpreter or an
# address would run it by being opened (invariant 5). Knows no file: reading is :mod:`.read`.
# --------------------------------------------------------------------------------------------------


def _setting(default: Any, meaning: str, **limits: Any) -> Any:
    """A field with its documentation and limits, from which docs and checks are made."""
    metadata = {"meaning": meaning, **limits}
    return field(default=default, metadata=metadata, repr=not limits.get("secret"))


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """``[tool.pilotfish]`` of the workspace's ``pyproject.toml``: what a project may decide."""

    exclude: tuple[str, ...] = _setting(
        (),
        "Glob patterns, relative to the workspace, of files and folders that `check` skips unless "
        "they are named explicitly.",
    )
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = _setting(
        (), "A table from glob patterns to the codes that are not reported in matching files."
    )
    tests: tuple[str, ...] = _setting(
        (),
        "Node ids of the tests that a repair runs (`tests/test_cart.py::test_total`). Options "
        "are refused: an entry never begins with `-`.",
    )


@dataclass(frozen=True, slots=True)
class MachineSettings:
    """The user's ``config.toml`` and the editor's options: what a project may not decide."""

    model: str = _setting(
        "", "Model for completion: a name from `pilotfish model list` or the path of a GGUF file."
    )
    repair_model: str = _setting(
        "", "Model for repair: a name or a path. Default: the completion model."
    )
    endpoint: str = _setting(
        "",
        "URL of a llama-server or vLLM server to use instead of a local model. Your code is sent "
        "there.",
    )
    endpoint_model: str = _setting(
        "", "Name of the model on the server at `endpoint`. Default: the server's first model."
    )
    endpoint_key: str = _setting(
        "",
        "API key of the server at `endpoint`. The environment variable `PILOTFISH_ENDPOINT_KEY` "
        "takes precedence.",
        secret=True,
    )
    python: str = _setting(
        "", "Path of your project's Python interpreter. Setting it means that you trust it."
    )
    test_command: str = _setting("", "Test command that a repair runs when none is given.")
    threads: int = _setting(0, "Number of threads for the model. 0: chosen automatically.", least=0)
    # What somebody waits for who looks at another place; ``decoding.prompts.room`` has the same.
    prompt_seconds: float = _setting(
        1.2,
        "Seconds that reading a new prompt may take. A fast machine or server is shown as much of "
        "your code as it reads in that time. 0: always the smallest prompts.",
        least=0,
    )
    language_features: str = _setting(
        "auto",
        "Provide hover, signatures, member lists and references: `all` always, `assist` never "
        "(another server does), `auto` unless another Python server is known to run.",
        choices=("auto", "all", "assist"),
    )
    idle_unload_seconds: float = _setting(
        600.0, "Seconds without use after which the model is unloaded. 0: never.", least=0
    )
    # ``benchmarks.dotprompts``, precision against share shown: below this 1 of 17 lines was right.
    confidence_threshold: float = _setting(
        0.3, "Minimum confidence (0 to 1) of suggestions that are shown.", least=0, most=1
    )
    log_level: str = _setting(
        "info",
        "Detail of the engine's log. `debug` may include source text.",
        choices=("error", "warning", "info", "debug"),
    )


def kebab(name: str) -> str:
    """A setting's name as it is spelled in TOML: ``per-file-ignores``."""
    return name.replace("_", "-")


def camel(name: str) -> str:
    """A setting's name as it is spelled in an editor's options: ``perFileIgnores``."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


#: Field names of the two groups.
PROJECT_NAMES: tuple[str, ...] = tuple(f.name for f in fields(ProjectSettings))
MACHINE_NAMES: tuple[str, ...] = tuple(f.name for f in fields(MachineSettings))


# --------------------------------------------------------------------------------------------------
# The table of settings in the manual, made from the settings themselves.
#
# ``python -m engine.settings.values`` prints it; a test compares it with ``docs/settings.md``.
# --------------------------------------------------------------------------------------------------


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
