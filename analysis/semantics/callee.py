"""What is known about something that is called."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Callee:
    """One value that is called: the keywords it takes, and why there may be more."""

    label: str
    module: str
    keywords: tuple[str, ...]
    doubt: str = ""
