"""``isinstance`` and its like: the receiver may be more than its declaration says.

Where the classes that ``isinstance`` names are known they were added as arms, and the set is a
union; where they are not, it is open. What is asked behind the hole says nothing about it.
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
)


def doubt(receiver: Receiver) -> Doubt | None:
    """Open where the function narrows the receiver, or what it is looked up on, untraceably."""
    for text in (*prefixes(receiver.text), *_iterated(receiver)):
        subject = re.escape(text)
        if re.search(rf"\b(?:isinstance|issubclass)\(\s*{subject}\s*,", receiver.before):
            if text == receiver.text and receiver.narrowed:
                continue
            return opened(f"the code narrows {text} by isinstance")
        if re.search(rf"\bmatch\s+{subject}\s*:", receiver.before):
            return opened(f"the code narrows {text} by match")
        if re.search(rf"\btype\(\s*{subject}\s*\)\s*(?:is|==|in)\b", receiver.before):
            return opened(f"the code narrows {text} by its type")
        if re.search(rf"\b_?is_?\w*\(\s*{subject}\s*\)", receiver.before) and not re.search(
            rf"\bisinstance\(\s*{subject}\s*\)", receiver.before
        ):
            return opened(f"the code asks a predicate about {text}")
    return None


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
