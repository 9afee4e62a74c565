"""What a project decides, and whether it is trusted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.findings import Finding
from engine.request import Caller, Lane, Request, Route
from engine.settings.values import ProjectSettings

if TYPE_CHECKING:
    from engine.context import Context


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
class ProjectRequest(Request[ProjectAnswer]):
    """What does the project at ``root`` (an absolute path) decide, and is it trusted?"""

    root: str


def _run(request: ProjectRequest, context: Context, caller: Caller) -> ProjectAnswer:
    """Read the project's settings; nothing of it is run."""
    from engine.errors import EngineError
    from engine.settings.read import project_settings, unreadable
    from engine.trust import is_trusted

    del caller
    root = Path(request.root)
    settings, problems = project_settings(root)
    try:
        trusted = is_trusted(root)
    except EngineError as error:
        # Nothing is known to be trusted then, and everything that needs no trust goes on.
        trusted = False
        problems += (unreadable(error.where, error.what),)
    return ProjectAnswer(settings, problems, trusted, context.machine.python or None)


ROUTE = Route(ProjectRequest, ProjectAnswer, _run, Lane.FORWARD)
