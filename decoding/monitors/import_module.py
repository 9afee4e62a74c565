"""The module monitor: behind ``import`` and ``from`` only modules that exist."""

from __future__ import annotations

import keyword

from analysis.names import NameSet
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.lexer import Clause, Lexer
from decoding.monitors.monitor import Monitor, Passage, Verdict, holds
from decoding.vocabulary.constraint import Constraint, Names


class ImportModuleMonitor(Monitor):
    """Judges every component of a dotted path by itself: each is a hole of its own."""

    name = HoleKind.IMPORT_MODULE.value
    kinds = frozenset({HoleKind.IMPORT_MODULE})

    def begins(self, lexer: Lexer) -> bool:
        """Where a component of a module path is next."""
        if not lexer.ready:
            return False
        if lexer.clause is Clause.MODULE:
            return lexer.before in ("import", ",", ".")
        relative = not lexer.before.strip(".")
        return lexer.clause is Clause.ORIGIN and (lexer.before == "from" or relative)

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if it exists, or is the ``import`` of ``from . import``."""
        name = passage.name
        if not name or keyword.iskeyword(name) or holds(names, name):
            return Verdict.ALLOWED
        return Verdict.REJECTED

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A module, and whatever ends a name: a dot may go on to a submodule."""
        return Constraint.over(Names.of(names.spellings()), typed.encode())
