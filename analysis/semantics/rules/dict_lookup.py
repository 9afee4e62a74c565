"""A class that looks names up in the ``__dict__`` of its instances.

Who does that means attributes that somebody gives to the instances by computed names, from outside.
"""

from __future__ import annotations

import re

from analysis.names import Tier
from analysis.semantics.receiver import Receiver, UnionMemberKind
from analysis.semantics.rules.rule import Case, Doubt, opened

_LOOKUP = re.compile(
    r"\bself\.__dict__\s*(?:\.\s*get\(\s*(?![\"'])|\[\s*(?![\"'])[^\]]*\](?!\s*=))"
)

CASES = (
    Case(
        "class Codes(dict):\n    def __getitem__(self, key):\n"
        "        return self.__dict__.get(key, None)\nCodes().$0",
        Tier.OPEN,
        has=("keys",),
    ),
    Case(
        "class A:\n    def x(self):\n        return self.__dict__['y']\nA().$0",
        Tier.CLOSED,
        has=("x",),
    ),
    Case(
        "class A:\n    def x(self):\n        return self.__dict__.items()\nA().$0",
        Tier.CLOSED,
        has=("x",),
    ),
)


def doubt(receiver: Receiver) -> Doubt | None:
    """Open where a class of the resolution order reads its ``__dict__`` by a computed name."""
    for member in receiver.members:
        if member.kind is UnionMemberKind.INSTANCE:
            for facts in member.order:
                if _LOOKUP.search(facts.code):
                    return opened(f"{facts.name} looks names up in its __dict__")
    return None
