"""Settings: where they come from, and what is wrong with them; trust of the workspace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from analysis.findings import Finding
from engine.settings.read import machine_file, machine_settings, project_settings
from pilotfish.health.sign import Patient, Sign, State


def machine(patient: Patient) -> Iterator[Sign]:
    """The user's own settings."""
    _, problems = machine_settings()
    yield from _signs("your settings", machine_file(), problems)


def project(patient: Patient) -> Iterator[Sign]:
    """The settings of the project at hand."""
    root = Path(patient.workspace.root)
    _, problems = project_settings(root)
    yield from _signs("project settings", root / "pyproject.toml", problems)


def _signs(name: str, path: Path, problems: tuple[Finding, ...]) -> Iterator[Sign]:
    for found in problems:
        what, _, help = found.message.partition("; ")
        yield Sign(name, State.BROKEN, f"{path}:{found.line + 1}: {what}", help)
    if not problems:
        there = "" if path.exists() else " (no file: defaults)"
        yield Sign(name, State.OK, f"{path}{there}")


def trust(patient: Patient) -> Iterator[Sign]:
    """Whether an interpreter of the workspace may be started (invariant 5)."""
    root = patient.workspace.root
    if patient.workspace.trusted:
        yield Sign("trust", State.OK, f"{root} is trusted")
    elif patient.workspace.python:
        yield Sign("trust", State.OK, "the interpreter was named explicitly, so it is trusted")
    else:
        yield Sign(
            "trust",
            State.NOTE,
            f"{root} is not trusted: its interpreter is never started, its packages are read as "
            "files",
            f"pilotfish trust {root}",
        )
