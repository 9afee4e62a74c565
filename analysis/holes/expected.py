"""The expected type: what the code around a hole wants to be written there."""

from __future__ import annotations

from analysis.holes.context import ExpectedType
from analysis.holes.slot import Slot, SlotKind
from analysis.semantics.type_facts import TypeFacts, TypeUse

#: The classes behind the types that the language wants.
_FIXED = {
    "bool": ("builtins.bool",),
    "BaseException": ("builtins.BaseException",),
    "type[BaseException]": ("builtins.type",),
    "Iterable": ("typing.Iterable",),
}


def expected_type(slot: Slot, facts: TypeFacts) -> ExpectedType:
    """The type that ``slot`` wants."""
    source = slot.kind.value
    if slot.kind is SlotKind.NONE:
        return ExpectedType(reason="nothing around says which type is wanted here")
    if slot.kind is SlotKind.FIXED:
        return ExpectedType(slot.fixed, source, classes=_FIXED[slot.fixed])
    if slot.kind is SlotKind.ARGUMENT:
        found = facts.parameter(slot.end, slot.position, slot.keyword)
        if found is None:
            return ExpectedType(source=source, reason="the parameter has no annotation")
        return _of(found[1], source, found[0])
    use = facts.written(slot.start, slot.end) if slot.annotation else facts.value(slot.end)
    if not use.text:
        return ExpectedType(source=source, reason="its type could not be inferred")
    return _of(use, source)


def _of(use: TypeUse, source: str, of: str = "") -> ExpectedType:
    if use.text in ("Any", "typing.Any", "t.Any", "object"):
        return ExpectedType(use.text, source, of, reason="anything is allowed")
    return ExpectedType(use.text, source, of, use.heads, use.parts, use.optional)
