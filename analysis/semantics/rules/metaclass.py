"""A metaclass that builds classes itself may give them attributes that their source lacks."""

from __future__ import annotations

from analysis.names import Tier
from analysis.semantics.receiver import Receiver, UnionMemberKind
from analysis.semantics.rules.rule import Case, Doubt, opened

#: ``__init__`` and ``__call__`` get a class that exists; what they assign to it is listed.
_BUILDS = frozenset({"__new__", "__prepare__"})
#: Metaclasses of the standard library that add no names, or names that jedi lists.
_KNOWN = frozenset({"type", "ABCMeta", "EnumMeta", "EnumType", "_ProtocolMeta"})

CASES = (
    Case(
        "class M(type):\n    def __new__(m, n, b, d):\n        d['extra'] = 1\n"
        "        return type.__new__(m, n, b, d)\nclass A(metaclass=M):\n    x = 1\nA.$0",
        Tier.OPEN,
        has=("x",),
    ),
    Case(
        "class M(type):\n    def __init__(cls, n, b, d):\n        cls.extra = 1\n"
        "class A(metaclass=M):\n    x = 1\nA.$0",
        Tier.CLOSED,
        has=("x", "extra"),
    ),
    Case(
        "import enum\nclass A(enum.Enum):\n    x = 1\nA.$0",
        Tier.CLOSED,
        has=("x", "__members__"),
        lacks=("name", "value"),
    ),
    Case(
        "import enum\nclass A(enum.Enum):\n    x = 1\nA.x.$0",
        Tier.CLOSED,
        has=("name", "value"),
    ),
    Case(
        "import abc\nclass A(abc.ABC):\n    x = 1\nA.$0", Tier.CLOSED, has=("x",), lacks=("append",)
    ),
)


def doubt(receiver: Receiver) -> Doubt | None:
    """Open where the metaclass defines how its classes are made."""
    for member in receiver.members:
        if member.kind in (UnionMemberKind.INSTANCE, UnionMemberKind.CLASS):
            for facts in member.metaclasses:
                if facts.name not in _KNOWN and facts.methods & _BUILDS:
                    return opened(f"the metaclass {facts.name} builds {member.label}")
    return None
