"""The assignment monitor: a name that the function binds only later has no value yet."""

from __future__ import annotations

from analysis.names import NameSet
from analysis.syntax.hole import Hole
from analysis.syntax.lexer import Lexer
from decoding.monitors.bare_name import NAMES, begins_name, judge_read, seen_names
from decoding.monitors.monitor import Monitor, Passage, Verdict
from decoding.vocabulary.constraint import Constraint


class AssignmentMonitor(Monitor):
    """Judges a name that the function around it binds, but on no path to here.

    What may be written instead the name monitor says: such names are not in the set.
    """

    name = "definite_assignment"
    kinds = NAMES
    unfamiliar_only = True

    def begins(self, lexer: Lexer) -> bool:
        """Where a word can be a name of its own."""
        return begins_name(lexer)

    def concerns(self, hole: Hole) -> bool:
        """Not a key between quotes."""
        return not hole.in_string

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if it has a value on some path, or is bound here."""
        if passage.name not in names.unassigned:
            return Verdict.ALLOWED
        return judge_read(hole, passage)

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A name that can be seen: as the name monitor."""
        return seen_names(names, typed)
