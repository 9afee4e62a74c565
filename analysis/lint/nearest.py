"""Which real names a person may have meant: by spelling, and by words and use."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from analysis.names import Name

#: A shorter name has too many neighbours for one of them to be the one that was meant.
_SAFE_LENGTH = 5
#: difflib's ratio from which two names resemble each other at all (difflib's own default).
_SIMILAR = 0.6
#: What each of so many first letters counts, in parts of a name. For 3,000 names of modules and
#: classes with one or two slips, cut off, with another end or without vowels, drawn by seed
#: 7781203, the name that was meant comes first at 90 % (by distance alone: 86 %).
_BEGINS_ALIKE, _BEGINNING = 0.05, 4
#: Shorter words (``is``, ``to``, ``by``) say nothing about what a name is for.
_WORD_LENGTH = 3
#: Words that libraries and languages use for the same thing: one for the other is what people and
#: models make of an API that they half remember.
SAME = (
    ("get", "fetch", "read", "load"), ("remove", "delete", "discard", "drop", "pop"),
    ("add", "append", "insert", "push"), ("size", "length", "count"), ("path", "file", "filename"),
    ("write", "save", "dump", "store"), ("start", "begin", "open"), ("end", "stop", "close"),
    ("create", "make", "build", "new"), ("find", "search", "lookup", "index"),
    ("is", "has", "can"), ("set", "update", "assign"), ("name", "title", "label"),
    ("index", "position", "offset"), ("text", "string", "content", "body"),
    ("items", "elements", "entries"), ("parse", "decode", "from"), ("render", "format", "encode"),
    ("error", "exception"), ("key", "id"), ("value", "data"), ("args", "arguments", "params"),
    ("url", "uri"), ("max", "limit"), ("dict", "map"), ("list", "array"),
    ("run", "execute", "call"), ("style", "theme"), ("message", "msg"), ("type", "kind"),
    ("request", "req"), ("strip", "trim"), ("lower", "lowercase"), ("upper", "uppercase"),
)  # fmt: skip
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
#: Kinds of names that can be called; of a ``statement`` or an ``instance`` it is not known.
_CALLED = frozenset({"function", "class"})


def folded(name: str) -> str:
    """``name`` without case and underscores: ``readText`` and ``read_text`` fold alike."""
    return name.replace("_", "").casefold()


def distance(a: str, b: str) -> int:
    """The optimal string alignment distance: insertions, deletions, replacements and swaps of
    neighbours (Damerau 1964; the restricted form that touches no place twice)."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        above, before, row = before, row, [i]
        for j, right in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
    return row[-1]


def _unlikeness(name: str, other: str) -> float:
    """The part of the longer name that differs, less what the same beginning tells: a name is cut
    or ends otherwise more often than it begins otherwise (after Winkler 1990)."""
    pairs = zip(name[:_BEGINNING], other, strict=False)
    same = next(
        (at for at, (a, b) in enumerate(pairs) if a != b), min(_BEGINNING, len(name), len(other))
    )
    return distance(name, other) / max(len(name), len(other)) - _BEGINS_ALIKE * same


def nearest(name: str, names: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """At most ``limit`` of ``names`` that resemble ``name``, the nearest first.

    Private names come only where ``name`` is private itself.
    """
    private = name.startswith("_")
    pool = sorted({n for n in names if private or not n.startswith("_")} - {name})
    close = difflib.get_close_matches(name, pool, limit * 4, _SIMILAR)
    alike = [n for n in pool if folded(n) == folded(name)]
    ranked = sorted(
        dict.fromkeys((*alike, *close)),
        key=lambda n: (folded(n) != folded(name), _unlikeness(name, n), n),
    )
    return tuple(ranked[:limit])


def similar(name: str, names: Iterable[Name], *, called: bool, limit: int = 3) -> tuple[str, ...]:
    """At most ``limit`` of ``names`` that share words with ``name`` and can be used as it is.

    ``called`` tells that it is called: then only functions and classes come, else what is neither
    comes first. The more of its words a name shares, and the fewer others it has, the sooner;
    words that mean the same (:data:`SAME`) count less than the same words.
    """
    wanted = words(name)
    meant = frozenset(
        other for word in wanted for group in SAME if word in group for other in group
    )
    private = name.startswith("_")
    ranked = []
    for other in names:
        if other.name == name or (other.name.startswith("_") and not private):
            continue
        if called and other.kind not in _CALLED:
            continue
        own = words(other.name)
        shared, alike = wanted & own, meant & own
        if shared or alike:
            unfit = not called and other.kind in _CALLED
            ranked.append((unfit, -len(shared), -len(alike), len(own - wanted - meant), other.name))
    return tuple(dict.fromkeys(entry[-1] for entry in sorted(ranked)))[:limit]


def words(name: str) -> frozenset[str]:
    """The words that a name is made of, in small letters: ``readText`` as ``read_text``."""
    found = (word.lower() for word in _WORDS.findall(name))
    return frozenset(word for word in found if len(word) >= _WORD_LENGTH)


def unmistakable(name: str, names: Iterable[str]) -> str:
    """The one of ``names`` that ``name`` must be a slip of, or ``""``.

    It differs in case and underscores only, or by one typing error in at least five letters, and
    no second name does.
    """
    candidates = [
        n
        for n in set(names)
        if folded(n) == folded(name)
        or (
            min(len(n), len(name)) >= _SAFE_LENGTH
            and abs(len(n) - len(name)) <= 1
            and distance(name, n) == 1
        )
    ]
    if len(candidates) != 1 or candidates[0].startswith("_") != name.startswith("_"):
        return ""
    return candidates[0]
