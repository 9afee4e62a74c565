"""The download of a model: the one request that reaches the network by itself, and only because a
person said so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from engine.request import Caller, Done, Lane, Request, Route

if TYPE_CHECKING:
    from engine.context import Context


@dataclass(frozen=True, slots=True)
class PullRequest(Request[Done]):
    """Download a model, by role or name. The answer's note is the model's name."""

    repeatable: ClassVar[bool] = False

    model: str = "complete"


def _run(request: PullRequest, context: Context, caller: Caller) -> Done:
    """Pull the model of the request's role, with progress; what arrived before a cancellation is
    kept for the next pull.

    Raises :class:`~decoding.errors.ModelFileError` when no source has it or the disk is full, and
    :class:`~decoding.errors.CancelledError`.
    """
    from decoding.errors import CancelledError
    from decoding.models.pull import pull
    from decoding.models.store import find

    def report(stage: str, done: int, total: int) -> None:
        # The only place where a pull can be stopped.
        if caller.cancellation.cancelled:
            raise CancelledError
        size = f", {done / 1e6:.0f} of {total / 1e6:.0f} MB" if total else ""
        caller.progress(f"{stage}{size}", done / total if total else -1.0)

    model = find(request.model)
    pull(model, report)
    context.writers.installed()
    return Done((model.name,))


ROUTE = Route(PullRequest, Done, _run, Lane.BACKGROUND)
