"""What is looked at: an immutable file text in an immutable workspace."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


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
    """The text of one file at one moment. ``path`` is absolute, or ``""`` for an unsaved buffer."""

    path: str
    text: str
    workspace: Workspace
    version: int = 0
    #: Texts of other files that are open and unsaved, by absolute path: ``((path, text), …)``.
    unsaved: tuple[tuple[str, str], ...] = field(default=())
    #: What names an unsaved buffer among others; ``""`` for a file.
    buffer: str = ""

    def with_text(self, text: str) -> Snapshot:
        """The same file in the same workspace with another text."""
        return replace(self, text=text)
