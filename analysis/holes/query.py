"""The question that a worker answers: what should whoever writes at a place know?"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TypeVar

from analysis.deadline import Deadline
from analysis.holes.context import ExpectedType, HoleContext, RelevantHeader, RelevantType
from analysis.holes.slot import Slot, SlotKind, slot_at
from analysis.semantics.provider import SemanticProvider
from analysis.semantics.type_facts import Outline, Reachable, TypeFacts, TypeUse
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.holes import hole_at

# -- as much of a ranked list as fits a budget of characters


Value = TypeVar("Value")
#: A definition that would be cut to less than this says nothing.
_LEAST = 40
#: And this is enough for a small one.
_ENOUGH = 200


def within(
    values: Iterable[Value], size: Callable[[Value], int], budget: int
) -> tuple[tuple[Value, ...], int]:
    """The first of ``values`` that fit ``budget`` together, and how many were left out.

    One that is too large is left out, a smaller one behind it is not.
    """
    kept: list[Value] = []
    omitted = 0
    for value in values:
        if size(value) <= budget:
            budget -= size(value)
            kept.append(value)
        else:
            omitted += 1
    return tuple(kept), omitted


def cut(types: Iterable[RelevantType], budget: int) -> tuple[tuple[RelevantType, ...], int]:
    """Types whose definitions together have at most ``budget`` characters, and how many were left
    out. One that would take more than half of what is left loses its last members."""
    kept: list[RelevantType] = []
    omitted = 0
    for one in types:
        text = _first_lines(one.definition, min(budget, max(budget // 2, _ENOUGH)))
        if not text:
            omitted += 1
            continue
        budget -= len(text)
        kept.append(replace(one, definition=text))
    return tuple(kept), omitted


def _first_lines(text: str, room: int) -> str:
    if len(text) <= room:
        return text
    if room < _LEAST:
        return ""
    more = "\n    …"
    kept = text[: max(0, room - len(more)) + 1].rpartition("\n")[0]
    return kept + more if kept else ""


# -- the expected type: what the code around a hole wants to be written there


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


# -- relevant headers: what can be written here and gives a value of the expected type
#
# Ranked by how well the result fits, then by how near it is defined (after the type-directed
# headers of ChatLSP: Blinn et al., OOPSLA 2024).


class Fit(IntEnum):
    """How a result fits the expected type; more is better."""

    NO = 0
    HOLDS = 1
    """Its parts do: a list of what is wanted."""
    SOMETIMES = 2
    """It may be something else, too: ``None``, or another member of a union."""
    SUBCLASS = 3
    """It is an instance of a subclass."""
    SAME = 4


def relevant_headers(
    expected: ExpectedType, reachable: Iterable[Reachable], facts: TypeFacts, deadline: Deadline
) -> list[RelevantHeader]:
    """The headers of what is ``reachable``, best first; none where nothing is expected.

    What was not looked at when ``deadline`` passed is missing.
    """
    if not expected.classes:
        return []
    judged: list[tuple[int, int, int, Reachable]] = []
    for index, one in enumerate(reachable):
        fit = _fit(expected, one.result, facts)
        if fit:
            judged.append((-fit, one.distance, index, one))
        if deadline.expired():
            break
    found: dict[str, RelevantHeader] = {}
    for worst, _, _, one in sorted(judged, key=lambda entry: entry[:3]):
        fits = Fit(-worst).name.lower()
        header = RelevantHeader(one.name, one.header, one.result.text, fits, one.origin)
        found.setdefault(one.name, header)
    return list(found.values())


def _fit(expected: ExpectedType, result: TypeUse, facts: TypeFacts) -> Fit:
    wanted = set(expected.classes)
    if not result.heads:
        return Fit.NO
    same = [head in wanted for head in result.heads]
    below = [s or _inherits(h, wanted, facts) for s, h in zip(same, result.heads, strict=True)]
    whole = not result.optional or expected.optional
    if all(below) and whole:
        return Fit.SAME if all(same) else Fit.SUBCLASS
    if any(below):
        return Fit.SOMETIMES
    if any(part in wanted for part in result.parts):
        return Fit.HOLDS
    return Fit.NO


def _inherits(head: str, wanted: set[str], facts: TypeFacts) -> bool:
    above = set(facts.ancestors(head)[1:]) - {"builtins.object"}
    return bool(above & wanted) or any(facts.conforms(head, name) for name in wanted)


# -- relevant types: the classes that one has to know to write what is expected
#
# The expected type's classes first, then what these speak of, then the classes of what is at hand;
# breadth first, each once, so that classes that mention each other end (Blinn et al., *Statically
# Contextualizing Large Language Models with Typed Holes*, OOPSLA 2024).


#: Steps from the expected type, or from what is at hand, that are gone.
_DEEPEST = 2
#: Everybody, also every model, knows these.
_KNOWN = ("builtins.", "typing.", "typing_extensions.", "_typeshed.", "collections.abc.")


def relevant_types(
    expected: ExpectedType, at_hand: Iterable[str], facts: TypeFacts, deadline: Deadline
) -> Iterator[RelevantType]:
    """The types in order of relevance; ``at_hand`` are the classes of variables in reach.

    Ends early when ``deadline`` has passed.
    """
    pending = deque((name, 0) for name in (*expected.classes, *expected.parts))
    pending.extend((name, 1) for name in at_hand)
    seen: set[str] = set()
    while pending and not deadline.expired():
        name, distance = pending.popleft()
        if name in seen or name.startswith(_KNOWN):
            continue
        seen.add(name)
        outline = facts.outline(name)
        if outline is None:
            continue
        yield RelevantType(name, definition(outline), distance, outline.path, outline.line)
        # What the standard library speaks of is known, or so deep in it that it tells nothing.
        if distance < _DEEPEST and name.partition(".")[0] not in sys.stdlib_module_names:
            pending.extend((mentioned, distance + 1) for mentioned in facts.mentions(name))


def definition(outline: Outline) -> str:
    """An outline as one text: the header and a line for each member."""
    if not outline.members:
        return outline.header
    return "\n".join([f"{outline.header}:", *(f"    {line}" for line in outline.members)])


# -- the code graph's order: what the code around a place has most to do with comes first


def ranked(
    context: HoleContext, scores: Mapping[str, float], related: Sequence[str]
) -> HoleContext:
    """``context`` with ``related``, and its headers in the order of ``scores`` (by qualified name)
    where they fit equally well; what has no score stays in its order behind those that have."""

    def place(header: RelevantHeader) -> tuple[int, float]:
        own = f"{header.origin}.{header.name.rpartition('.')[2]}"
        return -Fit[header.fit.upper()], -scores.get(own, 0.0)

    headers = tuple(sorted(context.headers, key=place))
    return replace(context, headers=headers, related=tuple(related))


#: The part of the time that looking around may take; the rest is for what was found.
_LOOKING = 0.6
#: And the part that all of it may take, so that the answer is there in time.
_ANSWERING = 0.85


@dataclass(frozen=True, slots=True)
class HoleQuery:
    """What is expected at ``offset``, and with ``types`` and ``headers`` what is relevant to it?

    ``offset`` is in code points and clamped; ``budget`` is in characters, for each of the two.
    """

    snapshot: Snapshot
    offset: int
    types: bool = False
    headers: bool = False
    budget: int = 2000

    def answer(self, provider: SemanticProvider, deadline: Deadline) -> HoleContext:
        """What is known when ``deadline`` passes."""
        deadline = Deadline.after(deadline.remaining() * _ANSWERING)
        hole = hole_at(self.snapshot.text, self.offset)
        with provider.type_facts(self.snapshot, hole) as facts:
            if facts is None:
                return self.unanswered("the text cannot be read")
            return self._answer(hole, facts, deadline)

    def _answer(self, hole: Hole, facts: TypeFacts, deadline: Deadline) -> HoleContext:
        expected = expected_type(slot_at(self.snapshot.text, hole), facts)
        if not (self.types or self.headers):
            return HoleContext(expected)
        looking = Deadline.after(deadline.remaining() * _LOOKING)
        around = _around(facts, hole.start, expected, looking)
        types: tuple[RelevantType, ...] = ()
        headers: tuple[RelevantHeader, ...] = ()
        omitted = left = 0
        if self.types:
            near = [one.result for one in around if _is_variable(one)]
            at_hand = [name for use in near for name in (*use.heads, *use.parts)]
            types, omitted = cut(relevant_types(expected, at_hand, facts, deadline), self.budget)
        if self.headers:
            made = [c for name in expected.classes for c in facts.constructors(name)]
            # Behind a dot only what belongs to what stands before it can be written.
            head = f"{hole.receiver_text}." if hole.kind is HoleKind.ATTRIBUTE else ""
            written = [one for one in (*around, *made) if one.name.startswith(head)]
            found = relevant_headers(expected, written, facts, deadline)
            headers, left = within(found, lambda h: len(h.name) + len(h.header), self.budget)
        return HoleContext(expected, types, headers, omitted + left)

    def unanswered(self, reason: str) -> HoleContext:
        """Nothing known."""
        return HoleContext(ExpectedType(reason=reason))


def _is_variable(one: Reachable) -> bool:
    """Whether it is a variable of the function around, or a field of its object."""
    own = one.distance == 1 and one.name.startswith("self.")
    return (one.distance == 0 or own) and not one.header.startswith(("def ", "async ", "class "))


def _around(
    facts: TypeFacts, offset: int, expected: ExpectedType, deadline: Deadline
) -> Sequence[Reachable]:
    found: list[Reachable] = []
    for one in facts.reachable(offset, frozenset(expected.classes)):
        found.append(one)
        if deadline.expired():
            break
    return found
