"""The attribute monitor: behind ``receiver.`` only a member of the receiver's type may be read."""

from __future__ import annotations

from analysis.names import NameSet
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.holes import hole_at
from analysis.syntax.lexer import Clause, Lexer
from decoding.monitors.monitor import Monitor, Passage, Verdict, holds
from decoding.vocabulary.constraint import Constraint, Names

#: Code points behind a name after which it is no longer waited for an ``=`` that would make it a
#: store: longer target lists than this are not worth a late verdict.
_PATIENCE = 80
#: Receivers behind which private names are as good as public ones: code of the class itself.
OWN = frozenset({"self", "cls"})


class AttributeMonitor(Monitor):
    """Judges loads behind any receiver but the class itself, which has a monitor of its own."""

    name = HoleKind.ATTRIBUTE.value
    kinds = frozenset({HoleKind.ATTRIBUTE})

    def begins(self, lexer: Lexer) -> bool:
        """Behind a dot that follows a value, outside import statements."""
        return begins_attribute(lexer)

    def concerns(self, hole: Hole) -> bool:
        """Not the class itself."""
        return hole.receiver_text not in OWN

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if it is a member, is stored to, or stands under a guard after all."""
        return judge_member(hole, names, passage)

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A member, and whatever ends a name.

        Private names rank last (docs/analysis.md): one is chosen only where it was begun or nothing
        else is left. The model may write any of them by itself.
        """
        return public_first(names, typed, "_")


def begins_attribute(lexer: Lexer) -> bool:
    """Behind a dot that follows a value, outside import statements."""
    return lexer.dereference and lexer.clause is Clause.NONE


def judge_member(hole: Hole, names: NameSet, passage: Passage) -> Verdict:
    """Rejected if it is no member and is read.

    A name that is assigned may be new, so a doubtful one is rejected only when the text behind it
    shows that it is read.
    """
    if not passage.name or holds(names, passage.name):
        return Verdict.ALLOWED
    behind = passage.behind.strip(" \t\f")
    seen = _seen(passage, passage.after)
    if seen.kind is not HoleKind.ATTRIBUTE or set(seen.guards) - set(hole.guards):
        return Verdict.ALLOWED
    # A single "=" may still become "==".
    assigned = behind == "=" and not passage.ended
    if seen.store and not assigned:
        return Verdict.ALLOWED
    if passage.ended or "\n" in behind or len(behind) > _PATIENCE:
        return Verdict.REJECTED
    # Would it be a store if an assignment came next? Then it is too early to tell.
    if _seen(passage, " 0\n" if assigned else "= 0\n").store:
        return Verdict.UNDECIDED
    return Verdict.REJECTED


def public_first(names: NameSet, typed: str, hidden: str) -> Constraint | None:
    """A member that does not begin with ``hidden``, unless it was begun or nothing else is left."""
    spellings = names.spellings()
    if not typed.startswith("_"):
        spellings = frozenset(s for s in spellings if not s.startswith(hidden)) or spellings
    return Constraint.over(Names.of(spellings), typed.encode())


def _seen(passage: Passage, after: str) -> Hole:
    return hole_at(passage.before + passage.written + after, len(passage.before))
