"""Relevant types: the classes that one has to know to write what is expected.

The expected type's classes first, then what these speak of, then the classes of what is at hand;
breadth first, each once, so that classes that mention each other end (Blinn et al., *Statically
Contextualizing Large Language Models with Typed Holes*, OOPSLA 2024).
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator

from analysis.deadline import Deadline
from analysis.holes.context import ExpectedType, RelevantType
from analysis.semantics.type_facts import Outline, TypeFacts

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
