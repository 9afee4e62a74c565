"""Which settings exist: names, defaults, meaning, and who may decide them.

Two groups. A *project* may decide what concerns its text; what runs or leaves the machine is
decided by the *machine* alone, since a workspace that could name a command, an interpreter or an
address would run it by being opened (invariant 5). Knows no file: reading is :mod:`.read`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


def _setting(default: Any, meaning: str, **limits: Any) -> Any:
    """A field with its documentation and limits, from which docs and checks are made."""
    metadata = {"meaning": meaning, **limits}
    return field(default=default, metadata=metadata, repr=not limits.get("secret"))


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """``[tool.pilotfish]`` of the workspace's ``pyproject.toml``: what a project may decide."""

    exclude: tuple[str, ...] = _setting(
        (),
        "Glob patterns, relative to the workspace, of files and folders that `check` passes over "
        "unless they are named explicitly.",
    )
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = _setting(
        (), "A table from glob pattern to the codes that are not reported in matching files."
    )
    tests: tuple[str, ...] = _setting(
        (),
        "Node ids of the tests that a repair looks at (`tests/test_cart.py::test_total`). Options "
        "are refused: an entry never begins with `-`.",
    )


@dataclass(frozen=True, slots=True)
class MachineSettings:
    """The user's ``config.toml`` and the editor's options: what a project may not decide."""

    model: str = _setting(
        "", "Model that completes: a name of `pilotfish model list` or the path of a GGUF file."
    )
    repair_model: str = _setting("", "Model that repairs, likewise; the completing one if absent.")
    endpoint: str = _setting(
        "",
        "Address of a llama-server or a vLLM server that computes instead of this machine. Your "
        "code is sent there.",
    )
    endpoint_model: str = _setting("", "The model it is asked for; its first if absent.")
    endpoint_key: str = _setting(
        "",
        "The key it wants. `PILOTFISH_ENDPOINT_KEY` in the environment goes first.",
        secret=True,
    )
    python: str = _setting(
        "", "Path of the interpreter that your project runs under. Naming it is trusting it."
    )
    test_command: str = _setting("", "Command that a repair runs when none is given.")
    threads: int = _setting(0, "Threads that the model computes with; 0 chooses.", least=0)
    language_features: str = _setting(
        "auto",
        "Whether hover, signatures, member lists and references are served: `assist` leaves them "
        "to another server, `auto` does so where one is known to be there.",
        choices=("auto", "all", "assist"),
    )
    idle_unload_seconds: float = _setting(
        600.0, "Seconds without work after which a model leaves memory; 0 keeps it.", least=0
    )
    # ``benchmarks.dotprompts``, precision against share shown: below this 1 of 17 lines was right.
    confidence_threshold: float = _setting(
        0.3, "Suggestions less sure than this (0 to 1) are not shown.", least=0, most=1
    )
    log_level: str = _setting(
        "info",
        "How much the engine writes to its log. `debug` may include source text.",
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
