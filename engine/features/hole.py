"""What whoever writes at a position should know."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.holes.context import HoleContext
from analysis.snapshot import Snapshot
from engine.request import Caller, Lane, Request, Route

if TYPE_CHECKING:
    from engine.context import Context


@dataclass(frozen=True, slots=True)
class HoleAnswer:
    """What is known, and how long it took in milliseconds."""

    context: HoleContext
    ms: float


@dataclass(frozen=True, slots=True)
class HoleRequest(Request[HoleAnswer]):
    """What is expected at a position (0-based line, 0-based code point), and with ``types`` and
    ``headers`` what is relevant to it, each in at most ``budget`` characters?"""

    snapshot: Snapshot
    line: int
    character: int
    types: bool = False
    headers: bool = False
    budget: int = 2000
    deadline_ms: int = 5000


def _run(request: HoleRequest, context: Context, caller: Caller) -> HoleAnswer:
    """Wait for what is known, at most until the request's deadline.

    Raises :class:`~analysis.errors.AnalysisError` for a position outside of the text and for an
    interpreter that the user named and that does not work.
    """
    from analysis.deadline import Deadline
    from analysis.holes.query import HoleQuery

    del caller
    begun = time.monotonic()
    offset = request.snapshot.offset(request.line, request.character)
    query = HoleQuery(request.snapshot, offset, request.types, request.headers, request.budget)
    deadline = Deadline.after(request.deadline_ms / 1000)
    known = context.knowledge().context(query, deadline).result()
    return HoleAnswer(known, (time.monotonic() - begun) * 1000)


ROUTE = Route(HoleRequest, HoleAnswer, _run, Lane.FORWARD)
