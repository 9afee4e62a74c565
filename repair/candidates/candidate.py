"""One possible repair, as edits of the source."""

from __future__ import annotations

from dataclasses import dataclass

from repair.source.file import OffsetEdit


@dataclass(frozen=True, slots=True)
class Candidate:
    """Edits to try. ``strategy`` names the source and kind (``template: comparison``, ``infill``).

    ``value`` is how promising it is, relative to others of the same search: the suspicion of the
    place times the prior of the kind. ``line`` (1-based) is where the first edit is.
    """

    edits: tuple[OffsetEdit, ...]
    strategy: str
    value: float
    line: int
