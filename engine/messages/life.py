"""The engine itself: its models, its state, its settings, and whom it trusts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from analysis.findings import Finding
from analysis.snapshot import Workspace
from engine.messages.request import Done, Request
from engine.settings.values import MachineSettings, ProjectSettings


@dataclass(frozen=True, slots=True)
class PullRequest(Request[Done]):
    """Download a model, by role or name. The answer's note is the model's name."""

    repeatable: ClassVar[bool] = False

    model: str = "complete"


@dataclass(frozen=True, slots=True)
class WarmRequest(Request[Done]):
    """Prepare for work in a workspace: load the model, start the worker, pre-warm its caches."""

    workspace: Workspace
    model: bool = True


@dataclass(frozen=True, slots=True)
class StatusRequest(Request["StatusAnswer"]):
    """What is loaded and running?"""


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """State for a status bar: model name (or why there is none), worker pids, engine pid.

    ``model_state`` is ``unloaded``, ``loading``, ``loaded`` or ``missing``; ``model_reason`` says
    why it is missing and ``model_help`` what helps. ``analysis_reason`` says why no file is
    analysed. ``waiting`` counts requests not yet answered.
    """

    engine_pid: int
    model: str
    model_state: str
    worker_pids: tuple[int, ...] = ()
    resident_bytes: int = 0
    model_reason: str = ""
    model_help: str = ""
    waiting: int = 0
    analysis_reason: str = ""


@dataclass(frozen=True, slots=True)
class ConfigureRequest(Request["ConfigureAnswer"]):
    """Options of the front door, over the user's own file: an editor's initialization options.

    ``options`` is the JSON object as the client sent it, in camel case; what is wrong with it
    comes back as problems and is otherwise left at its default.
    """

    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConfigureAnswer:
    """The machine's settings in force, and what is wrong with them (``path`` may be ``""``)."""

    machine: MachineSettings
    problems: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class ProjectRequest(Request["ProjectAnswer"]):
    """What does the project at ``root`` (an absolute path) decide, and is it trusted?"""

    root: str


@dataclass(frozen=True, slots=True)
class ProjectAnswer:
    """The project's settings, what is wrong with them, and whether the user trusts the folder.

    ``problems`` lie in its ``pyproject.toml``; ``python`` is the interpreter that the machine's
    settings name, for :class:`~analysis.snapshot.Workspace`.
    """

    project: ProjectSettings
    problems: tuple[Finding, ...] = ()
    trusted: bool = False
    python: str | None = None


@dataclass(frozen=True, slots=True)
class TrustRequest(Request[Done]):
    """Remember that the user trusts the folder ``root``, or takes it back."""

    root: str
    trusted: bool = True
