"""The monitor of a call's end: it does not end behind an argument while another is required."""

from __future__ import annotations

from analysis.names import NameSet
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.lexer import Lexer
from decoding.monitors.monitor import Monitor, Passage, Verdict
from decoding.vocabulary.constraint import Constraint, Names

_COMMA = frozenset(b",")


class CallEndMonitor(Monitor):
    """Judges a bracket that closes behind an argument. Where one closes and nothing was given, the
    arity monitor does: there another name can be written at once."""

    name = HoleKind.CALL_END.value
    kinds = frozenset({HoleKind.CALL_END})
    by_arity = True

    def begins(self, lexer: Lexer) -> bool:
        """Never from what stands before: it is looked back at once a bracket has closed."""
        return False

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Rejected if every signature still requires something."""
        arity = names.arity
        lacking = arity is not None and arity.closed and bool(arity.missing)
        ends = passage.written.lstrip().startswith(")")
        return Verdict.REJECTED if lacking and ends else Verdict.ALLOWED

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A comma, behind which the next argument follows."""
        if names.arity is None or not names.arity.missing:
            return None
        return Constraint.over(Names.nothing(), b"", _COMMA)
