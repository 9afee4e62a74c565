"""The keyword monitor: in a call only keywords that what is called takes."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from analysis.names import NameSet
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.lexer import Lexer
from decoding.monitors.arity import begins_argument
from decoding.monitors.monitor import Monitor, Passage, Verdict, holds
from decoding.vocabulary.constraint import Constraint, Names

#: What may stand behind a keyword, and behind the last comma of a call.
_END, _CLOSE = frozenset(b"="), frozenset(b")")


class KeywordMonitor(Monitor):
    """Judges an argument once an ``=`` stands behind it: before that it may be any expression."""

    name = HoleKind.KEYWORD.value
    kinds = frozenset({HoleKind.KEYWORD})

    def begins(self, lexer: Lexer) -> bool:
        """Where an argument of what may be a call begins."""
        return begins_argument(lexer)

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if the call takes it and has no value for it yet, or if it is no keyword but an
        expression."""
        if not passage.name or (
            holds(names, passage.name) and passage.name not in _filled(hole, names)
        ):
            return Verdict.ALLOWED
        behind = passage.behind.strip()
        if passage.ended:
            behind = (passage.behind + passage.after).strip()
        elif behind in ("", "="):
            return Verdict.UNDECIDED
        named = behind.startswith("=") and not behind.startswith("==")
        return Verdict.REJECTED if named else Verdict.ALLOWED

    def impossible(self, hole: Hole, passage: Passage) -> bool | None:
        """Whether a keyword is given twice, or a value without a name behind one that has one:
        wrong whatever is called; ``None``: too early."""
        if _only_named(hole):
            unnamed = by_position(passage)
            if unnamed is not False:
                return unnamed
        if passage.name not in hole.given.keywords:
            return False
        behind = passage.behind.strip()
        if behind in ("", "=") and not passage.ended:
            return None
        return behind.startswith("=") and not behind.startswith("==")

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A keyword that is still free, and its ``=``; where there is none, the end of the call."""
        return free_keyword(names.spellings() - _filled(hole, names), typed)


def by_position(passage: Passage) -> bool | None:
    """Whether an argument without a name was begun; ``None``: too early to tell."""
    written = passage.written.lstrip()
    if not written:
        return False if passage.ended else None
    if written[0] in "*)":
        return False
    behind = replace(passage, written=written).behind.lstrip(" \t")
    if passage.ended:
        behind = (behind + passage.after).lstrip(" \t")
    elif behind in ("", "="):
        return None
    return not behind.startswith("=") or behind.startswith("==")


def free_keyword(free: Set[str], typed: str) -> Constraint | None:
    """One of ``free`` and its ``=``, the end of the call where there is none."""
    if free:
        return Constraint.over(Names.of(free), typed.encode(), _END)
    return None if typed else Constraint.over(Names.nothing(), b"", _CLOSE)


def _only_named(hole: Hole) -> bool:
    """Whether an argument without a name can be no code here (language reference, *Calls*)."""
    return bool(hole.given.keywords) or hole.given.unpacked_names


def _filled(hole: Hole, names: NameSet) -> frozenset[str]:
    """The parameters that arguments by position have given a value, in every signature."""
    arity = names.arity
    if arity is None or not arity.closed or hole.given.unpacked:
        return frozenset()
    every = {keyword for signature in arity.signatures for keyword in signature.keywords}
    return frozenset(every.difference(arity.keywords))
