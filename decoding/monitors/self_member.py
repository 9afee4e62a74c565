"""The monitor of ``self`` and ``cls``: in a class, its own members, private ones among them."""

from __future__ import annotations

from analysis.names import NameSet
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.lexer import Lexer
from decoding.monitors.attribute import OWN, begins_attribute, judge_member, public_first
from decoding.monitors.monitor import Monitor, Passage, Verdict
from decoding.vocabulary.constraint import Constraint


class SelfMonitor(Monitor):
    """Judges loads of members of the class that the code is in."""

    name = "self_member"
    kinds = frozenset({HoleKind.ATTRIBUTE})

    def begins(self, lexer: Lexer) -> bool:
        """Behind a dot that follows a value."""
        return begins_attribute(lexer)

    def concerns(self, hole: Hole) -> bool:
        """Only the class itself."""
        return hole.receiver_text in OWN

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if the class has it or gets it here."""
        return judge_member(hole, names, passage)

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A member; what the language calls by itself (``__init__``) last."""
        return public_first(names, typed, "__")
