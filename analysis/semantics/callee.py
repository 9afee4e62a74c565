"""What is known about something that is called."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.names import Signature


@dataclass(frozen=True, slots=True)
class Callee:
    """One value that is called: every way to call it, and why there may be more.

    ``path`` is the file that defines it, or ``""``. ``deprecated`` is what it says of its
    deprecation, ``None`` where it says none.
    """

    label: str
    module: str
    signatures: tuple[Signature, ...]
    doubt: str = ""
    path: str = ""
    deprecated: str | None = None
