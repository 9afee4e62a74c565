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
from analysis.semantics.jedi_provider import completeness, headers
from analysis.semantics.jedi_provider.accepted import FORMS, fits, parts_of
from analysis.semantics.jedi_provider.arms import classes_of, label_of, module_of, resolved_order
from analysis.semantics.jedi_provider.session import Session
from analysis.syntax.displays import Display

_FUNCTIONS = ("funcdef", "lambdef", "classdef")
_COMPREHENSIONS = ("sync_comp_for", "comp_for")
#: Seconds that are spent on names, and how many are looked at.
_TIME, _MOST = 0.1, 24
#: What may say more of a value than where it comes from.
_TESTED = (
    r"\b(?:isinstance|issubclass|callable|type|cast|assert_type)\s*\(\s*{0}\b"
    r"|^[ \t]*match\b[^\n]*\b{0}\b|\b{0}\s*\.\s*__class__\b"
    r"|\b(?:global|nonlocal|del)\b[^\n]*\b{0}\b"
)


def misfits(session: Session, leaf: Any, parts: Sequence[Any]) -> tuple[str, ...]:
    """The names that the functions around ``leaf`` bind and whose values are none of ``parts``,
    in order. Never raises for user code."""
    found = []
    ends = Deadline.after(_TIME)
    for name, definitions in _bound(leaf):
        if ends.expired():
            break
        try:
            if _misfit(session, definitions, parts):
                found.append(name)
        except Exception:  # noqa: BLE001 - jedi's own defects: nothing known
            continue
    return tuple(sorted(found))


def _bound(leaf: Any) -> Iterator[tuple[str, list[Any]]]:
    """Each name that the innermost function binds, with where it does; those used last first."""
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
        if before and not re.search(_TESTED.format(re.escape(name)), code, re.M):
            used.append((max(before), name, mine))
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


def _misfit(session: Session, definitions: list[Any], parts: Sequence[Any]) -> bool:
    """Whether all that is given to a name is known, and none of it fits."""
    something = False
    for place in definitions:
        values = _values(session, place)
        if values is None or completeness.incomplete(values):
            return False
        for value in values._set:
            if any(_may_be(value, part) for part in parts):
                return False
            something = something or not completeness.is_none(value)
    return something


def _values(session: Session, place: Any) -> Any:
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


def _may_be(value: Any, part: Any) -> bool:
    """Whether ``value`` may be an instance of ``part``; where it is not clear, it may."""
    if completeness.is_none(value):
        return fits(part, Display.NONE)
    if part is None:
        return False
    if value.is_function() or type(value).__name__ in ("BoundMethod", "FunctionValue"):
        return fits(part, Display.FUNCTION) or module_of(part) == "types"
    if value.is_class() or value.is_module() or not value.is_instance():
        return True
    cls = value.py__class__()
    label, module = label_of(cls), module_of(cls)
    if not cls.is_class() or type(cls).__name__ not in ("ClassValue", "GenericClass"):
        return True
    if module == "builtins" and label in {d.value for d in Display}:
        return fits(part, Display(label))
    if label == "object" or not resolved_order(cls)[1]:
        return True
    if label_of(part) in FORMS or module_of(part) in _OPEN or label_of(part) == "Buffer":
        return True
    order, wanted = classes_of(cls), classes_of(part)
    body = _body(part)
    if body is None or headers.is_protocol(body):
        return True
    # By their names: a class may be defined in a stub and in its source, under two modules.
    return label in map(label_of, wanted) or label_of(part) in map(label_of, order)


#: Modules of classes that others are instances of without inheriting from them.
_OPEN = frozenset({"typing", "typing_extensions", "collections.abc", "_collections_abc", "types"})


def _body(cls: Any) -> Any:
    node = getattr(cls, "tree_node", None)
    return node if node is not None and node.type == "classdef" else None
