"""Monitors of strings that must be one of a few: keys, and arguments with a literal type."""

from __future__ import annotations

import re

from analysis.names import NameSet
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.lexer import Lexer, Quote
from decoding.monitors.monitor import Monitor, Passage, Verdict
from decoding.vocabulary.constraint import Constraint, Names
from decoding.vocabulary.tokens import IDENTIFIER_BYTES

# --------------------------------------------------------------------------------------------------
# Strings that may only say one of a set: how one is judged, and what may be written instead.
# --------------------------------------------------------------------------------------------------


_QUOTES = frozenset(b"'\"")


def begins_quoted(lexer: Lexer) -> bool:
    """Behind the first quote of a plain string."""
    top = lexer.frames[-1] if lexer.frames else ""
    return lexer.carry == "open1" and isinstance(top, Quote) and not (top.raw or top.formatted)


def closed_at(passage: Passage) -> int | None:
    """Where in ``passage.written`` the quote stands that ends the string it begins in."""
    at = passage.written.find(passage.before[-1:] or "\n")
    return at if at >= 0 else None


def judge_quoted(names: NameSet, passage: Passage, *, early: bool) -> Verdict:
    """Rejected if the string says something else, with ``early`` as soon as nothing of ``names``
    begins with what was written of it. Escapes are not read: such a string is let be."""
    end = closed_at(passage)
    said = passage.written[:end]
    if "\\" in said or "\n" in said:
        return Verdict.ALLOWED
    if end is None:
        if passage.ended:
            return Verdict.ALLOWED  # it may go on on the other side
        begun = any(known.startswith(said) for known in names.spellings())
        return Verdict.UNDECIDED if begun or not early else Verdict.REJECTED
    return Verdict.ALLOWED if said in names.spellings() else Verdict.REJECTED


def only_quoted(names: NameSet, typed: str) -> Constraint | None:
    """One of ``names`` and a quote; of them only what is spelled as a name is."""
    plain = {name for name in names.spellings() if IDENTIFIER_BYTES.issuperset(name.encode())}
    return Constraint.over(Names.of(plain), typed.encode(), _QUOTES)


# --------------------------------------------------------------------------------------------------
# The key monitor: between the quotes of ``receiver["…"]`` only keys that the receiver has.
# --------------------------------------------------------------------------------------------------


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


# --------------------------------------------------------------------------------------------------
# The literal monitor: a string for a parameter that is a ``Literal`` says one of its values.
# --------------------------------------------------------------------------------------------------


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
