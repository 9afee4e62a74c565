"""``Self`` (PEP 673): what the method was called on, not the class that defines it.

jedi takes it for the class whose body holds the annotation, so that ``Path("a").parent``, inherited
from ``PurePath``, would lack what only ``Path`` has. Where it is not known what the method was
called on, nothing is known. A method that is declared to give its own class, ``def copy(self) ->
"Base"``, may mean ``Self``, too: many are older than it.
"""

from __future__ import annotations

from typing import Any

from jedi.inference.base_value import NO_VALUES, ValueSet
from jedi.inference.gradual.typing import SelfClass
from jedi.inference.value.function import FunctionExecutionContext

#: The calls whose return annotations are being read, innermost last.
_calls: list[Any] = []
_infer_annotations = FunctionExecutionContext.infer_annotations


def install() -> None:
    """Change jedi's classes; further calls change nothing more."""
    FunctionExecutionContext.infer_annotations = _annotations
    SelfClass.execute_annotation = _self


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
