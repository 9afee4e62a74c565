"""Changes to `jedi.inference.value.function` and `names`: overloads, `Self`, and what lambdas are
called with.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from inspect import Parameter
from typing import Any

from jedi.inference.base_value import NO_VALUES, ValueSet
from jedi.inference.gradual.annotation import infer_annotation
from jedi.inference.gradual.typing import SelfClass
from jedi.inference.helpers import infer_call_of_leaf
from jedi.inference.names import AnonymousParamName
from jedi.inference.param import get_executed_param_names_and_issues
from jedi.inference.value.function import FunctionExecutionContext, OverloadedFunctionValue

from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.assignable import given_of, may_be
from analysis.semantics.jedi_provider.patches.typing import LiteralClass

# Overloaded functions: every overload that a call fits, not the first.
#
# jedi takes the first overload whose parameters fit, but it neither looks at the bound of a type
# variable nor at literals, so that the first may be the wrong one (``ast.parse`` has one that gives
# back its argument). What all that fit return is known to hold the right one. Literals and ``None``
# are compared here, so that ``open(x, "rb")`` is no text file.


_BY_PLACE = frozenset({Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD})


def _call(self: Any, arguments: Any) -> Any:
    written = getattr(arguments, "argument_node", None)
    # Which overload is called decides what comes, and is no part of it: an argument that is not
    # known leaves more of them. How many arguments there are has to be known.
    counted = written is not None and "*" not in written.get_code()
    choose = _chosen_alone if counted else _chosen
    chosen = choose(self.get_signatures(), arguments)
    return ValueSet.from_sets(s.value.as_context(arguments).infer() for s in chosen)


def _chosen(signatures: Any, arguments: Any) -> list[Any]:
    """The overloads that a call may be one of."""
    possible = [s for s in signatures if not _refuses(s, arguments)] or signatures
    # jedi compares no special forms: it may say of all that they do not fit.
    fitting = [s for s in possible if _fits(s, arguments)] or possible
    chosen: list[Any] = []
    for index, signature in enumerate(fitting):
        chosen.append(signature)
        if _decides(signature, arguments, fitting[index + 1 :]):
            break
    return chosen


_chosen_alone = completeness.isolated(_chosen)


def _fits(signature: Any, arguments: Any) -> bool:
    """Whether a call has as many arguments as ``signature`` takes, and none that is known to be
    another thing than it is declared as."""
    executed, issues = get_executed_param_names_and_issues(signature._function_value, arguments)
    return not issues and _has_place(executed, arguments) and all(map(_may_fit, executed))


def _has_place(parameters: list[Any], arguments: Any) -> bool:
    """Whether there are as many places as arguments without a name: jedi counts none behind which
    parameters are given by name alone."""
    kinds = [parameter.get_kind() for parameter in parameters]
    places = sum(kind in _BY_PLACE for kind in kinds)
    given = sum(name is None for name, _ in arguments.unpack())
    return given <= places or Parameter.VAR_POSITIONAL in kinds


def _may_fit(parameter: Any) -> bool:
    values = parameter.infer()
    if parameter._is_default or completeness.incomplete(values) or parameter.matches_signature():
        return True
    # jedi compares by inheritance and by arguments of types, and knows no protocols.
    annotation = parameter.infer_annotation(execute_annotation=False)
    parts = list(annotation.gather_annotation_classes())
    return annotation.incomplete or any(_may_be_one(value, parts) for value in values._set)


def _may_be_one(value: Any, parts: list[Any]) -> bool:
    given = given_of(value)
    return given is None or any(may_be(given, part) for part in parts)


def _given(signature: Any, arguments: Any) -> list[Any]:
    """The parameters that the call gives a value."""
    executed, _ = get_executed_param_names_and_issues(signature._function_value, arguments)
    return [parameter for parameter in executed if not parameter._is_default]


def _refuses(signature: Any, arguments: Any) -> bool:
    """Whether the call gives something else than a literal that ``signature`` demands."""
    return any(_is_one_of(parameter) is False for parameter in _given(signature, arguments))


def _decides(signature: Any, arguments: Any, rest: list[Any]) -> bool:
    """Whether a call that fits ``signature`` takes it: its literals are given, and in all else the
    overloads behind it are alike (typing specification, *Overload call evaluation*)."""
    if not rest:
        return True
    others = [{n.string_name: _annotation(n) for n in s.get_param_names()} for s in rest]
    literal = False
    for parameter in _given(signature, arguments):
        if _is_one_of(parameter):
            literal = True
        elif any(o.get(parameter.string_name) != _annotation(parameter) for o in others):
            return False
    return literal


def _annotation(parameter: Any) -> str:
    node = getattr(parameter._get_param_node(), "annotation", None)
    return node.get_code(include_prefix=False) if node is not None else ""


def _is_one_of(parameter: Any) -> bool | None:
    """Whether what is given is one of the literals that a parameter is declared as; ``None`` where
    it is not known, or declared otherwise."""
    given = parameter.infer()
    if completeness.incomplete(given):
        return None
    if _annotation(parameter) == "None":
        nulls = [completeness.is_none(value) for value in given._set]
        return True if all(nulls) else None if any(nulls) else False
    declared = parameter.infer_annotation(execute_annotation=False)._set
    if not declared or not all(isinstance(value, LiteralClass) for value in declared):
        return None
    literals = {_plain(value.literal) for value in declared}
    plain = [_plain(value) for value in given._set]
    if None in plain:
        return None
    fit = [value in literals for value in plain]
    return True if all(fit) else None if any(fit) else False


def _plain(value: Any) -> tuple[str, object] | None:
    """A value that is written out, with its type: ``1`` is not ``True``. Else ``None``."""
    plain = value.get_safe_value(default=None)
    return None if plain is None else (type(plain).__name__, plain)


# ``Self`` (PEP 673): what the method was called on, not the class that defines it.
#
# jedi takes it for the class whose body holds the annotation, so that ``Path("a").parent``,
# inherited from ``PurePath``, would lack what only ``Path`` has. Where it is not known what the
# method was called on, nothing is known. A method that is declared to give its own class, ``def
# copy(self) -> "Base"``, may mean ``Self``, too: many are older than it.


#: The calls whose return annotations are being read, innermost last.
_calls: list[Any] = []
_infer_annotations = FunctionExecutionContext.infer_annotations


def _annotations(self: Any) -> Any:
    _calls.append(self)
    try:
        values = _infer_annotations(self)
        if not any(isinstance(value, SelfClass) for value in values._set):
            return _or_itself(self, values)
        # ``type[Self]``: jedi gives back what stands in the brackets.
        called_on = ValueSet(_called_on(self))
        classes = called_on if _is_class_method(self) else called_on.py__class__()
        rest = [value for value in values._set if not isinstance(value, SelfClass)]
        return ValueSet.from_sets((classes, rest))
    finally:
        _calls.pop()


def _or_itself(call: Any, values: Any) -> Any:
    """``values``, and what the method was called on where its own class is among them."""
    defining = call.tree_node.search_ancestor("funcdef", "classdef")
    if defining is None or defining.type != "classdef" or call.is_stub():
        return values
    if not any(value.is_instance() and _node(value) is defining for value in values._set):
        return values
    called_on = [v for v in _called_on(call) if v.is_instance() and _node(v) is not defining]
    return ValueSet.from_sets((values, called_on)) if called_on else values


def _node(instance: Any) -> Any:
    return getattr(instance.py__class__(), "tree_node", None)


def _is_class_method(call: Any) -> bool:
    return any(value.is_class() for value in _called_on(call))


def _self(self: Any, context: Any) -> Any:
    del self
    if context is None or not _calls:
        return NO_VALUES
    call = _calls[-1]
    defining = call.tree_node.search_ancestor("classdef")
    if defining is None or getattr(context, "tree_node", None) is not defining:
        return NO_VALUES  # the annotation of something else, a parameter say
    return ValueSet.from_sets(
        value.execute_annotation(None) if value.is_class() else ValueSet([value])
        for value in _called_on(call)
    )


def _called_on(call: Any) -> list[Any]:
    """The values of the first argument: an instance, or for a class method the class."""
    instance = getattr(call, "instance", None)
    if instance is not None:
        return [instance]
    first = next(iter(call._arguments.unpack()), None)
    return list(first[1].infer()) if first is not None else []


# What a lambda is called with, where the call that it is handed to says so.
#
# ``sorted(items, key=lambda item: …)`` gives it the elements of ``items``, and a parameter that is
# declared ``Callable[[Event], None]`` gives it an ``Event``. jedi knows neither.


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


def _called_with(infer: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def called_with(self: Any) -> Any:
        parameter = self._get_param_node()
        if parameter.parent.type == "lambdef" and not parameter.star_count:
            found = _passed_to(self.function_value.parent_context, parameter)
            if found is not None:
                return found
        return infer(self)

    return called_with


def _passed_to(context: Any, parameter: Any) -> Any:
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


def install() -> None:
    """Change jedi in this process; to be called once."""
    OverloadedFunctionValue.py__call__ = _call
    FunctionExecutionContext.infer_annotations = _annotations
    SelfClass.execute_annotation = _self
    AnonymousParamName.infer = _called_with(AnonymousParamName.infer)
