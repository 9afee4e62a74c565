"""Whether a receiver certainly has one name, without listing all the others.

A check asks about names that nearly always exist. Looking one up in jedi's filters needs a
dictionary's time; listing and describing every name of a class needs a thousand times that, and is
left for the few names that are not found.
"""

from __future__ import annotations

from typing import Any

from analysis.semantics.jedi_provider import completeness

#: What members of an enumeration have and its class refuses: only the whole listing tells.
_DOUBTED = frozenset({"name", "value"})


def anyone_has(values: Any, name: str, origin: Any) -> bool:
    """Whether one of ``values`` has the attribute ``name``, seen from the parso scope ``origin``.

    False says nothing: the whole listing knows names that no filter of jedi has.
    """
    if name in _DOUBTED:
        return False
    return any(
        found.get(name)
        for value in values._set
        if not completeness.is_none(value)
        for found in value.get_filters(origin_scope=origin)
    )
