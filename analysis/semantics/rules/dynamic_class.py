"""A class that answers for attributes it does not list: ``__getattr__``, ``__getattribute__``."""

from __future__ import annotations

from analysis.names import Tier
from analysis.semantics.receiver import ArmKind, Receiver
from analysis.semantics.rules.rule import Case, Doubt, opened

_ANSWERS = frozenset({"__getattr__", "__getattribute__"})

CASES = (
    Case("class A:\n    x = 1\n    def __getattr__(self, n): ...\nA().$0", Tier.OPEN, has=("x",)),
    Case(
        "class A:\n    def __getattribute__(self, n): ...\nclass B(A):\n    y = 1\nB().$0",
        Tier.OPEN,
        has=("y",),
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
    for arm in receiver.arms:
        if arm.kind is ArmKind.INSTANCE:
            answering = arm.order
        elif arm.kind is ArmKind.CLASS:
            answering = arm.metaclasses
        else:
            continue
        for facts in answering:
            if facts.methods & _ANSWERS and facts.module != "builtins":
                return opened(f"{facts.name} defines {min(facts.methods & _ANSWERS)}")
    return None
