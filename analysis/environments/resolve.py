"""The choice: one environment for a workspace."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.environments.asked import ask
from analysis.environments.candidates import candidates
from analysis.environments.environment import Environment, InterpreterCandidate, Origin
from analysis.environments.static import read
from analysis.errors import AnalysisError
from analysis.snapshot import Workspace


def resolve(workspace: Workspace, variables: Mapping[str, str] | None = None) -> Environment:
    """The environment of ``workspace``: of its candidates the first that can be described.

    Starts an interpreter only where invariant 5 allows it. Raises
    :class:`~analysis.errors.AnalysisError` when the interpreter that the user named does not
    work: going on with another would answer about the wrong world.
    """
    for candidate in candidates(workspace, variables):
        try:
            return describe(candidate)
        except AnalysisError:
            if candidate.origin is Origin.SETTING:
                raise
    raise AnalysisError("no Python interpreter was found", where=workspace.root)


def describe(candidate: InterpreterCandidate) -> Environment:
    """What ``candidate`` is: asked where it may be started, read from its files where not.

    Raises :class:`~analysis.errors.AnalysisError` as :func:`~analysis.environments.asked.ask`.
    """
    return ask(candidate) if candidate.may_start else read(candidate)
