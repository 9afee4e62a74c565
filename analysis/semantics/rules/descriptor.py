"""A descriptor that stands where its value is meant: how it was bound could not be followed."""

from __future__ import annotations

from analysis.names import Tier
from analysis.semantics.receiver import Receiver, UnionMemberKind
from analysis.semantics.rules.rule import Case, Doubt, opened

_DESCRIPTORS = frozenset(
    {"builtins.property", "builtins.classmethod", "builtins.staticmethod", "enum.property"}
    | {"types.DynamicClassAttribute", "functools.cached_property", "functools.partialmethod"}
)

CASES = (
    Case("import http\nhttp.HTTPStatus(1).phrase.$0", Tier.OPEN),
    Case(
        "class A:\n    @property\n    def a(self) -> str: ...\nA().a.$0",
        Tier.CLOSED,
        has=("upper",),
    ),
)


def doubt(receiver: Receiver) -> Doubt | None:
    """Open where a union member is an instance of a descriptor that makes values of others."""
    for member in receiver.members:
        first = member.order[0] if member.order else None
        if (
            member.kind is UnionMemberKind.INSTANCE
            and first is not None
            and first.qualified in _DESCRIPTORS
        ):
            return opened(f"a {first.name} gives another value where it is looked up")
    return None
