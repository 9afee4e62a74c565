"""The names that one of jedi's filters holds, remembered for classes of other files.

Walking a class of a large module takes jedi tens of milliseconds, and most receivers are of a few
classes. parso keeps the tree of a file until the file changes, so the class' node is the key.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

#: Kind and defining module, by name.
Described = dict[str, tuple[str, str]]

_KEPT = 1024
_known: OrderedDict[tuple[str, Any, bool], Described] = OrderedDict()


def names_of_filter(found: Any, own_module: Any) -> Described:
    """The names of a filter. Those of ``own_module``, whose tree changes in place, are not kept."""
    inner = getattr(found, "_class_filter", found)
    node: Any = getattr(inner, "_parser_scope", None)
    if getattr(node, "type", "") != "classdef" or not hasattr(inner, "_equals_origin_scope"):
        return _described(found)
    if node.get_root_node() is own_module:
        return _described(found)
    key = (type(inner).__name__, node, inner._equals_origin_scope())
    names = _known.get(key)
    if names is None:
        names = _known[key] = _described(found)
        while len(_known) > _KEPT:
            _known.popitem(last=False)
    _known.move_to_end(key)
    return names


def _described(found: Any) -> Described:
    names: Described = {}
    for name in found.values():
        text = name.string_name
        if text not in names:
            names[text] = (_kind_of(name), _origin_of(name))
    return names


def _kind_of(name: Any) -> str:
    tree_name = getattr(name, "tree_name", None)
    if tree_name is None:
        return ""
    parent = tree_name.parent
    if parent.type == "funcdef":
        return "function"
    if parent.type == "classdef":
        return "class"
    return "statement"


def _origin_of(name: Any) -> str:
    try:
        return ".".join(name.get_root_context().string_names or ())
    except (AttributeError, TypeError):
        return ""
