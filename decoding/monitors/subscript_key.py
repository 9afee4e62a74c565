"""The key monitor: between the quotes of ``receiver["…"]`` only keys that the receiver has."""

from __future__ import annotations

from analysis.names import NameSet
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.lexer import Lexer
from decoding.monitors.monitor import Monitor, Passage, Verdict
from decoding.monitors.quoted import begins_quoted, closed_at, judge_quoted, only_quoted
from decoding.vocabulary.constraint import Constraint


class KeyMonitor(Monitor):
    """Judges a key that is read: one that is assigned may be new."""

    name = HoleKind.SUBSCRIPT_KEY.value
    kinds = frozenset({HoleKind.SUBSCRIPT_KEY})

    def begins(self, lexer: Lexer) -> bool:
        """Behind the quote of a string that begins a subscript."""
        return lexer.before == "[" and begins_quoted(lexer)

    def concerns(self, hole: Hole) -> bool:
        """Not an index that is another expression."""
        return hole.in_string

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if it is a key, is assigned, or is only a part of an expression."""
        line = passage.before[passage.before.rfind("\n") + 1 :]
        begins = line.lstrip().startswith(hole.receiver_text)
        said, end = judge_quoted(names, passage, early=not begins), closed_at(passage)
        if said is not Verdict.REJECTED or end is None:
            return said
        behind = passage.written[end + 1 :] + (passage.after if passage.ended else "")
        between, _, rest = behind.lstrip(" \t").partition("]")
        rest = rest.lstrip(" \t")
        if between or (begins and rest[:1] in (",", ":")):
            return Verdict.ALLOWED  # more than a string, or one of several targets
        if rest in ("", "=") and not passage.ended:
            return Verdict.UNDECIDED
        stored = rest.startswith("=") and not rest.startswith("==")
        return Verdict.ALLOWED if stored else Verdict.REJECTED

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A key, and the quote that ends it."""
        return only_quoted(names, typed)
