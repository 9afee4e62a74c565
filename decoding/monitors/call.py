"""The monitor of a call's beginning: what cannot be called is not."""

from __future__ import annotations

from analysis.names import NameSet
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.lexer import Lexer
from decoding.monitors.monitor import Monitor, Passage, Verdict
from decoding.vocabulary.constraint import Constraint, Names

_ANYTHING_ELSE = frozenset(range(256)) - frozenset(b"(")


class CallMonitor(Monitor):
    """Judges a bracket that opens behind a value: ``.size()`` where the size is a number."""

    name = HoleKind.CALL.value
    kinds = frozenset({HoleKind.CALL})
    by_arity = True

    def begins(self, lexer: Lexer) -> bool:
        """Never from what stands before: it is looked back at once a bracket has opened."""
        return False

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Rejected if what stands before is declared to be something that cannot be called."""
        refused = names.arity is not None and names.arity.uncallable
        called = passage.written.startswith("(")
        return Verdict.REJECTED if refused and called else Verdict.ALLOWED

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """Whatever else may follow the value."""
        return Constraint.over(Names.nothing(), b"", _ANYTHING_ELSE)
