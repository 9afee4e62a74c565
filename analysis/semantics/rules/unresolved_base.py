"""A base class that could not be resolved, so that what it gives to the class is not known."""

from __future__ import annotations

from analysis.names import Tier
from analysis.semantics.receiver import Receiver
from analysis.semantics.rules.rule import Case, Doubt, opened

CASES = (
    Case("from nowhere import B\nclass A(B):\n    x = 1\nA().$0", Tier.OPEN, has=("x",)),
    Case("def make(): ...\nclass A(make()):\n    x = 1\nA.$0", Tier.OPEN, has=("x",)),
    Case(
        "from typing import Any\nclass A(Any):\n    x = 1\nclass B(A): ...\nB().$0",
        Tier.OPEN,
        has=("x",),
    ),
    Case("class B:\n    y = 1\nclass A(B):\n    x = 1\nA().$0", Tier.CLOSED, has=("x", "y")),
)


def doubt(receiver: Receiver) -> Doubt | None:
    """Open as soon as one union member's resolution order has a gap."""
    for member in receiver.members:
        if not member.whole:
            return opened(f"a base class of {member.label} could not be resolved")
    return None
