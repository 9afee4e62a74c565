"""What is looked at: an immutable file text in an immutable workspace."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from analysis.text.document import LineIndex, TextError
from analysis.text.overlay import Buffer, Content, Overlay, whole


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder of the user's and what Pilotfish may do in it.

    ``root`` is an absolute path. ``trusted`` decides whether an interpreter that belongs to the
    workspace may be started (invariant 5). ``python`` is the interpreter the user named, or
    ``None`` to look for one; naming one is trusting it.
    """

    root: str
    trusted: bool = False
    python: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The text of one file at one moment, and the other buffers that are open then.

    ``path`` is absolute, or ``""`` for a buffer that was never saved.
    """

    path: str
    text: str
    workspace: Workspace
    version: int = 0
    #: The other files that are open; their contents stand over the disk.
    buffers: tuple[Buffer, ...] = field(default=())
    #: What names an unsaved buffer among others; ``""`` for a file.
    buffer: str = ""

    def __post_init__(self) -> None:
        """Make the text :func:`~analysis.text.overlay.whole`."""
        if (text := whole(self.text)) is not self.text:
            object.__setattr__(self, "text", text)

    def with_text(self, text: str) -> Snapshot:
        """The same file in the same workspace with another text."""
        return replace(self, text=text)

    def offset(self, line: int, character: int) -> int:
        """The offset (code points) of a 0-based line and code point.

        Raises :class:`~analysis.text.document.TextError` for a position outside of the text.
        """
        lines = LineIndex(self.text)
        if not 0 <= line < len(lines):
            raise TextError(
                f"line {line} is outside of the text, whose last line is {len(lines) - 1}",
                where=self.path,
                help="count lines from 0",
            )
        width = lines.end(line) - lines.start(line)
        if not 0 <= character <= width:
            raise TextError(
                f"character {character} is outside of line {line}, which has {width}",
                where=self.path,
                help="count characters from 0, in Unicode code points",
            )
        return lines.start(line) + character

    def overlay(self) -> Overlay:
        """The files as they stand now around this text, itself among them; for one question."""
        own = (Buffer(self.path, Content(self.text)),) if self.path else ()
        return Overlay((*self.buffers, *own), stable=True)
