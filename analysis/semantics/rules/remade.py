"""A class that becomes another one: by a decorator, by its ``__new__``, by ``__class__``.

What a decorator leaves of a class is known of those that give back their argument as they got it;
others may add attributes, or put another class in its place.
"""

from __future__ import annotations

import re

from analysis.names import Tier
from analysis.semantics.occurrences import code_only
from analysis.semantics.receiver import ClassFacts, Receiver, UnionMemberKind
from analysis.semantics.rules.rule import Case, Doubt, opened

#: ``__new__`` that returns an instance made by calling a class by its name.
_NEW = re.compile(r"\n([ \t]+)def __new__\(.*?(?=\n\1(?:def|async|@|class|\w)|\Z)", re.DOTALL)
_RETURNED = re.compile(r"\breturn\s+([A-Z]\w*)\(")

CASES = (
    Case("from nowhere import deco\n@deco\nclass A:\n    x = 1\nA().$0", Tier.OPEN, has=("x",)),
    Case(
        "def add(name):\n    def deco(cls):\n        setattr(cls, name, 1)\n        return cls\n"
        "    return deco\n@add('q')\nclass A:\n    x = 1\nA().$0",
        Tier.OPEN,
        has=("x",),
    ),
    Case(
        "def sub(cls):\n    return type(cls.__name__, (cls,), {'more': 1})\n"
        "@sub\nclass A:\n    x = 1\nA().$0",
        Tier.OPEN,
    ),
    Case(
        "KNOWN = {}\ndef register(name):\n    def deco(cls):\n        KNOWN[name] = cls\n"
        "        return cls\n    return deco\n@register('q')\nclass A:\n    x = 1\nA().$0",
        Tier.CLOSED,
        has=("x",),
    ),
    Case(
        "import functools, enum\n@enum.unique\nclass A(enum.Enum):\n    x = 1\nA.x.$0",
        Tier.CLOSED,
    ),
    Case(
        "class A:\n    def __new__(cls):\n        return Other()\nclass Other:\n    o = 1\nA().$0",
        Tier.OPEN,
    ),
    Case(
        "class A:\n    def __new__(cls, x):\n        return super().__new__(cls)\nA(1).$0",
        Tier.CLOSED,
    ),
    Case("class A: ...\nclass B:\n    b = 1\nx = A()\nx.__class__ = B\nx.$0", Tier.OPEN),
)


def doubt(receiver: Receiver) -> Doubt | None:
    """Open where the receiver's class is not what its source says."""
    if receiver.text and re.search(
        rf"(?<![\w.]){re.escape(receiver.text)}\.__class__\s*=(?!=)", code_only(receiver.before)
    ):
        return opened(f"{receiver.text} is given another class")
    for member in receiver.members:
        if member.kind not in (UnionMemberKind.INSTANCE, UnionMemberKind.CLASS):
            continue
        for facts in member.order:
            if facts.remade:
                return opened(f"what {facts.remade} makes of {facts.name} is not known")
        if (
            member.kind is UnionMemberKind.INSTANCE
            and member.order
            and _makes_others(member.order[0])
        ):
            return opened(f"{member.order[0].name}.__new__ makes instances of other classes")
    return None


def _makes_others(facts: ClassFacts) -> bool:
    made = {name for found in _NEW.finditer(facts.code) for name in _RETURNED.findall(found[0])}
    return bool(made - {facts.name})
