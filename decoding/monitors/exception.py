"""The exception monitor: ``raise`` and ``except`` name what exists, and what can be raised."""

from __future__ import annotations

from analysis.names import NameSet
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.lexer import Clause, Lexer
from decoding.monitors.arity import begins_argument
from decoding.monitors.monitor import Monitor, Passage, Verdict, holds
from decoding.vocabulary.constraint import Constraint, Names

#: What analysis calls the builtins that are exceptions.
_RAISABLE = "type[BaseException]"


class ExceptionMonitor(Monitor):
    """Judges the first name of what is raised or caught; what follows a dot is an attribute's."""

    name = HoleKind.EXCEPTION.value
    kinds = frozenset({HoleKind.EXCEPTION})

    def begins(self, lexer: Lexer) -> bool:
        """Behind ``raise`` and ``except``; in a tuple, where an argument could begin as well."""
        if not lexer.ready or lexer.clause is not Clause.NONE:
            return False
        return lexer.before in ("raise", "except") or begins_argument(lexer)

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if it is bound and no builtin that cannot be raised."""
        name = passage.name
        if not name:
            return Verdict.ALLOWED
        known = next((known for known in names.names if known.name == name), None)
        if known is None:
            return Verdict.ALLOWED if holds(names, name) else Verdict.REJECTED
        plain = passage.behind.lstrip(" \t").startswith(("\n", ":", ",", ")"))
        # A builtin function may be called for an exception; by itself it is none.
        if known.origin == "builtins" and known.type != _RAISABLE and plain:
            return Verdict.REJECTED
        return Verdict.ALLOWED

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """An exception of the builtins, or a name of the file, which may hold one."""
        raisable = {n.name for n in names.names if n.type == _RAISABLE or n.origin != "builtins"}
        public = {name for name in raisable if not name.startswith("__")}
        return Constraint.over(Names.of(public), typed.encode())
