"""``isinstance`` and its like: the receiver may be more than its declaration says.

Where the classes that ``isinstance`` names are known they were added as union members, and the set
is a union; where they are not, it is open. What is asked behind the hole says nothing about it.
"""

from __future__ import annotations

import re

from analysis.names import Tier
from analysis.semantics.receiver import Receiver
from analysis.semantics.rules.rule import Case, Doubt, opened

CASES = (
    Case(
        "from nowhere import B\nclass A:\n    x = 1\ndef f(a: A):\n"
        "    a.$0\n    return isinstance(a, B)",
        Tier.CLOSED,
        has=("x",),
    ),
    Case(
        "class A:\n    x = 1\nclass B(A):\n    y = 1\ndef f(a: A):\n"
        "    if isinstance(a, B):\n        a.$0",
        Tier.CLOSED,
        has=("x", "y"),
    ),
    Case(
        "from nowhere import B\nclass A:\n    x = 1\ndef f(a: A):\n"
        "    if isinstance(a, B):\n        a.$0",
        Tier.OPEN,
        has=("x",),
    ),
    Case(
        "def f(a: str | list[int]):\n    if isinstance(a, list):\n"
        "        for b in a:\n            b.$0",
        Tier.OPEN,
        has=("upper",),
    ),
    Case(
        "class A:\n    x = 1\nclass B(A):\n    y = 1\ndef f(a: A):\n"
        "    if isinstance(a, B):\n        b = a\n        b.$0",
        Tier.OPEN,
        has=("x",),
    ),
    Case(
        "class A:\n    x = 1\nclass B(A):\n    y = 1\ndef f(a: A):\n"
        "    match a:\n        case B():\n            a.$0",
        Tier.OPEN,
        has=("x",),
    ),
    Case(
        "def holds(a): ...\nclass A:\n    x = 1\ndef f(a: A):\n    assert holds(a)\n    a.$0",
        Tier.OPEN,
        has=("x",),
    ),
    Case(
        "class A:\n    x = 1\ndef f(a: list[A]):\n    assert len(a) > 1\n    a.$0",
        Tier.CLOSED,
        has=("append",),
    ),
)


def doubt(receiver: Receiver) -> Doubt | None:
    """Open where the function narrows the receiver, or what it is looked up on, untraceably."""
    for text in (*prefixes(receiver.text), *_iterated(receiver)):
        if text == receiver.text and receiver.narrowed and _by_class(text, receiver.before):
            continue
        reason = told_of(text, receiver.before)
        if reason:
            return opened(reason)
    return None


def told_of(text: str, before: str) -> str:
    """Why the code ``before`` a place may know more of the expression ``text`` than what it was
    declared as; ``""`` where it tests nothing about it."""
    subject = re.escape(text)
    if "match" in before and re.search(rf"\bmatch\s+{subject}\s*:", before):
        return f"the code narrows {text} by match"
    if not re.search(rf"\(\s*{subject}\s*[,)]", before):
        return ""  # all that follows names it as an argument, which is seldom
    if _by_class(text, before):
        return f"the code narrows {text} by isinstance"
    if re.search(rf"\btype\(\s*{subject}\s*\)\s*(?:is|==|in)\b", before):
        return f"the code narrows {text} by its type"
    if re.search(rf"\b_*(?!isinstance\()(?:is|has)_?\w*\(\s*{subject}\s*\)", before):
        return f"the code asks a predicate about {text}"
    if re.search(rf"\bassert\b[^\n]*?\w\((?<!\blen\()\s*{subject}\s*[,)]", before):
        return f"the code asserts something about {text}"
    return ""


def _by_class(text: str, before: str) -> bool:
    return bool(re.search(rf"\b(?:isinstance|issubclass)\(\s*{re.escape(text)}\s*,", before))


def _iterated(receiver: Receiver) -> list[str]:
    """What the receiver takes its values from: where it is a loop variable, or assigned a name."""
    variable = re.match(r"[^\W\d]\w*", receiver.text)
    if variable is None:
        return []
    loops = re.compile(rf"\bfor\s+[^\n]*?\b{variable[0]}\b[^\n]*?\s+in\s+([\w.]+)")
    assigned = re.compile(
        rf"(?<![\w.]){variable[0]}\s*(?::[^=\n]+)?:?=\s*([^\W\d]\w*(?:\.\w+)*)\s*(?:[)#]|$)",
        re.MULTILINE,
    )
    sources = [*loops.findall(receiver.scope), *assigned.findall(receiver.scope)]
    return [text for found in sources if found != variable[0] for text in prefixes(found)]


def prefixes(text: str) -> list[str]:
    """``a.b.c``, ``a.b`` and ``a`` for ``a.b.c``; the text itself for anything but dotted names."""
    if not all(part.isidentifier() for part in text.split(".")):
        return [text] if text else []
    parts = text.split(".")
    found = [".".join(parts[:count]) for count in range(len(parts), 0, -1)]
    return [part for part in found if part not in ("self", "cls")]
