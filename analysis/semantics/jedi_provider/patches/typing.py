"""Changes to `jedi.inference.gradual`: forms of `typing`, and what type variables stand for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from jedi.inference.base_value import NO_VALUES, ValueSet, ValueWrapper
from jedi.inference.compiled import builtin_from_name
from jedi.inference.gradual import annotation
from jedi.inference.gradual.type_var import TypeVar
from jedi.inference.gradual.typeshed import TYPESHED_PATH
from jedi.inference.gradual.typing import (
    AnyClass,
    CastFunction,
    ProxyTypingValue,
    TypingModuleName,
)
from jedi.inference.names import AnonymousParamName
from jedi.inference.param import get_executed_param_names
from jedi.inference.value.iterable import FakeDict, FakeTuple, SequenceLiteralValue

from analysis.semantics.jedi_provider import completeness

# Forms of ``typing`` that jedi does not know: ``Literal``, ``LiteralString``, casts, ``X | Any``.
#
# Semantics: PEP 586 (``Literal``), PEP 675 (``LiteralString``), and typeshed's CONTRIBUTING.md,
# *The Any trick*: where one of its stubs returns ``X | Any``, the value is an ``X`` or rarely
# ``None``.


_remap = TypingModuleName._remap
_infer_annotation = completeness.annotated(annotation.infer_annotation)


class LiteralClass(ValueWrapper):  # type: ignore[misc]
    """The class of what ``Literal[…]`` names, and the value itself."""

    def __init__(self, cls: Any, literal: Any) -> None:
        super().__init__(cls)
        self.literal = literal

    def gather_annotation_classes(self) -> Any:
        return ValueSet([self._wrapped_value])


class _Literal(ProxyTypingValue):  # type: ignore[misc]
    """``Literal`` before its brackets."""

    def py__getitem__(self, index_value_set: Any, contextualized_node: Any) -> Any:
        del contextualized_node
        found = completeness.isolated(self._all)(index_value_set)
        return ValueSet._from_frozen_set(frozenset(found))

    def _all(self, index_value_set: Any) -> list[Any]:
        return [found for value in index_value_set._set for found in self._literals(value)]

    def _literals(self, value: Any) -> Iterator[Any]:
        if isinstance(value, SequenceLiteralValue):
            for lazy in value.py__iter__():
                for inner in lazy.infer()._set:
                    yield from self._literals(inner)
        elif value.is_class():  # another Literal, or an alias of one
            yield value
        else:
            for cls in ValueSet([value]).py__class__()._set:
                yield LiteralClass(cls, value)


def _known(self: Any) -> Iterator[Any]:
    name = self.string_name
    state = self.parent_context.inference_state
    if name == "Literal":
        yield _Literal.create_cached(state, self.parent_context, self.tree_name)
    elif name == "LiteralString":
        yield builtin_from_name(state, "str")
    else:
        yield from _remap(self)


def _without_the_trick(context: Any, node: Any) -> Any:
    """The values of an annotation; in typeshed a union loses its ``Any``."""
    values = _infer_annotation(context, node)
    known = [v for v in values._set if not isinstance(v, AnyClass)]
    if len(known) == len(values._set) or not known or not _of_typeshed(context):
        return values
    rest = ValueSet(known)
    rest.incomplete = values.incomplete
    return rest


def _of_typeshed(context: Any) -> bool:
    if not context.is_stub():
        return False
    path = context.get_root_context().py__file__()
    return path is not None and Path(path).is_relative_to(TYPESHED_PATH)


def _cast(self: Any, arguments: Any) -> Any:
    """``cast("X", y)`` as well as ``cast(X, y)``: the first argument is an annotation."""
    del self
    first = next(iter(arguments.unpack()), None)
    if first is None:
        return NO_VALUES
    node = getattr(first[1], "data", None)
    context = getattr(first[1], "context", None)
    if node is None or context is None:
        return NO_VALUES
    return annotation.infer_annotation(context, node).execute_annotation(context)


# What a type variable stands for where an argument that it depends on is not known.
#
# jedi takes what the other arguments say, so that of ``T`` in ``g(unknown, 1)`` an ``int`` is left.
# Such a variable is incomplete here, and so is what a function gives that is annotated to return
# it.


def _given(function: Any, arguments: Any) -> list[Any]:
    """The parameters of a call but for ``*args`` and ``**kwargs`` that nothing goes to: these say
    nothing of a variable."""
    names = get_executed_param_names(function, arguments)
    return [name for name in names if not completeness.isolated(_goes_without)(name)]


def _goes_without(parameter: Any) -> bool:
    if not parameter._get_param_node().star_count:
        return False
    values = parameter.infer()._set
    return bool(values) and all(
        (isinstance(value, FakeTuple) and not list(value.py__iter__()))
        or (isinstance(value, FakeDict) and not list(value.py__iter__()))
        for value in values
    )


def _merge(known: dict[str, Any], new: dict[str, Any]) -> None:
    """Add to what is ``known`` of each variable, by its name, what is ``new``."""
    for name, values in new.items():
        if values:
            known[name] = known[name] | values if name in known else values
        elif values.incomplete:
            known[name] = completeness.flagged(known.get(name, NO_VALUES))


# A type variable that nothing is known to stand for is as good as its bound only to whoever writes
# the function that has it. A class that derives from ``Builder``, not from ``Builder[Config]``,
# gets ``Any`` of it (typing specification, *Generics*), and may have set it to more than the bound.


_of_bound = TypeVar.execute_annotation


def _bound(self: Any, context: Any) -> Any:
    values = _of_bound(self, context)
    if self._bound_lazy_value is None or completeness.incomplete(values):
        return values
    return completeness.flagged(values)


def _of_own_variable(infer: Callable[..., Any]) -> Callable[..., Any]:
    """``infer`` of a parameter: one of a variable of its function has what the bound has."""

    def inferred(self: Any) -> Any:
        values = infer(self)
        node = self._get_param_node()
        if node.annotation is None or node.annotation.type != "name" or not values.incomplete:
            return values
        around = node.search_ancestor("classdef")
        bases = around.get_super_arglist() if around is not None else None
        if bases is not None and node.annotation.value in re.findall(r"\w+", bases.get_code()):
            return values
        declared = completeness.isolated(_without_the_trick)(
            self.get_root_context(), node.annotation
        )
        limits = [v._bound_lazy_value for v in declared._set if isinstance(v, TypeVar)]
        if not limits or None in limits or len(limits) < len(declared._set):
            return values
        if any(completeness.incomplete(limit.infer()) for limit in limits):
            return values
        return ValueSet._from_frozen_set(values._set)

    return inferred


def install() -> None:
    """Change jedi in this process; to be called once."""
    TypingModuleName._remap = _known
    CastFunction.py__call__ = _cast
    annotation.infer_annotation = _without_the_trick
    annotation.merge_type_var_dicts = _merge
    annotation.get_executed_param_names = _given
    TypeVar.execute_annotation = _bound
    AnonymousParamName.infer = _of_own_variable(AnonymousParamName.infer)
