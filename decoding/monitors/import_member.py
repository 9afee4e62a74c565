"""The import member monitor: behind ``from module import`` only what the module has."""

from __future__ import annotations

from analysis.names import NameSet
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.lexer import Clause, Lexer
from decoding.monitors.monitor import Monitor, Passage, Verdict, holds
from decoding.vocabulary.constraint import Constraint, Names

#: What may follow an imported name: the next one, ``as``, the end of the list or the statement.
_ENDS = frozenset(b" \t\f\r\n,);#\\")


class ImportMemberMonitor(Monitor):
    """Judges each name of the list."""

    name = HoleKind.IMPORT_MEMBER.value
    kinds = frozenset({HoleKind.IMPORT_MEMBER})

    def begins(self, lexer: Lexer) -> bool:
        """Where the next name of the list is due."""
        return (
            lexer.clause is Clause.MEMBER and lexer.ready and lexer.before in ("import", "(", ",")
        )

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if the module has it; ``*`` is no name."""
        allowed = not passage.name or holds(names, passage.name)
        return Verdict.ALLOWED if allowed else Verdict.REJECTED

    def ending(self, hole: Hole, passage: Passage) -> int:
        """Before the comma, where the list has a name: what a model would import besides and does
        not exist it says again and again, and another name is seldom meant."""
        return len(passage.before.rstrip().removesuffix(",")) if hole.given.keywords else 0

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A member that the list has not got yet, and what may follow one in an import."""
        left = names.spellings() - set(hole.given.keywords)
        return Constraint.over(Names.of(left or names.spellings()), typed.encode(), _ENDS)
