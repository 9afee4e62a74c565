"""One thing that was looked at: how it is, and what would fix it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from analysis.snapshot import Workspace
from engine.settings.values import MachineSettings


class State(StrEnum):
    """How something is. Only ``broken`` makes doctor's exit code 1."""

    OK = "ok"
    NOTE = "note"
    """Works, but something optional is missing or to be known."""
    BROKEN = "broken"
    """A part of Pilotfish does not work."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What one check found. ``help`` is what to do, ``""`` where there is nothing to do."""

    name: str
    state: State
    detail: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at: a workspace, and the settings in force (``model`` as asked for)."""

    workspace: Workspace
    machine: MachineSettings
