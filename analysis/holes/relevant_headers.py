"""Relevant headers: what can be written here and gives a value of the expected type.

Ranked by how well the result fits, then by how near it is defined (after the type-directed headers
of ChatLSP: Blinn et al., OOPSLA 2024).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from analysis.deadline import Deadline
from analysis.holes.context import ExpectedType, RelevantHeader
from analysis.semantics.type_facts import Reachable, TypeFacts, TypeUse


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
