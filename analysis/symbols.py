"""Symbols of a workspace and what links them, as values that cross processes."""

from __future__ import annotations

from dataclasses import dataclass

#: 0-based lines and code points: start line, start character, end line, end character.
Span = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Symbol:
    """A definition. ``kind`` is one of the code graph's (``CLASS``, ``METHOD``, …); ``path`` is
    ``""`` for what lies outside of the project, where ``package`` says what it belongs to."""

    kind: str
    name: str
    qualified_name: str
    path: str
    span: Span
    name_span: Span
    signature: str = ""
    package: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """``symbol`` at the other end of a use that stands at ``span`` of ``path``.

    ``kind`` is ``call``, ``read``, ``write``, …; ``how`` is ``exact`` or ``by name``.
    """

    symbol: Symbol
    kind: str
    how: str
    path: str
    span: Span
