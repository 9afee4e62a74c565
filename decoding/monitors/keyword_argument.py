"""The keyword monitor: in a call only keywords that what is called takes."""

from __future__ import annotations

from analysis.names import NameSet
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.lexer import Lexer
from decoding.constraint import Constraint, Names
from decoding.monitors.arity import begins_argument
from decoding.monitors.monitor import Passage, Verdict, holds

_END = frozenset(b"=")


class KeywordMonitor:
    """Judges an argument once an ``=`` stands behind it: before that it may be any expression."""

    name = HoleKind.KEYWORD.value
    kinds = frozenset({HoleKind.KEYWORD})

    def begins(self, lexer: Lexer) -> bool:
        """Where an argument of what may be a call begins."""
        return begins_argument(lexer)

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if it is taken, or is no keyword but an expression."""
        if not passage.name or holds(names, passage.name):
            return Verdict.ALLOWED
        behind = passage.behind.strip()
        if passage.ended:
            behind = (passage.behind + passage.after).strip()
        elif behind in ("", "="):
            return Verdict.UNDECIDED
        named = behind.startswith("=") and not behind.startswith("==")
        return Verdict.REJECTED if named else Verdict.ALLOWED

    def impossible(self, hole: Hole, passage: Passage) -> bool | None:
        """Whether a keyword is given twice: wrong whatever is called; ``None``: too early."""
        if passage.name not in hole.given.keywords:
            return False
        behind = passage.behind.strip()
        if behind in ("", "=") and not passage.ended:
            return None
        return behind.startswith("=") and not behind.startswith("==")

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A keyword, and its ``=``."""
        return Constraint.over(Names.of(names.spellings()), typed.encode(), _END)
