"""The literal monitor: a string for a parameter that is a ``Literal`` says one of its values."""

from __future__ import annotations

import re

from analysis.names import NameSet
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.lexer import Lexer
from decoding.monitors.monitor import Monitor, Passage, Verdict
from decoding.monitors.quoted import begins_quoted, closed_at, judge_quoted, only_quoted
from decoding.vocabulary.constraint import Constraint

#: What a value of a ``Literal`` looks like. Other strings are text, and not asked about.
_VALUE = re.compile(r"[\w.+:/-]{0,32}")


class LiteralMonitor(Monitor):
    """Judges a string that is an argument, while it may be the value of a ``Literal``."""

    name = HoleKind.LITERAL.value
    kinds = frozenset({HoleKind.LITERAL})

    def begins(self, lexer: Lexer) -> bool:
        """Behind the quote of a string that begins an argument, with or without a keyword."""
        return lexer.before in ("(", ",", "=") and begins_quoted(lexer)

    def wanted(self, passage: Passage) -> bool | None:
        """Worth a question once something is written that looks like a value."""
        end = closed_at(passage)
        said = passage.written[:end]
        if not said:
            return None if end is None and not passage.ended else False
        return _VALUE.fullmatch(said) is not None

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if it is a value, or only a part of an expression."""
        said, end = judge_quoted(names, passage, early=True), closed_at(passage)
        if said is not Verdict.REJECTED or end is None:
            return said
        behind = passage.written[end + 1 :] + (passage.after if passage.ended else "")
        behind = behind.lstrip(" \t")
        if not behind and not passage.ended:
            return Verdict.UNDECIDED
        return Verdict.REJECTED if behind[:1] in (",", ")", "\n", "") else Verdict.ALLOWED

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A value, and the quote that ends it."""
        return only_quoted(names, typed)
