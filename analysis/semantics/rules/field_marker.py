"""A class attribute that declares a field: reading it on an instance gives something else.

``x = attr.ib()`` binds a marker in the class body; the instance holds the field's value.
"""

from __future__ import annotations

from analysis.names import Tier
from analysis.semantics.receiver import Receiver, UnionMemberKind
from analysis.semantics.rules.rule import Case, Doubt, abstained

#: Classes whose instances stand in class bodies for what instances will hold.
_MARKERS = frozenset(
    {
        "_CountingAttr",
        "Attribute",
        "Field",
        "FieldInfo",
        "ModelField",
        "Column",
        "MappedColumn",
        "InstrumentedAttribute",
        "RelationshipProperty",
        "Relationship",
        "Mapped",
        "ForeignKey",
        "TraitType",
        "StructField",
    }
)

CASES = (
    Case("class Column: ...\nclass A:\n    x = Column()\ndef f(a: A):\n    a.x.$0", Tier.ABSTAIN),
    Case("class Column: ...\nc = Column()\nc.$0", Tier.CLOSED),
)


def doubt(receiver: Receiver) -> Doubt | None:
    """Abstained where an attribute's value is a marker; a marker held by a variable is itself."""
    if "." not in receiver.text:
        return None
    for member in receiver.members:
        if (
            member.kind is UnionMemberKind.INSTANCE
            and member.order
            and member.order[0].name in _MARKERS
        ):
            return abstained(f"{member.order[0].name} declares a field; its value is not known")
    return None
