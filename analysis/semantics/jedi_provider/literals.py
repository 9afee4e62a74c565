"""Which strings a parameter takes, where its annotation is a ``Literal`` (PEP 586)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jedi.inference.gradual.typing import ProxyWithGenerics

from analysis.semantics.jedi_provider import completeness, headers
from analysis.semantics.jedi_provider.special_forms import LiteralClass

#: Forms that hold several types, or one and notes about it.
_WHOLE = frozenset({"Union", "Optional"})
_NOTED = frozenset({"Annotated", "Final", "ClassVar"})


def argument_strings(values: Any, position: int, keyword: str) -> frozenset[str] | None:
    """The strings that an argument of a call of ``values`` may be, by every signature of each;
    ``None`` where one takes others or is not known."""
    found: set[str] = set()
    for value in values._set:
        if completeness.is_none(value):
            continue
        signatures = value.get_signatures()
        if not signatures:
            return None
        for signature in signatures:
            if getattr(signature, "_function_value", None) is None:
                return None
            names = list(signature.get_param_names(resolve_stars=False))
            named = headers.parameter(names, position, keyword)
            node = named._get_param_node() if hasattr(named, "_get_param_node") else None
            if node is None or node.annotation is None or node.star_count:
                return None
            declared = named.infer_annotation(execute_annotation=False)
            parts = [part for each in declared._set for part in _parts(each)]
            if completeness.incomplete(declared) or not all(map(_is_literal, parts)):
                return None
            found.update(_strings(parts))
    return frozenset(found)


def _parts(declared: Any) -> Iterator[Any]:
    """The types that an annotation's value stands for, one by one."""
    if isinstance(declared, ProxyWithGenerics) and declared._tree_name.value in _WHOLE | _NOTED:
        generics = declared.get_generics()
        for values in generics if declared._tree_name.value in _WHOLE else generics[:1]:
            if completeness.incomplete(values):
                yield declared
            for value in values._set:
                yield from _parts(value)
    else:
        yield declared


def _is_literal(part: Any) -> bool:
    return isinstance(part, LiteralClass) or completeness.is_none(part)


def _strings(parts: list[Any]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, LiteralClass):
            plain = part.literal.get_safe_value(default=None)
            if isinstance(plain, str):
                yield plain
