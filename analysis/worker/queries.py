"""What can be asked of a worker, as values, and how each is answered.

To add a query: a frozen dataclass with ``answer`` and ``unanswered``, listed in :data:`QUERIES`,
and the type of its answer in :data:`ANSWERS`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

from analysis.deadline import Deadline
from analysis.holes.context import HoleContext
from analysis.holes.query import HoleQuery
from analysis.lint.invented import Looked, look
from analysis.lint.query import LintQuery
from analysis.names import NameSet
from analysis.semantics.import_holes import wanted
from analysis.semantics.provider import SemanticProvider
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.holes import hole_at, identifier_at
from analysis.text.document import LineIndex
from analysis.text.overlay import digest_of

_IMPORTS = frozenset({HoleKind.IMPORT_MODULE, HoleKind.IMPORT_MEMBER})


class Query(Protocol):
    """One question. Both methods return a value of the same type, one of :data:`ANSWERS`."""

    def answer(self, provider: SemanticProvider, deadline: Deadline) -> object:
        """The answer; runs in the worker.

        An :class:`~analysis.errors.AnalysisError` is passed on to the one who asked.
        """
        ...

    def unanswered(self, reason: str) -> object:
        """What to say when there is no answer in time; runs in the asking process."""
        ...


@dataclass(frozen=True, slots=True)
class NamesQuery:
    """Which names may stand in a hole, and of those of an import, which does the file lack?"""

    snapshot: Snapshot
    hole: Hole

    def answer(self, provider: SemanticProvider, deadline: Deadline) -> NameSet:
        """A name set."""
        names = provider.names(self.snapshot, self.hole, deadline)
        if self.hole.kind not in _IMPORTS:
            return names
        needed = wanted(self.snapshot.text, self.hole.start, names.spellings())
        return replace(names, wanted=needed)

    def unanswered(self, reason: str) -> NameSet:
        """An abstention."""
        return NameSet.abstain(self.hole.kind.value, reason)


@dataclass(frozen=True, slots=True)
class PositionQuery:
    """Which names may stand at a position: 0-based line, 0-based code point?"""

    snapshot: Snapshot
    line: int
    character: int

    def answer(self, provider: SemanticProvider, deadline: Deadline) -> NameSet:
        """A name set.

        Raises :class:`~analysis.text.document.TextError` for a position outside of the text.
        """
        hole = hole_at(self.snapshot.text, self.snapshot.offset(self.line, self.character))
        return provider.names(self.snapshot, hole, deadline)

    def unanswered(self, reason: str) -> NameSet:
        """An abstention."""
        return NameSet.abstain(HoleKind.NONE.value, reason)


@dataclass(frozen=True, slots=True)
class LinesQuery:
    """What is invented in these 0-based ``lines``? A person waits for it."""

    snapshot: Snapshot
    lines: tuple[int, ...]

    def answer(self, provider: SemanticProvider, deadline: Deadline) -> Looked:
        """The findings; the ``reason`` says why there may be others."""
        looked = look(self.snapshot, provider, deadline=deadline, lines=frozenset(self.lines))
        return replace(looked, reason="late") if looked.resume >= 0 else looked

    def unanswered(self, reason: str) -> Looked:
        """Nothing found, and why."""
        return Looked(reason=reason)


@dataclass(frozen=True, slots=True)
class WarmQuery:
    """Prepare for questions about a workspace: find its Python, read what everyone imports.

    One ``part`` of :data:`WARM_PARTS` at a time, between which a person's question gets its turn.
    """

    workspace: Workspace
    part: int = 0

    def answer(self, provider: SemanticProvider, deadline: Deadline) -> Warmed:
        """When it is done."""
        text, kind = _COMMON[self.part]
        start = len(text)
        hole = Hole(kind, start, start, start, "", (0, start - 1), text[:-1].split("\n")[-1])
        provider.names(Snapshot("", text, self.workspace), hole, deadline)
        return Warmed(True)

    def unanswered(self, reason: str) -> Warmed:
        """Not warmed."""
        del reason
        return Warmed(False)


@dataclass(frozen=True, slots=True)
class Warmed:
    """Whether the worker is warm."""

    done: bool


#: What loads the stubs and modules that most files need, what the others need first.
_COMMON = (
    ("{}.", HoleKind.ATTRIBUTE),
    ("import os, re, sys, json\nfrom pathlib import Path\nPath().", HoleKind.ATTRIBUTE),
    ("import re\nre.compile('').match('').", HoleKind.ATTRIBUTE),
    ("import ", HoleKind.IMPORT_MODULE),
)
WARM_PARTS = len(_COMMON)


def place_of(query: Query) -> str | None:
    """A name for what a question about names asks, whatever is typed of the name: one worker works
    it out for all. ``None`` for other questions. Old with the text and the buffers, which it holds.
    """
    if isinstance(query, NamesQuery):
        text, start, end = query.snapshot.text, query.hole.start, query.hole.end
    elif isinstance(query, PositionQuery):
        text = query.snapshot.text
        lines = LineIndex(text)
        if not 0 <= query.line < len(lines):
            return None
        start, end = identifier_at(text, lines.offset(query.line, max(0, query.character)))
    else:
        return None
    snapshot = query.snapshot
    buffers = [(buffer.path, buffer.content.digest) for buffer in snapshot.buffers]
    around = repr((snapshot.path, snapshot.workspace, buffers, start))
    return digest_of(f"{around}{text[:start]}{text[end:]}".encode("utf-8", "surrogatepass"))


#: Nobody waits for these: they yield the processor, and keep a worker free for a person.
BACKGROUND: tuple[type[Any], ...] = (WarmQuery, LintQuery)
QUERIES: tuple[type[Any], ...] = (
    NamesQuery,
    PositionQuery,
    WarmQuery,
    LintQuery,
    LinesQuery,
    HoleQuery,
)
ANSWERS: tuple[type[Any], ...] = (NameSet, Warmed, Looked, HoleContext)


@dataclass(frozen=True, slots=True)
class Within:
    """The time that the next query has, in seconds, negative for no limit; and whether nobody waits
    for it, so that it yields the processor."""

    seconds: float
    background: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The query cannot be answered for a reason that the user can act on."""

    what: str
    where: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker is warm and waits for the first query; ``trouble`` is why it refuses every one."""

    pid: int
    trouble: Refused | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A defect of ours: the query failed alone. ``place`` holds no source text."""

    error: str
    place: str


#: What a worker reads.
REQUESTS: dict[str, type[Any]] = {t.__name__: t for t in (*QUERIES, Within)}
#: What a worker writes.
REPLIES: dict[str, type[Any]] = {t.__name__: t for t in (*ANSWERS, Ready, Refused, Broken)}
