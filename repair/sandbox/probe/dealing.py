"""Dealing the tests of a suite out to several processes, each of which runs a part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

#: A group of more than so many times its share leaves other parts with nothing to do.
_TOO_LARGE = 1.3


def dealt(
    items: list[Any], number: int, parts: int, kinds: Sequence[Callable[[Any], Any]]
) -> tuple[list[Any], list[Any]]:
    """The items of the part ``number`` of ``parts``, and the others, both in their order.

    What is one group by the first of ``kinds`` stays together; by the next one, where a group is
    too large, and so on. The same items are dealt in the same way each time.
    """
    for kind in kinds:
        sizes = Counter(map(kind, items))
        if max(sizes.values(), default=0) <= _TOO_LARGE * len(items) / parts:
            break
    held = [0] * parts
    owner: dict[Any, int] = {}
    # In their order: what is to run ahead of the others does so in each part.
    for group, size in sizes.items():
        owner[group] = held.index(min(held))
        held[owner[group]] += size
    mine = [item for item in items if owner[kind(item)] == number]
    return mine, [item for item in items if owner[kind(item)] != number]
