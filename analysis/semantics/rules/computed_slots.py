"""``__slots__`` that is computed: the class has attributes that its source does not spell out."""

from __future__ import annotations

import re
from functools import lru_cache

from analysis.names import Tier
from analysis.semantics.receiver import Receiver, UnionMemberKind
from analysis.semantics.rules.rule import Case, Doubt, opened

_SLOTS = re.compile(r"^[ \t]+__slots__[ \t]*(?::[^=\n]+)?\+?=[ \t]*", re.MULTILINE)
_ITEM = r"(?:[\"']\w+[\"'](?:\s*:\s*(?:[^,}\"']+|\"[^\"]*\"|'[^']*'))?|\#[^\n]*|[\s,])"
#: A display of strings (of a dictionary's keys), or one string, until the end of the line.
_SPELLED_OUT = re.compile(
    rf"(?:\({_ITEM}*+\)|\[{_ITEM}*+\]|\{{{_ITEM}*+\}}|[\"']\w*[\"'](?:\s*,\s*[\"']\w+[\"'])*\s*,?)"
    r"[ \t]*(?:\#[^\n]*)?(?:;|$)",
    re.MULTILINE,
)

CASES = (
    Case("class A:\n    __slots__ = tuple(f'f{i}' for i in 'ab')\nA().$0", Tier.OPEN),
    Case("NAMES = ['a']\nclass A:\n    __slots__ = NAMES\nA().$0", Tier.OPEN),
    Case("class A:\n    __slots__ = 'x y'.split()\nA().$0", Tier.OPEN, has=("x",)),
    Case("class A:\n    __slots__ = ('x', 'y')  # two\nA().$0", Tier.CLOSED, has=("x", "y")),
    Case(
        "class A:\n    __slots__ = 'x', 'y'\nclass B:\n    __slots__ = ('z',)\n"
        "class C:\n    __slots__ = A.__slots__ + B.__slots__\nC().$0",
        Tier.CLOSED,
        has=("x", "y", "z"),
    ),
    Case(
        "class A:\n    __slots__ = 'x y'.split()\n"
        "class C:\n    __slots__ = A.__slots__ + A.__slots__\nC().$0",
        Tier.OPEN,
    ),
    Case("class A:\n    __slots__ = ()\nA().$0", Tier.CLOSED),
    Case("class A:\n    __slots__ = 'x'\nA().$0", Tier.CLOSED, has=("x",)),
    Case(
        "class A:\n    __slots__ = {\n        'x': 'a text',  # why\n        'y': None,\n    }\n"
        "A().$0",
        Tier.CLOSED,
        has=("x", "y"),
    ),
)


def doubt(receiver: Receiver) -> Doubt | None:
    """Open where a class of the resolution order computes its slots."""
    for member in receiver.members:
        if member.kind in (UnionMemberKind.INSTANCE, UnionMemberKind.CLASS):
            for facts in member.order:
                if not facts.borrowed and computes(facts.code):
                    return opened(f"{facts.name} computes its __slots__")
    return None


@lru_cache(maxsize=4096)
def computes(code: str) -> bool:
    """Whether a class with this source has slots that it does not spell out."""
    return any(not _SPELLED_OUT.match(code, found.end()) for found in _SLOTS.finditer(code))
