"""The names that may stand at a position."""

from __future__ import annotations

import concurrent.futures
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.names import NameSet, Tier
from analysis.snapshot import Snapshot
from engine.request import Caller, Lane, Request, Route

if TYPE_CHECKING:
    from analysis.deadline import Cancellation
    from analysis.worker.pool import AnalysisPool
    from engine.context import Context


@dataclass(frozen=True, slots=True)
class InspectAnswer:
    """The names, and how long it took in milliseconds.

    ``late`` says that they were not there in time: the same question may have an answer soon.
    """

    names: NameSet
    ms: float
    late: bool = False


@dataclass(frozen=True, slots=True)
class InspectRequest(Request[InspectAnswer]):
    """Which names may stand at a position (0-based line, 0-based code point)?"""

    snapshot: Snapshot
    line: int
    character: int
    deadline_ms: int = 5000


def inspect(
    request: InspectRequest, pool: AnalysisPool, cancellation: Cancellation
) -> InspectAnswer:
    """Ask ``pool`` and wait for the names, at most until the request's deadline.

    Raises :class:`~decoding.errors.CancelledError` when cancelled, and
    :class:`~analysis.errors.AnalysisError` for a position outside of the text and for an
    interpreter that the user named and that does not work.
    """
    from analysis.deadline import Deadline
    from analysis.worker.pool import UNANSWERED
    from decoding.errors import CancelledError

    begun = time.monotonic()
    deadline = Deadline.after(request.deadline_ms / 1000)
    asked = pool.inspect(request.snapshot, request.line, request.character, deadline)

    def stop() -> None:
        asked.cancel()

    # One that a newer request has overtaken must not hold a thread that the newer one needs.
    forget = cancellation.on_cancel(stop)
    try:
        names = asked.result()
    except concurrent.futures.CancelledError:
        raise CancelledError from None
    finally:
        forget()
    late = names.tier is Tier.ABSTAIN and names.reason in UNANSWERED
    return InspectAnswer(names, (time.monotonic() - begun) * 1000, late)


def _run(request: InspectRequest, context: Context, caller: Caller) -> InspectAnswer:
    return inspect(request, context.pool(), caller.cancellation)


ROUTE = Route(InspectRequest, InspectAnswer, _run, Lane.FORWARD)
