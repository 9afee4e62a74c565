"""Names of the functions around a place whose values a parameter certainly does not take.

Every value that a name is given anywhere in its function is looked at, in whatever order, so that
the flow of control cannot matter; one that is not known, or that might fit, is enough to let the
name be. A test of its type may say more than its values do: a name that is tested so is let be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from jedi.inference.gradual import annotation
from jedi.inference.syntax_tree import tree_name_to_values

from analysis.deadline import Deadline
from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.accepted import parts_of
from analysis.semantics.jedi_provider.assignable import Sort, given_of, may_be
from analysis.semantics.jedi_provider.session import JediSession

_FUNCTIONS = ("funcdef", "lambdef", "classdef")
_COMPREHENSIONS = ("sync_comp_for", "comp_for")
#: Seconds that are spent on names, and how many are looked at.
_TIME, _MOST = 0.1, 24
#: What may say more of a value than where it comes from.
TESTED = (
    r"\b(?:isinstance|issubclass|callable|type|cast|assert_type)\s*\(\s*{0}(?!\w|\s*[.\[])"
    r"|^[ \t]*match\b[^\n]*\b{0}(?!\w)|\b{0}\s*\.\s*__class__\b"
    r"|\b(?:global|nonlocal|del)\b[^\n]*\b{0}(?!\w)"
)


def misfits(session: JediSession, leaf: Any, parts: Sequence[Any], written: str) -> tuple[str, ...]:
    """The names that the functions around ``leaf`` bind and whose values are none of ``parts``,
    in order. The one that is ``written`` there is looked at first, however long the others take.
    Never raises for user code."""
    found = []
    ends = Deadline.after(_TIME)
    for name, definitions in _bound(leaf, written):
        if ends.expired() and name != written:
            break
        try:
            if _misfit(session, definitions, parts):
                found.append(name)
        except Exception:  # noqa: BLE001 - jedi's own defects: nothing known
            continue
    return tuple(sorted(found))


def _bound(leaf: Any, written: str) -> Iterator[tuple[str, list[Any]]]:
    """Each name that the innermost function binds, with where it does: what is ``written``, then
    those used last first."""
    function = leaf.search_ancestor(*_FUNCTIONS)
    if function is None or function.type != "funcdef":
        return
    code = function.get_code()
    used = []
    for name, places in leaf.get_root_node().get_used_names().items():
        inside = [p for p in places if function.start_pos < p.start_pos < function.end_pos]
        mine = [p for p in inside if p.is_definition() and p.parent.type != "trailer"]
        if not mine or any(_elsewhere(place, function) for place in mine):
            continue
        before = [p.start_pos for p in inside if p.start_pos < leaf.start_pos]
        if before and not re.search(TESTED.format(re.escape(name)), code, re.M):
            used.append(((name == written, max(before)), name, mine))
    for _, name, mine in sorted(used, key=lambda one: one[0], reverse=True)[:_MOST]:
        yield name, mine


def _elsewhere(place: Any, function: Any) -> bool:
    """Whether a definition is of another scope, or not by what stands there alone."""
    if place.search_ancestor(*_FUNCTIONS) is not function or place.parent is function:
        return True
    definition = place.get_definition()
    if definition is None or definition.type in _COMPREHENSIONS:
        return True
    if definition.type == "expr_stmt":
        sign = definition.children[1]
        return sign.type != "annassign" and getattr(sign, "value", "") != "="
    return bool(definition.type in ("del_stmt", "global_stmt", "nonlocal_stmt"))


def _misfit(session: JediSession, definitions: list[Any], parts: Sequence[Any]) -> bool:
    """Whether all that is given to a name is known, and none of it fits."""
    something = False
    for place in definitions:
        values = _values(session, place)
        if values is None or completeness.incomplete(values):
            return False
        for value in values._set:
            given = given_of(value)
            if given is None or any(may_be(given, part) for part in parts):
                return False
            something = something or given.sort is not Sort.NONE
    return something


def _values(session: JediSession, place: Any) -> Any:
    """What a definition gives; ``None`` where that is not known.

    Raises :class:`~analysis.semantics.jedi_provider.accepted.OpenTypeError`.
    """
    definition = place.get_definition()
    if definition.type != "param":
        return tree_name_to_values(session.state, session.context_of(place), place)
    if definition.annotation is None or definition.star_count:
        return None
    default = definition.default
    if default is not None and default.get_code(include_prefix=False).strip() == "None":
        return None
    context = session.context_of(definition.search_ancestor("funcdef"))
    for _ in parts_of(context, definition.annotation):
        pass  # all of it has to be known
    return annotation.infer_annotation(context, definition.annotation).execute_annotation(context)
