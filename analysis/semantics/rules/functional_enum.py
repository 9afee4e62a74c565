"""An enumeration that a call made: ``IntEnum("Colour", "red green")`` is a class, not a member."""

from __future__ import annotations

from analysis.names import Tier
from analysis.semantics.receiver import Receiver, UnionMemberKind
from analysis.semantics.rules.rule import Case, Doubt, abstained

_BASES = frozenset(
    f"enum.{name}" for name in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum")
)

CASES = (
    Case("import enum\nE = enum.IntEnum('E', {'A': 1})\nE.$0", Tier.ABSTAIN),
    Case("import enum\nclass E(enum.Enum):\n    a = 1\nE.$0", Tier.CLOSED, has=("a",)),
)


def doubt(receiver: Receiver) -> Doubt | None:
    """Abstained where a union member is an instance of a base of enumerations itself, which has
    none."""
    for member in receiver.members:
        first = member.order[0] if member.order else None
        if (
            member.kind is UnionMemberKind.INSTANCE
            and first is not None
            and first.qualified in _BASES
        ):
            return abstained(f"{first.name} was called to make an enumeration")
    return None
