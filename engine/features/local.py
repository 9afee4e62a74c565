"""The places where a local variable is read and written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.request import Caller, Lane, Request, Route

if TYPE_CHECKING:
    from engine.context import Context


@dataclass(frozen=True, slots=True)
class LocalAnswer:
    """The places (0-based lines and code points) in order; none where no local variable stands.
    The last of each says whether it writes."""

    places: tuple[tuple[int, int, int, int, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class LocalRequest(Request[LocalAnswer]):
    """Where does ``text`` read and write the local variable at a position (0-based line, 0-based
    code point)? Of an open document, whatever is on disk."""

    text: str
    line: int
    character: int


def _run(request: LocalRequest, context: Context, caller: Caller) -> LocalAnswer:
    """Look at the function around the position alone."""
    from analysis.views.occurrences import local_occurrences

    del context, caller
    found = local_occurrences(request.text, request.line, request.character)
    spans = ((each.span, each.writes) for each in found)
    return LocalAnswer(
        tuple((s.line, s.character, s.end_line, s.end_character, writes) for s, writes in spans)
    )


ROUTE = Route(LocalRequest, LocalAnswer, _run, Lane.FORWARD)
