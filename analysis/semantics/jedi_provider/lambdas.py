"""What a lambda is called with, where the call that it is handed to says so.

``sorted(items, key=lambda item: …)`` gives it the elements of ``items``, and a parameter that is
declared ``Callable[[Event], None]`` gives it an ``Event``. jedi knows neither.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from jedi.inference.base_value import ValueSet
from jedi.inference.gradual.annotation import infer_annotation
from jedi.inference.helpers import infer_call_of_leaf
from jedi.inference.names import AnonymousParamName

from analysis.semantics.jedi_provider import completeness

#: Functions that call a lambda, given by position or keyword, with the elements of an argument.
_WITH_ELEMENTS: dict[tuple[str, str], tuple[int | str, int]] = {
    ("builtins", "sorted"): ("key", 0),
    ("builtins", "filter"): (0, 1),
    ("itertools", "takewhile"): (0, 1),
    ("itertools", "dropwhile"): (0, 1),
    ("itertools", "filterfalse"): (0, 1),
    ("itertools", "groupby"): ("key", 0),
    ("heapq", "nlargest"): ("key", 1),
    ("heapq", "nsmallest"): ("key", 1),
}
_installed = False


def install() -> None:
    """Change jedi's class; further calls do nothing."""
    global _installed
    if not _installed:
        _installed = True
        AnonymousParamName.infer = _called_with(AnonymousParamName.infer)


def _called_with(infer: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def called_with(self: Any) -> Any:
        parameter = self._get_param_node()
        if parameter.parent.type == "lambdef" and not parameter.star_count:
            found = _given(self.function_value.parent_context, parameter)
            if found is not None:
                return found
        return infer(self)

    return called_with


def _given(context: Any, parameter: Any) -> Any:
    """The values that a parameter of a lambda gets, or ``None`` where the call does not tell."""
    function = parameter.parent
    argument, place = function, 0
    keyword = ""
    if function.parent.type == "argument":
        argument = function.parent
        keyword = argument.children[0].value if argument.children[1] == "=" else "*"
    call = argument.parent if argument.parent.type == "trailer" else argument.parent.parent
    if call is None or call.type != "trailer" or call.children[0] != "(":
        return None
    given = _arguments(call)
    if argument not in given or any(_starred(one) for one in given):
        return None
    place = given.index(argument)
    positional = [one for one in given if one.type != "argument" or one.children[1] != "="]
    callees = infer_call_of_leaf(context, call.get_previous_leaf())
    if completeness.incomplete(callees):
        return None
    index = list(function.get_params()).index(parameter)
    found = []
    for callee in callees._set:
        values = _from_call(context, callee, call, positional, keyword or place, index)
        found.append(_declared(callee, keyword or place, index) if values is None else values)
    if not found or any(values is None for values in found):
        return None
    return ValueSet.from_sets(found)


def _arguments(call: Any) -> list[Any]:
    inside = call.children[1]
    if getattr(inside, "type", "") == "arglist":
        return list(inside.children[::2])
    return [inside]


def _starred(argument: Any) -> bool:
    return argument.type == "argument" and argument.children[0] in ("*", "**")


def _from_call(
    context: Any, callee: Any, call: Any, positional: list[Any], place: int | str, index: int
) -> Any:
    """The elements of what else stands in the call of a function of the standard library."""
    known = (_module(callee), callee.py__name__())
    if (
        place == "key"
        and known == ("builtins", "sort")
        and call.get_previous_leaf().value == "sort"
    ):
        receiver = call.get_previous_sibling().children[0].get_previous_leaf()
        return infer_call_of_leaf(context, receiver).merge_types_of_iterate()
    if known == ("builtins", "map") and place == 0 and index + 1 < len(positional):
        return _elements(context, positional[index + 1])
    if known in (("builtins", "min"), ("builtins", "max")) and place == "key" and positional:
        if len(positional) == 1:
            return _elements(context, positional[0])
        return ValueSet.from_sets(context.infer_node(one) for one in positional)
    where, source = _WITH_ELEMENTS.get(known, (None, 0))
    takes = where is not None and place in (
        where,
        1 if known == ("itertools", "groupby") else where,
    )
    if takes and index == 0 and source < len(positional):
        return _elements(context, positional[source])
    return None


def _elements(context: Any, node: Any) -> Any:
    values = context.infer_node(node)
    elements = values.merge_types_of_iterate()
    return completeness.flagged(elements) if completeness.incomplete(values) else elements


def _module(value: Any) -> str:
    try:
        return str(value.get_root_context().py__name__() or "")
    except (AttributeError, NotImplementedError):
        return ""


def _declared(callee: Any, place: int | str, index: int) -> Any:
    """What the annotation ``Callable[[X, …], …]`` of the callee's parameter gives the lambda."""
    node = getattr(callee, "tree_node", None)
    if node is None or node.type != "funcdef":
        return None
    parameters = list(node.get_params())
    if isinstance(place, int):
        parameters = parameters[int(callee.is_bound_method()) :]
        parameter = parameters[place] if place < len(parameters) else None
    else:
        parameter = next((p for p in parameters if p.name.value == place), None)
    if parameter is None or parameter.star_count or parameter.annotation is None:
        return None
    written = _parameters(parameter.annotation)
    if written is None or index >= len(written):
        return None
    context = callee.parent_context
    types = infer_annotation(context, written[index])
    values = types.execute_annotation(context)
    return values if values and not completeness.incomplete(types) else None


def _parameters(annotation: Any) -> list[Any] | None:
    """The types between the inner brackets of ``Callable[[X, Y], Z]``, wherever it stands in an
    annotation."""
    children = getattr(annotation, "children", [])
    for name, trailer in itertools.pairwise(children):
        is_callable = name.get_last_leaf().value == "Callable"
        if not is_callable or trailer.type != "trailer" or trailer.children[0] != "[":
            continue
        inside = trailer.children[1]
        listed = inside.children[0] if getattr(inside, "type", "") == "subscriptlist" else None
        if listed is None or listed.type != "atom" or listed.children[0] != "[":
            return None
        types = listed.children[1]
        if types == "]":
            return []
        return list(types.children[::2]) if types.type == "testlist_comp" else [types]
    found = (_parameters(child) for child in children)
    return next((types for types in found if types is not None), None)
