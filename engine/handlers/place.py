"""Where in a text a request's position is."""

from __future__ import annotations

from analysis.snapshot import Snapshot
from analysis.text.lines import LineIndex
from analysis.text.positions import TextError


def offset_of(snapshot: Snapshot, line: int, character: int) -> int:
    """The offset (code points) of a 0-based line and code point.

    Raises :class:`~analysis.text.positions.TextError` for a position outside of the text.
    """
    lines = LineIndex(snapshot.text)
    if not 0 <= line < len(lines):
        raise TextError(
            f"line {line} is outside of the text, whose last line is {len(lines) - 1}",
            where=snapshot.path,
        )
    width = lines.end(line) - lines.start(line)
    if not 0 <= character <= width:
        raise TextError(
            f"character {character} is outside of line {line}, which has {width}",
            where=snapshot.path,
        )
    return lines.start(line) + character
