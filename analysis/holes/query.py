"""The question that a worker answers: what should whoever writes at a place know?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.deadline import Deadline
from analysis.holes.budget import cut, within
from analysis.holes.context import ExpectedType, HoleContext, RelevantHeader, RelevantType
from analysis.holes.expected import expected_type
from analysis.holes.relevant_headers import relevant_headers
from analysis.holes.relevant_types import relevant_types
from analysis.holes.slot import slot_at
from analysis.semantics.provider import SemanticProvider
from analysis.semantics.type_facts import Reachable, TypeFacts
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.holes import hole_at

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
