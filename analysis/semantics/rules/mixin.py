"""A class whose methods use attributes that neither it nor a base defines.

Its subclasses bring them: what ``self`` has is not known here.
"""

from __future__ import annotations

from analysis.names import Tier
from analysis.semantics.receiver import Receiver
from analysis.semantics.rules.rule import Case, Doubt, opened

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
)


def doubt(receiver: Receiver) -> Doubt | None:
    """Open where ``self`` or ``cls`` shows a name in the file that no arm has."""
    if receiver.text not in ("self", "cls"):
        return None
    for name in sorted(receiver.witnesses - receiver.stored):
        if not any(name in arm.names for arm in receiver.arms):
            return opened(f"the class uses {receiver.text}.{name}, which it does not define")
    return None
