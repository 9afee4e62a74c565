"""Preparation for work in a workspace, so that the first answer is quick too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.errors import ExplainedError
from analysis.snapshot import Workspace
from engine.request import Caller, Done, Lane, Request, Route

if TYPE_CHECKING:
    from engine.context import Context


@dataclass(frozen=True, slots=True)
class WarmRequest(Request[Done]):
    """Prepare for work in a workspace: load the model, start the worker, pre-warm its caches."""

    workspace: Workspace
    model: bool = True


def _run(request: WarmRequest, context: Context, caller: Caller) -> Done:
    """Start the analysis workers on the workspace and load the model.

    Without a model everything else still works, so its absence is a note (and in the status).
    """
    from engine.lease import Priority

    context.pool().warm(request.workspace)
    notes = []
    if request.model:
        try:
            with context.writers.completing(caller.cancellation, Priority.WARM):
                pass
        except ExplainedError as error:
            notes.append(str(error))
    return Done(tuple(notes))


ROUTE = Route(WarmRequest, Done, _run, Lane.BACKGROUND)
