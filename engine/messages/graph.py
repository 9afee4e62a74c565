"""Questions to the code graph."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from analysis.snapshot import Workspace
from analysis.symbols import Link, Symbol
from analysis.text.overlay import Buffer
from engine.messages.request import Done, Request


class GraphQuestion(StrEnum):
    """What can be asked of the code graph about the symbol at a position."""

    PREPARE = "prepare"
    """Which symbol is it?"""
    CALLERS = "callers"
    CALLEES = "callees"
    REFERENCES = "references"
    SUPERTYPES = "supertypes"
    SUBTYPES = "subtypes"
    IMPACT = "impact"
    """What calls it, and how many tests a change of it may reach?"""
    SYMBOLS = "symbols"
    """Which symbols have ``query`` in their name? Asks about no position."""


@dataclass(frozen=True, slots=True)
class GraphRequest(Request["GraphAnswer"]):
    """A question about the symbol at a position (0-based line, 0-based code point) of ``path``;
    ``buffers`` are the files that are open, which stand over the disk."""

    workspace: Workspace
    question: GraphQuestion
    path: str = ""
    line: int = 0
    character: int = 0
    query: str = ""
    buffers: tuple[Buffer, ...] = ()


@dataclass(frozen=True, slots=True)
class GraphAnswer:
    """The symbol (``None``: no symbol of the graph stands there) and what it is linked to.
    ``tests`` counts tests that a change may reach, where that was asked."""

    symbol: Symbol | None = None
    links: tuple[Link, ...] = ()
    tests: int = 0


@dataclass(frozen=True, slots=True)
class FilesChanged(Request[Done]):
    """Files (absolute paths) were written or removed: the code graphs that hold them look again."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LocalRequest(Request["LocalAnswer"]):
    """Where does ``text`` read and write the local variable at a position (0-based line, 0-based
    code point)? Of an open document, whatever is on disk."""

    text: str
    line: int
    character: int


@dataclass(frozen=True, slots=True)
class LocalAnswer:
    """The places (0-based lines and code points) in order; none where no local variable stands.
    The last of each says whether it writes."""

    places: tuple[tuple[int, int, int, int, bool], ...] = ()
