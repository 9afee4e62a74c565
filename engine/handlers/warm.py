"""``WarmRequest``: prepare for work in a workspace, so that the first answer is quick too."""

from __future__ import annotations

from analysis.deadline import Cancellation
from analysis.errors import ExplainedError
from decoding.errors import CancelledError
from engine.context import Context
from engine.gate import Claim
from engine.messages import Done, WarmRequest


def warm(request: WarmRequest, context: Context, cancellation: Cancellation) -> Done:
    """Start the analysis workers on the workspace and load the model.

    Without a model everything else still works, so its absence is a note (and in the status).
    """
    context.pool().warm(request.workspace)
    notes = []
    if request.model:
        try:
            with context.writers.completing(cancellation, Claim.WARM):
                pass
        except CancelledError:
            raise
        except ExplainedError as error:
            notes.append(str(error))
    return Done(tuple(notes))
