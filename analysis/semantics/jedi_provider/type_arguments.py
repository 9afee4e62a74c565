"""What the type variables of a class stand for in a call of a method, by what the object is
declared to be: a ``list[str]`` appends strings.

Only declarations count: what a list that is written out holds is no more than what it begins with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jedi.inference.gradual.base import GenericClass

from analysis.semantics.jedi_provider.accepted import OpenTypeError
from analysis.semantics.jedi_provider.assignable import Sort
from analysis.semantics.jedi_provider.declared import declarations
from analysis.semantics.jedi_provider.session import JediSession


def stands_for(session: JediSession, last: Any, values: Any) -> Mapping[str, Any]:
    """The types of the variables of the class whose method the expression that ends with the leaf
    ``last`` is, by name; ``values`` are what it gives. Nothing where not all of it is declared."""
    dot = last.get_previous_leaf()
    if dot is None or dot.value != ".":
        return {}
    try:
        owners = [
            given.cls
            for given in declarations(session, dot.get_previous_leaf())
            if given.sort is not Sort.NONE
        ]
    except OpenTypeError:
        return {}
    if len(owners) != 1 or not isinstance(owners[0], GenericClass):
        return {}
    (cls,) = owners
    if not all(_defines(cls, value) for value in values._set):
        return {}  # the variables of a base have names of their own
    names = [variable.py__name__() for variable in cls.list_type_vars()]
    return dict(zip(names, cls.get_generics(), strict=False))


def _defines(cls: Any, method: Any) -> bool:
    """Whether ``method`` stands in the body of ``cls``."""
    node = getattr(method, "tree_node", None)
    around = node.search_ancestor("classdef") if node is not None else None
    return around is not None and around is cls.tree_node
