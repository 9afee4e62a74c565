"""The surplus monitor: no argument by position behind the last that what is called takes."""

from __future__ import annotations

import re

from analysis.names import NameSet
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.lexer import Lexer
from decoding.guidance.known_words import BUILTINS
from decoding.monitors.arity import begins_argument
from decoding.monitors.keyword_argument import by_position, free_keyword
from decoding.monitors.monitor import Monitor, Passage, Verdict
from decoding.vocabulary.constraint import Constraint

_OPENED = re.compile(r"(?<![\w.])([^\W\d]\w*)[ \t]*\(\s*\Z")


class SurplusMonitor(Monitor):
    """Judges an argument once it shows that it has no name.

    The first argument of a builtin is only judged at the cursor, where the hint asks the same:
    models know how these are called.
    """

    name = "surplus_argument"
    kinds = frozenset({HoleKind.ARGUMENT})
    by_arity = True

    def begins(self, lexer: Lexer) -> bool:
        """Where an argument of what may be a call begins."""
        return begins_argument(lexer)

    def wanted(self, passage: Passage) -> bool | None:
        """Worth a question where an argument by position is written."""
        return False if _of_builtin(passage.before) else by_position(passage)

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Rejected if every place that can be reached by position is taken."""
        if not _full(names) or hole.given.unpacked:
            return Verdict.ALLOWED
        surplus = by_position(passage)
        if surplus is None:
            return Verdict.UNDECIDED
        return Verdict.REJECTED if surplus else Verdict.ALLOWED

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A keyword that is still free; where there is none, the end of the call."""
        if not _full(names):
            return None
        assert names.arity is not None
        return free_keyword(set(names.arity.keywords), typed)


def _full(names: NameSet) -> bool:
    return names.arity is not None and names.arity.closed and names.arity.more == 0


def _of_builtin(before: str) -> bool:
    """Whether the call of a builtin has opened right behind ``before``."""
    opened = _OPENED.search(before)
    return opened is not None and opened[1] in BUILTINS
