"""Diagnostics as values: what is wrong, where, and which edits would fix it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is; every severity counts for the exit code."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace a range by ``text``. Lines are 0-based; characters are 0-based code points."""

    line: int
    character: int
    end_line: int
    end_character: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A quick fix. ``safe`` ones are applied by ``check --fix``; others only by a person."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One diagnostic. ``source`` is ``pilotfish`` or ``ruff``; ``path`` is absolute."""

    path: str
    line: int
    character: int
    end_line: int
    end_character: int
    code: str
    severity: Severity
    message: str
    source: str
    fixes: tuple[Fix, ...] = ()
