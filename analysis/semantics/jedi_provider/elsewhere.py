"""Values that a receiver gets at other places than those that jedi looks at.

jedi infers a name from the assignments above it. In a loop those below it come before it, the next
time; a nested function may assign it with ``nonlocal``. Of an attribute jedi knows what a class
assigns to its own ``self``; it is also assigned through other names (``config.level = "x"``), and
may still have the value that the class body gave it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jedi.inference.base_value import NO_VALUES, ValueSet
from jedi.inference.syntax_tree import tree_name_to_values

from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.arms import classes_of
from analysis.semantics.jedi_provider.narrow import written
from analysis.semantics.jedi_provider.session import JediSession, infer_receiver

_FUNCTIONS = frozenset({"funcdef", "lambdef", "classdef"})


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """``values`` from other places; ``complete`` tells that all of those are known."""

    values: Any = NO_VALUES
    complete: bool = True


def elsewhere(session: JediSession, last: Any) -> Elsewhere:
    """What else the expression that ends with the leaf ``last`` may be, before a dot."""
    if last.type != "name":
        return Elsewhere()
    dot = last.get_previous_leaf()
    if dot is None or dot.value != ".":
        return _collected(session, _rebound(last))
    return _of_attribute(session, last, dot.get_previous_leaf())


def _collected(session: JediSession, names: Iterator[Any]) -> Elsewhere:
    values, complete = NO_VALUES, True
    for name in names:
        found = tree_name_to_values(session.state, session.context_of(name), name)
        complete = complete and not completeness.incomplete(found)
        values |= ValueSet._from_frozen_set(found._set)
    return Elsewhere(values, complete)


def _rebound(last: Any) -> Iterator[Any]:
    """The definitions of a bare name that come before it although they stand behind it."""
    scope = last.search_ancestor("funcdef", "lambdef", "classdef") or last.get_root_node()
    looped = _outermost_loop(last)
    for name in last.get_root_node().get_used_names().get(last.value, ()):
        if name.start_pos <= last.start_pos or not name.is_definition():
            continue
        within = name.search_ancestor("funcdef", "lambdef", "classdef") or name.get_root_node()
        if name.parent.type == "trailer":
            continue
        if looped is not None and within is scope and name.end_pos <= looped.end_pos:
            yield name
    for statement in _nonlocal(last):
        function = statement.search_ancestor("funcdef")
        for name in last.get_root_node().get_used_names()[last.value]:
            inside = name.search_ancestor("funcdef") is function and name.is_definition()
            if inside and name.parent.type not in ("nonlocal_stmt", "trailer"):
                yield name


def _outermost_loop(last: Any) -> Any:
    """The loop farthest out within the function that may bring the name another value: none
    outside of a statement that binds it anew before it gets to ``last``."""
    found, child = None, last
    parent = last.parent
    while parent is not None and child.type not in _FUNCTIONS:
        if parent.type in ("suite", "file_input"):
            before = parent.children[: parent.children.index(child)]
            if any(_binds(statement, last.value) for statement in before):
                return found
        # What a loop runs over is computed once.
        elif parent.type == "for_stmt" and child is not parent.children[3]:
            if _has(parent.children[1], last.value):
                return found
            found = parent
        elif parent.type == "while_stmt":
            found = parent
        child, parent = parent, parent.parent
    return found


def _binds(statement: Any, name: str) -> bool:
    """Whether a simple statement assigns to ``name`` itself."""
    return statement.type == "simple_stmt" and any(
        part.type == "expr_stmt" and any(n.value == name for n in part.get_defined_names())
        for part in statement.children
    )


def _has(targets: Any, name: str) -> bool:
    if targets.type == "name":
        return bool(targets.value == name)
    return any(_has(part, name) for part in getattr(targets, "children", ()))


def _nonlocal(last: Any) -> Iterator[Any]:
    """The ``nonlocal`` statements that name it, in functions inside of the one around it."""
    scope = last.search_ancestor("funcdef")
    for name in last.get_root_node().get_used_names().get(last.value, ()):
        if name.parent.type != "nonlocal_stmt":
            continue
        function = name.search_ancestor("funcdef")
        if function is not None and scope is not None and function is not scope:
            outside = function.search_ancestor("funcdef")
            if outside is scope:
                yield name.parent


def _of_attribute(session: JediSession, last: Any, before: Any) -> Elsewhere:
    stores = [
        name
        for name in session.module_node.get_used_names().get(last.value, ())
        if name is not last and name.is_definition() and name.parent.type == "trailer"
    ]
    foreign = [name for name in stores if written(name).partition(".")[0] not in ("self", "cls")]
    values, complete = NO_VALUES, True
    bases = infer_receiver(session, before)
    instances = [value for value in bases._set if value.is_instance() or value.is_class()]
    if not instances or _declared(instances, last.value):
        return Elsewhere()
    classes = _identities(instances)
    for name in foreign:
        owner = (
            name.parent.get_previous_leaf()
            if name.parent.children[0] != "."
            else (name.parent.children[0].get_previous_leaf())
        )
        owners = infer_receiver(session, owner)
        known = not completeness.incomplete(owners)
        if known and not classes & _identities(owners._set):
            continue
        found = tree_name_to_values(session.state, session.context_of(name), name)
        values |= ValueSet._from_frozen_set(found._set)
        complete = complete and (not known or not completeness.incomplete(found))
    values |= _of_body(instances, last.value)
    return Elsewhere(values, complete)


def _identities(values: Any) -> set[Any]:
    """The classes of values, and those they inherit from but for ``object``."""
    found = set()
    for value in values:
        cls = value if value.is_class() else value.py__class__()
        for base in classes_of(cls):
            node = getattr(base, "tree_node", None)
            if node is not None and base.py__name__() != "object":
                found.add(node)
    return found


def _declared(instances: list[Any], name: str) -> bool:
    """Whether a class says of what type the attribute is: then it holds what it says."""
    for value in instances:
        cls = value if value.is_class() else value.py__class__()
        for base in classes_of(cls):
            node = getattr(base, "tree_node", None)
            if node is None:
                continue
            for place in node.get_root_node().get_used_names().get(name, ()):
                if node.start_pos <= place.start_pos < node.end_pos and (
                    _is_annotated(place) or place.parent.type == "funcdef"
                ):
                    return True
    return False


def _is_annotated(name: Any) -> bool:
    statement = name.search_ancestor("expr_stmt")
    return (
        statement is not None
        and statement.children[1].type == "annassign"
        and (statement.children[0].get_last_leaf() is name)
    )


def _of_body(instances: list[Any], name: str) -> Any:
    """What the class body binds an attribute to that some method other than ``__init__`` binds
    again: before that method is called it still has this value."""
    values = NO_VALUES
    for value in instances:
        if value.is_class():
            continue
        for base in classes_of(value.py__class__()):
            node = getattr(base, "tree_node", None)
            if node is None or base.is_stub():
                continue
            places = [
                place
                for place in node.get_root_node().get_used_names().get(name, ())
                if node.start_pos <= place.start_pos < node.end_pos and place.is_definition()
            ]
            again = [p.search_ancestor("funcdef") for p in places if p.parent.type == "trailer"]
            if not again or any(f is None or f.name.value == "__init__" for f in again):
                continue
            for place in places:
                if place.search_ancestor("funcdef", "classdef") is node:
                    context = base.as_context()
                    found = tree_name_to_values(value.inference_state, context, place)
                    values |= ValueSet._from_frozen_set(found._set)
    return values
