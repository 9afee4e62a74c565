"""Why a set of names is not closed: one rule a file, each with its cases inside.

To add one: write a module with a docstring that says why it holds, ``CASES`` and ``doubt``, and
list it in :data:`RULES`. The weakest tier that any rule leaves is the answer's; among equals the
first reason in this order is given.
"""

from __future__ import annotations

from analysis.semantics.rules import (
    abstract_collection,
    computed_slots,
    descriptor,
    dict_lookup,
    dynamic_class,
    dynamic_writes,
    field_marker,
    foreign_version,
    functional_enum,
    guarded,
    listing,
    metaclass,
    mixin,
    narrowing,
    remade,
    store_target,
    too_general,
    unresolved,
    unresolved_base,
)
from analysis.semantics.rules.rule import ClosingRule

RULES: tuple[ClosingRule, ...] = (
    unresolved,
    field_marker,
    too_general,
    abstract_collection,
    dynamic_class,
    unresolved_base,
    dynamic_writes,
    computed_slots,
    remade,
    descriptor,
    functional_enum,
    dict_lookup,
    metaclass,
    listing,
    store_target,
    guarded,
    narrowing,
    mixin,
    foreign_version,
)
