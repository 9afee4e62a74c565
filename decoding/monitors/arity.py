"""The arity monitor: a call does not end before it has what is required of it."""

from __future__ import annotations

from analysis.names import NameSet
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.lexer import Lexer
from decoding.monitors.monitor import Monitor, Passage, Verdict
from decoding.vocabulary.constraint import Constraint, Names

#: Values that any call may be given.
_VALUES = frozenset({"None", "True", "False"})


class ArityMonitor(Monitor):
    """Judges a bracket that closes where an argument could begin.

    Asked about only then: looking up what is called takes longer than writing most arguments.
    Whether arguments are too many another monitor judges.
    """

    name = "arity"
    kinds = frozenset({HoleKind.ARGUMENT})
    by_arity = True

    def begins(self, lexer: Lexer) -> bool:
        """Where an argument of what may be a call begins."""
        return begins_argument(lexer)

    def wanted(self, passage: Passage) -> bool | None:
        """Worth a question when the call ends here."""
        written = passage.written.lstrip()
        return written.startswith(")") if written else (False if passage.ended else None)

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Rejected if the call ends and every signature still requires something."""
        ends = passage.written.lstrip().startswith(")")
        arity = names.arity
        lacking = ends and arity is not None and arity.closed and bool(arity.missing)
        return Verdict.REJECTED if lacking else Verdict.ALLOWED

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A name that can be seen, as the argument; a keyword alone would be no value."""
        if names.arity is None or not names.arity.missing or names.arity.more == 0:
            return None
        seen = {n.name for n in names.names if n.kind != "keyword" and n.origin != "builtins"}
        values = {name for name in seen if not name.startswith("__")} | _VALUES
        return Constraint.over(Names.of(values), typed.encode())


def begins_argument(lexer: Lexer) -> bool:
    """Where an argument of what may be a call begins."""
    return lexer.before in ("(", ",") and lexer.ready and lexer.frames[-1:] == ("(",)
