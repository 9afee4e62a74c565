"""The hole is assigned to, deleted or declared: the name may be a new one."""

from __future__ import annotations

from analysis.names import Tier
from analysis.semantics.receiver import Receiver
from analysis.semantics.rules.rule import Case, Doubt, opened

CASES = (
    Case("class A:\n    def f(self):\n        self.$0 = 1", Tier.OPEN, has=("f",)),
    Case("class A:\n    def f(self):\n        self.$0", Tier.CLOSED, has=("f",)),
)


def doubt(receiver: Receiver) -> Doubt | None:
    """Open for every store."""
    return opened("the name is assigned here and may be new") if receiver.hole.store else None
