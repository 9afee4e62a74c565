"""The names that one of jedi's filters holds, remembered for classes of other files.

Walking a class of a large module takes jedi tens of milliseconds, and most receivers are of a few
classes. The names are kept with the tree that the class stands in, and are gone with it.
"""

from __future__ import annotations

from typing import Any

from analysis.semantics.jedi_provider.trees import notes_of

#: Kind and defining module, by name.
Described = dict[str, tuple[str, str]]


def names_of_filter(found: Any) -> Described:
    """The names of a filter."""
    inner = getattr(found, "_class_filter", found)
    node: Any = getattr(inner, "_parser_scope", None)
    if getattr(node, "type", "") != "classdef" or not hasattr(inner, "_equals_origin_scope"):
        return _described(found)
    notes = notes_of(node.get_root_node())
    if notes is None:
        return _described(found)
    context = inner.parent_context
    # Branches for other versions of Python do not count.
    around = (
        context.get_root_context().string_names,
        context.inference_state.environment.version_info[:2],
    )
    key = (type(inner).__name__, node.start_pos, inner._equals_origin_scope(), around)
    if key not in notes:
        notes[key] = _described(found)
    names: Described = notes[key]
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
