"""``LocalRequest``: where a local variable is read and written."""

from __future__ import annotations

from analysis.views.occurrences import local_occurrences
from engine.messages import LocalAnswer, LocalRequest


def local(request: LocalRequest) -> LocalAnswer:
    """Look at the function around the position alone."""
    found = local_occurrences(request.text, request.line, request.character)
    spans = ((each.span, each.writes) for each in found)
    return LocalAnswer(
        tuple((s.line, s.character, s.end_line, s.end_character, writes) for s, writes in spans)
    )
