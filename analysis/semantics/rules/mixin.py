"""A class whose methods use attributes that neither it nor a base defines.

Its subclasses bring them: what ``self`` has is not known here. Not so where the file itself makes
an instance of the class, which then is whole; and a slip of the fingers for what the class does
have is no sign of a subclass. A class that says itself what an instance is made of and leaves no
method open is seldom a mixin: such names are few there, and may be slips. Where the class is whole,
reading a name of ``self`` elsewhere is no witness for it: a wrong name that is written twice would
prove itself.
"""

from __future__ import annotations

import re

from analysis.lint.nearest import unmistakable
from analysis.names import Tier
from analysis.semantics.receiver import Receiver
from analysis.semantics.rules.rule import Case, Doubt, opened

#: The constructor of a class that is to be completed passes on what it is given.
_CONSTRUCTOR = re.compile(r"\bdef\s+__init__\s*\(\s*\w+\s*(?:,[^*()]*)?\)")
_LEFT_OPEN = re.compile(r"\babstract|\bABC|\bNotImplemented")
#: A class that uses more names than this without defining them gets them from somewhere.
_SLIPS = 3

CASES = (
    Case(
        "class Mixin:\n    def a(self):\n        return self.name\n    def b(self):\n"
        "        self.$0",
        Tier.OPEN,
        has=("a", "name"),
    ),
    Case(
        "class Base:\n    def a(self):\n        self.$0\nclass Sub(Base):\n"
        "    def left_to_me(self): ...",
        Tier.CLOSED,
        has=("a", "left_to_me"),
    ),
    Case(
        "class Whole:\n    name = 'x'\n    def a(self):\n        return self.name\n"
        "    def b(self):\n        self.$0",
        Tier.CLOSED,
        has=("a", "name"),
    ),
    Case(
        "class Whole:\n    def a(self):\n        return self.nowhere\n"
        "    def b(self):\n        self.$0\n\nWhole()\n",
        Tier.CLOSED,
        has=("a", "b"),
        lacks=("nowhere",),
    ),
    Case(
        "class Whole:\n    def a(self):\n        self.later = 1\n"
        "        return hasattr(self, 'maybe')\n"
        "    def b(self):\n        self.$0\n\nWhole().outside = 1\n",
        Tier.CLOSED,
        has=("later", "maybe", "outside"),
    ),
    Case(
        "class Mixin:\n    def a(self):\n        return self.name\n    def b(self):\n"
        "        self.$0\nclass Host(Mixin): ...\nHost()\n",
        Tier.OPEN,
        has=("a", "name"),
    ),
    Case(
        "class Made:\n    def __init__(self, x):\n        self.x = x\n    def a(self):\n"
        "        return self.nowhere\n    def b(self):\n        self.$0",
        Tier.CLOSED,
        has=("a", "x", "nowhere"),
        lacks=("elsewhere",),
    ),
    Case(
        "class Left:\n    def __init__(self, x):\n        self.x = x\n    def a(self):\n"
        "        return self.nowhere\n    def c(self):\n        raise NotImplementedError\n"
        "    def b(self):\n        self.$0",
        Tier.OPEN,
        has=("a", "x", "nowhere"),
    ),
    Case(
        "class Reader:\n    buffer = ''\n    def a(self):\n        return self.bufer\n"
        "    def b(self):\n        self.$0",
        Tier.CLOSED,
        has=("a", "buffer"),
        lacks=("bufer",),
    ),
)


def doubt(receiver: Receiver) -> Doubt | None:
    """Open where ``self`` or ``cls`` shows a name in the file that no union member has."""
    if receiver.text not in ("self", "cls") or receiver.made:
        return None
    unknown = unexplained(receiver)
    if not unknown:
        return None
    own = (
        receiver.members[0].order[0].code if receiver.members and receiver.members[0].order else ""
    )
    if len(unknown) <= _SLIPS and _CONSTRUCTOR.search(own) and not _LEFT_OPEN.search(own):
        return None
    return opened(f"the class uses {receiver.text}.{unknown[0]}, which it does not define")


def unexplained(receiver: Receiver) -> list[str]:
    """The names of ``self`` that the file shows, that no union member has and that are no slips for
    one."""
    names = {name for member in receiver.members for name in member.names}
    seen = sorted(receiver.witnesses - receiver.stored - names)
    return [name for name in seen if not unmistakable(name, names)]
