"""Which holes of a text are watched while it is written.

Looks at every character with the lexer and at the syntax behind it; asks, and knows nothing of what
is answered. What is made of the answers, :mod:`decoding.guidance.policy` says.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

from analysis.snapshot import Snapshot
from analysis.syntax.hole import HoleKind
from analysis.syntax.holes import calls_at
from analysis.syntax.lexer import Lexer
from analysis.syntax.tree import SyntaxTree, parsed, reparse
from decoding.guidance.active_hole import (
    ActiveHole,
    begin_of_call,
    end_of_call,
    may_begin,
    open_holes,
)
from decoding.guidance.calls import Calls
from decoding.guidance.evidence import Evidence
from decoding.guidance.known_words import known_words
from decoding.guidance.lexer_cache import lexer_after
from decoding.guidance.probe_text import probe_text
from decoding.guidance.replacer import GeneratedText
from decoding.monitors.monitor import Guarded, Monitor

#: Where a call as a whole is judged.
_CALLS = frozenset({HoleKind.CALL, HoleKind.CALL_END})
#: Holes by where their name begins and what kind they are of.
Holes = Set[tuple[int, HoleKind]]


class HoleTracker:
    """The active holes of one text. ``active_holes`` are the holes that are still open."""

    def __init__(
        self,
        generated: GeneratedText,
        snapshot: Snapshot,
        offset: int,
        evidence: Evidence | None,
        monitors: tuple[Monitor, ...],
        seconds: float,
    ) -> None:
        """As for :class:`~decoding.guidance.policy.Guidance`."""
        self._generated = generated
        self._snapshot, self._offset = snapshot, offset
        self._evidence, self._seconds = evidence, seconds
        guarded = [Guarded(monitor) for monitor in monitors]
        self._monitors = tuple(m for m in guarded if not m.unfamiliar_only)
        self._late = tuple(m for m in guarded if m.unfamiliar_only)
        #: By how much of the text stands before it.
        self._lexers = {0: Lexer()}
        #: Of the text that was looked at last.
        self._tree: SyntaxTree | None = None
        watched = any(monitor.kinds & _CALLS for monitor in monitors)
        self._calls = Calls(evidence, seconds) if evidence is not None and watched else None
        #: Words that need not be looked up.
        self._familiar: Set[str] | None = None
        self.active_holes: list[ActiveHole] = []

    def close(self) -> None:
        """No answer is wanted any more."""
        for active in self.active_holes:
            active.query.drop()
        if self._calls is not None:
            self._calls.close()

    def begin(self, done: Holes = frozenset()) -> None:
        """Look at the text before the cursor and ask about the hole at the cursor."""
        if self._evidence is not None:
            self._lexers[0] = lexer_after(self._snapshot.text[: self._offset])
            self._open(self._evidence, self._monitors, 0, self._lexers[0], done)
            if self._calls is not None and "(" in self._lexers[0].frames:
                snapshot, tree = self._asked(0, self._lexers[0])
                for call in calls_at(snapshot.text, self._offset, tree):
                    self._calls.opened(snapshot, call)

    def observe(self, text: str, done: Holes) -> None:
        """``text`` was written: activate the holes that begin in it, but for those in ``done``."""
        if self._evidence is None or not text:
            return
        at = len(self._generated.text) - len(text)
        lexer = self._lexers[at]
        for character in text:
            before, lexer, at = lexer, lexer.advance(character), at + 1
            if before.word and not lexer.word and character not in "'\"":
                self._look_back(self._evidence, before, at - 1, done)
            if (
                character == ")"
                and before.frames[-1:] == ("(",)
                and len(lexer.frames) < len(before.frames)
            ):
                self._look_back_at_call(before, at - 1)
            if may_begin(self._monitors, lexer):
                self._open(self._evidence, self._monitors, at, lexer, done)
        self._lexers[at] = lexer

    def _look_back(self, evidence: Evidence, lexer: Lexer, end: int, done: Holes) -> None:
        """A word ended at ``end``, where ``lexer`` stands: activate it if nobody knows it."""
        word = lexer.word
        if not self._late or lexer.number or not may_begin(self._late, replace(lexer, word="")):
            return
        if self._familiar is None:
            self._familiar = known_words(self._snapshot.text, self._offset)
        if word not in self._familiar:
            self._open(evidence, self._late, end - len(word), lexer, done)

    def _look_back_at_call(self, lexer: Lexer, end: int) -> None:
        """A bracket closed at ``end``, where ``lexer`` stands: ask whether it may."""
        if self._calls is None or (not lexer.word and lexer.before in ("(", ",")):
            return
        snapshot, tree = self._asked(end, lexer)
        active = end_of_call(
            self._monitors, self._calls, snapshot.text, self._offset + end, end, tree
        )
        if active is not None:
            self._move(active, end)
            self.active_holes.append(active)

    def _asked(self, at: int, lexer: Lexer) -> tuple[Snapshot, SyntaxTree]:
        """The text that is asked about at ``at``, and its tree."""
        snapshot = probe_text(self._snapshot, self._offset, self._generated.text[:at], lexer)
        text = snapshot.text
        self._tree = reparse(self._tree, text) if self._tree is not None else parsed(text)
        return snapshot, self._tree

    def _open(
        self,
        evidence: Evidence,
        monitors: Sequence[Monitor],
        at: int,
        lexer: Lexer,
        done: Holes,
    ) -> None:
        # A name that was begun before the cursor is watched from the cursor on.
        at = max(at, 0)
        start = self.active_holes[-1].start if self.active_holes else -1
        if 0 <= start < at and not self._generated.text[start:at].strip():
            # Blanks before the name: the hole is the same, it only begins later.
            for active in self.active_holes:
                if active.start == start:
                    self._move(active, at)
            return
        snapshot, tree = self._asked(at, lexer)
        known = done | {(active.start, active.hole.kind) for active in self.active_holes}
        for active in open_holes(
            monitors, evidence, snapshot, self._offset + at, at, self._seconds, tree, self._calls
        ):
            if (active.start, active.hole.kind) in known:
                active.query.drop()
                continue
            self._move(active, active.start)
            self.active_holes.append(active)
        if self._calls is not None and at > 0 and self._generated.text[at - 1] == "(":
            call = begin_of_call(monitors, self._calls, snapshot.text, self._offset + at, at, tree)
            if call is not None and (call.start, call.hole.kind) not in known:
                self._move(call, call.start)
                # Blanks behind the bracket move the hole that was opened last.
                self.active_holes.insert(0, call)

    def _move(self, active: ActiveHole, start: int) -> None:
        active.start = start
        active.base, active.literal = self._generated.before(max(start, 0))
        active.root, active.joint = None, None

    def ends(self, kept: int, done: Holes) -> None:
        """The text is to end at ``kept``: activate the word that ends there, too."""
        if self._evidence is not None and kept == len(self._generated.text):
            lexer = self._lexers[kept]
            if lexer.word:
                self._look_back(self._evidence, lexer, kept, done)

    def cut(self, active: ActiveHole) -> None:
        """Drop ``active`` and the holes that begin after it."""
        for other in self.active_holes:
            if other.start > active.start:
                other.query.drop()
        if self._calls is not None:
            self._calls.forget(self._offset + active.start)
        self.active_holes = [
            w for w in self.active_holes if w.start <= active.start and w is not active
        ]
