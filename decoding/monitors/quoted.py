"""Strings that may only say one of a set: how one is judged, and what may be written instead."""

from __future__ import annotations

from analysis.names import NameSet
from analysis.syntax.lexer import Lexer, Quote
from decoding.monitors.monitor import Passage, Verdict
from decoding.vocabulary.constraint import Constraint, Names
from decoding.vocabulary.trie import IDENTIFIER_BYTES

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
