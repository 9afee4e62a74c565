"""``ProjectRequest`` and ``TrustRequest``: what a project decides, and whether it is trusted."""

from __future__ import annotations

from pathlib import Path

from engine.context import Context
from engine.errors import EngineError
from engine.messages import Done, ProjectAnswer, ProjectRequest, TrustRequest
from engine.settings.problems import unreadable
from engine.settings.read import project_settings
from engine.trust import distrust, is_trusted, trust


def project(request: ProjectRequest, context: Context) -> ProjectAnswer:
    """Read the project's settings; nothing of it is run."""
    root = Path(request.root)
    settings, problems = project_settings(root)
    try:
        trusted = is_trusted(root)
    except EngineError as error:
        # Nothing is known to be trusted then, and everything that needs no trust goes on.
        trusted = False
        problems += (unreadable(error.where, error.what),)
    return ProjectAnswer(settings, problems, trusted, context.machine.python or None)


def remember_trust(request: TrustRequest, context: Context) -> Done:
    """Remember it in the user's configuration folder, where a workspace cannot write."""
    del context
    if request.trusted:
        trust(Path(request.root))
    else:
        distrust(Path(request.root))
    return Done()
