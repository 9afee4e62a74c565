"""The expected type: what the code around a hole wants to be written there."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.holes.slot import Slot, SlotKind
from analysis.semantics.type_facts import TypeFacts, TypeUse

#: The classes behind the types that the language wants.
_FIXED = {
    "bool": ("builtins.bool",),
    "BaseException": ("builtins.BaseException",),
    "type[BaseException]": ("builtins.type",),
    "Iterable": ("typing.Iterable",),
}


@dataclass(frozen=True, slots=True)
class ExpectedType:
    """``type`` as it is declared where it is; ``""`` where nothing says it, and ``reason`` why.

    ``source`` is a :class:`~analysis.holes.slot.SlotKind`; ``of`` names the parameter of an
    argument. ``classes`` are the qualified names of the classes it may be an instance of,
    ``parts`` those it is made of, ``optional`` whether it may be ``None``.
    """

    type: str = ""
    source: str = SlotKind.NONE.value
    of: str = ""
    classes: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    optional: bool = False
    reason: str = ""


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
