"""A class that answers for attributes it does not list: ``__getattr__``, ``__getattribute__``; or
that stores what it is given by a ``__setattr__`` of its own, and so expects to be given some."""

from __future__ import annotations

import re

from analysis.names import Tier
from analysis.semantics.receiver import Receiver, UnionMemberKind
from analysis.semantics.rules.rule import Case, Doubt, opened

_ANSWERS = frozenset({"__getattr__", "__getattribute__"})
#: How a ``__setattr__`` stores; one that only refuses does not.
_STORES = re.compile(r"\bdef __setattr__\b.*?(?:\b__setattr__\(|\b__dict__\b)", re.DOTALL)

CASES = (
    Case("class A:\n    x = 1\n    def __getattr__(self, n): ...\nA().$0", Tier.OPEN, has=("x",)),
    Case(
        "class A:\n    def __getattribute__(self, n): ...\nclass B(A):\n    y = 1\nB().$0",
        Tier.OPEN,
        has=("y",),
    ),
    Case(
        "class A:\n    x = 1\n    def __setattr__(self, n, v):\n"
        "        super().__setattr__(n, v)\nA().$0",
        Tier.OPEN,
        has=("x",),
    ),
    Case(
        "class A:\n    x = 1\n    def __setattr__(self, n, v):\n        raise TypeError\nA().$0",
        Tier.CLOSED,
        has=("x",),
    ),
    Case("class A:\n    x = 1\n    def __getattr__(self, n): ...\nA.$0", Tier.CLOSED, has=("x",)),
    Case(
        "class M(type):\n    def __getattr__(cls, n): ...\nclass A(metaclass=M):\n    x = 1\nA.$0",
        Tier.OPEN,
        has=("x",),
    ),
)


def doubt(receiver: Receiver) -> Doubt | None:
    """Open for instances of such a class, and for classes whose metaclass is such a class."""
    for member in receiver.members:
        if member.kind is UnionMemberKind.INSTANCE:
            answering = member.order
        elif member.kind is UnionMemberKind.CLASS:
            answering = member.metaclasses
        else:
            continue
        for facts in answering:
            if facts.methods & _ANSWERS and facts.module != "builtins":
                return opened(f"{facts.name} defines {min(facts.methods & _ANSWERS)}")
            if "__setattr__" in facts.methods and not facts.stub and _STORES.search(facts.code):
                return opened(f"{facts.name} takes care of what it is given")
    return None
