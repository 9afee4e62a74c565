"""What a callable value takes by keyword."""

from __future__ import annotations

import re
from collections.abc import Iterator
from inspect import Parameter
from typing import Any

from jedi.inference.gradual.conversion import convert_values
from jedi.inference.value.klass import get_dataclass_param_names

from analysis.semantics.callee import Callee
from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.arms import class_facts, label_of, module_of, resolved_order

#: Decorators whose classes get an ``__init__`` that jedi does not build.
_GENERATES = re.compile(r"^(?:attrs?\.|attr\b|attrs\b|define\b|frozen\b|mutable\b|pydantic\b)")
_FIELDS = re.compile(r"\b(?:NamedTuple|TypedDict)\b")
#: Bases that make an ``__init__`` from fields.
_FIELD_BASES = frozenset({"NamedTuple", "TypedDict", "BaseModel", "Struct", "Model"})
_NAMED = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)


def callees_of(values: Any) -> list[Callee]:
    """One callee for each value that is not ``None``."""
    return [_callee(value) for value in values._set if not completeness.is_none(value)]


def _callee(value: Any) -> Callee:
    fields = _fields(value) if value.is_class() else ()
    if fields:
        return Callee(label_of(value), module_of(value), fields)
    keywords: dict[str, None] = {}
    doubt = _class_doubt(value) if value.is_class() else ""
    signatures = [s for part in _parts(value) for s in part.get_signatures()]
    if not signatures:
        doubt = doubt or "its signature is not known"
    for signature in signatures:
        for param in signature.get_param_names(resolve_stars=False):
            kind = param.get_kind()
            if kind in _NAMED:
                keywords[param.string_name] = None
            elif kind == Parameter.VAR_KEYWORD:
                doubt = doubt or "it takes any keyword"
    if not keywords:
        doubt = doubt or "it takes nothing by keyword"
    return Callee(label_of(value), module_of(value), tuple(keywords), doubt)


def _parts(value: Any) -> Iterator[Any]:
    """The value and, for a stub, its source: their parameters may differ."""
    yield value
    for other in convert_values([value])._set:
        if other is not value:
            yield other


def _fields(cls: Any) -> tuple[str, ...]:
    """The fields of a class that is written as a ``NamedTuple`` or ``TypedDict``."""
    names: dict[str, None] = {}
    for base in _bases(cls):
        node: Any = getattr(base, "tree_node", None)
        arguments = node.get_super_arglist() if getattr(node, "type", "") == "classdef" else None
        direct = arguments is not None and _FIELDS.search(arguments.get_code())
        if direct or (names and base.is_typeddict()):
            for name in get_dataclass_param_names(base):
                names[name.string_name] = None
    return tuple(names)


def _class_doubt(cls: Any) -> str:
    order, whole = resolved_order(cls)
    if not whole:
        return "a base class could not be resolved"
    for facts in order:
        if facts.name in _FIELD_BASES:
            return f"its parameters are the fields of a {facts.name}"
        if any(_GENERATES.match(decorator) for decorator in facts.decorators):
            return f"the decorator {facts.decorators[0]} makes its parameters"
    return _metaclass_doubt(cls)


def _metaclass_doubt(cls: Any) -> str:
    for base in (cls, *list(_bases(cls))):
        try:
            metaclasses = list(base.get_metaclasses())
        except (AttributeError, NotImplementedError):
            continue
        for metaclass in metaclasses:
            if "__call__" in class_facts(metaclass).methods:
                return f"its metaclass {label_of(metaclass)} decides what it takes"
            if label_of(metaclass) in ("EnumMeta", "EnumType"):
                return "an enumeration is called with a value"
    return ""


def _bases(cls: Any) -> Iterator[Any]:
    try:
        yield from cls.py__mro__()
    except (AttributeError, NotImplementedError):
        return
