"""``Sequence``, ``Iterable`` and their like promise little: the value is a list, a file, a dict.

An attribute declared as ``Sequence[str]`` and given ``[]`` has ``append``, and code that knows uses
it. What such a type names is known; what the value has beyond is not.
"""

from __future__ import annotations

from analysis.names import Tier
from analysis.semantics.receiver import Receiver, UnionMemberKind
from analysis.semantics.rules.rule import Case, Doubt, opened

_MODULES = frozenset({"typing", "collections.abc", "_collections_abc"})

CASES = (
    Case("from typing import Sequence\ndef f(x: Sequence[str]):\n    x.$0", Tier.OPEN, ("index",)),
    Case(
        "from collections.abc import Mapping\ndef f(x: Mapping[str, int]):\n    x.$0",
        Tier.OPEN,
        has=("items",),
    ),
    Case("def f(x: list[str]):\n    x.$0", Tier.CLOSED, has=("append",), lacks=("items",)),
)


def doubt(receiver: Receiver) -> Doubt | None:
    """Open where a union member's own class, not a base of it, is one of typing's abstract ones."""
    for member in receiver.members:
        if (
            member.kind is UnionMemberKind.INSTANCE
            and member.order
            and member.order[0].module in _MODULES
        ):
            return opened(f"a {member.label} may be more than its type says")
    return None
