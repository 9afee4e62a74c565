"""Which handler answers a request, in which lane, and with what of the context.

The registry of requests: to add one, write its values in ``messages``, its handler as one file in
``handlers``, and its row here. Handlers are imported when first needed, which keeps the start of
the engine short.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from analysis.deadline import Cancellation
from engine import messages
from engine.context import Context
from engine.messages import Request


class Lane(Enum):
    """Where a request runs."""

    INLINE = "inline"
    """At once, on the thread it arrived on: only what neither computes nor waits."""
    FORWARD = "forward"
    """Beside others: what waits on other processes or files."""
    MODEL = "model"
    """One at a time, by priority: completions, then warming."""
    REPAIR = "repair"
    """One at a time: what takes minutes."""


class Asked(Protocol):
    """What a handler may use of the job it runs for."""

    cancellation: Cancellation

    def waiting(self) -> int:
        """How many requests are not yet answered, this one among them."""
        ...

    def progress(self, message: str, fraction: float = -1.0) -> None:
        """Say how far it is."""
        ...


@dataclass(frozen=True, slots=True)
class Route:
    """How one kind of request runs. ``document`` names what a newer request of the same kind
    makes pointless, ``None`` where nothing is. ``keeps_what_it_has`` ones answer after being
    cancelled with what they found until then."""

    run: Callable[[Any, Context, Asked], object]
    lane: Lane
    priority: int = 0
    document: Callable[[Any], object | None] = lambda request: None
    keeps_what_it_has: bool = False


def _status(request: messages.StatusRequest, context: Context, job: Asked) -> object:
    from engine.handlers.status import status

    return status(request, context, job.waiting())


def _configure(request: messages.ConfigureRequest, context: Context, job: Asked) -> object:
    from engine.handlers.configure import configure

    return configure(request, context)


def _project(request: messages.ProjectRequest, context: Context, job: Asked) -> object:
    from engine.handlers.project import project

    return project(request, context)


def _trust(request: messages.TrustRequest, context: Context, job: Asked) -> object:
    from engine.handlers.project import remember_trust

    return remember_trust(request, context)


ROUTES: dict[type[Request[Any]], Route] = {
    messages.StatusRequest: Route(_status, Lane.INLINE),
    messages.ConfigureRequest: Route(_configure, Lane.INLINE),
    messages.ProjectRequest: Route(_project, Lane.FORWARD),
    messages.TrustRequest: Route(_trust, Lane.FORWARD),
}
