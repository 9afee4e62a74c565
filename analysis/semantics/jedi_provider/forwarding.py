"""Which keywords a function with ``**options`` takes, where it only hands them on.

Every use of the parameter is looked at. Where each is an item with a literal key
(``options.pop("x")``) or a call that is given all of them (``draw(**options)``), the function takes
these items and what the calls take, and at least one call refuses all else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from jedi.inference.helpers import infer_call_of_leaf

from analysis.names import ParameterKind, Signature
from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.union_members import label_of

_ITEMS = frozenset({"pop", "get", "setdefault"})
_FUNCTIONS = ("funcdef", "lambdef")

#: Callees that a subclass may bring another one for.
_OF_THE_OBJECT = r"(?:%s|type\(|super\()(?!\w)"

#: The signatures of a value that is called, and why there may be more.
Takes = Callable[[Any], tuple[tuple[Signature, ...], str]]


def handed_on(function: Any, owner: Any, takes: Takes) -> frozenset[str] | None:
    """The keywords that the ``**`` parameter of a function takes; ``None`` where it may take any.

    ``owner`` is the class that is called where ``function`` is its constructor, else ``None``.
    """
    node: Any = getattr(function, "tree_node", None)
    if getattr(node, "type", "") != "funcdef" or function.is_stub():
        return None
    parameter = next((p.name for p in node.get_params() if p.star_count == 2), None)
    if parameter is None:
        return None
    names: set[str] = set()
    calls = []
    for use in _uses(node, parameter):
        key = _item(use)
        if key:
            names.add(key)
        elif use.parent.type == "argument" and use.parent.children[0] == "**":
            calls.append(use)
        elif not _is_tested(use):
            return None
    for use in calls:
        found = _of_call(function, use, owner, takes)
        if found is None:
            return None
        names |= found
    return frozenset(names) if calls else None


def _uses(node: Any, parameter: Any) -> Iterator[Any]:
    """Where a function uses its parameter, also in functions within it."""
    for name in node.get_root_node().get_used_names().get(parameter.value, ()):
        if name is parameter or not node.start_pos < name.start_pos < node.end_pos:
            continue
        if name.parent.type == "trailer" and name.parent.children[0] == ".":
            continue
        if name.parent.type == "argument" and name.parent.children[:2] == [name, "="]:
            continue
        if not _is_of_another(name, node):
            yield name


def _is_of_another(name: Any, node: Any) -> bool:
    """Whether a function within ``node`` has a parameter of that name itself."""
    around = name.search_ancestor(*_FUNCTIONS)
    while around is not None and around is not node:
        if any(p.name.value == name.value for p in around.get_params()):
            return True
        around = around.search_ancestor(*_FUNCTIONS)
    return False


def _item(use: Any) -> str:
    """The key of ``use["key"]``, ``use.pop("key")`` or ``"key" in use``; or ``""``."""
    key: Any = None
    trailers = use.parent.children[1:] if use.parent.type in ("atom_expr", "power") else []
    if use.parent.type == "comparison":
        before, operator = use.parent.children[:2]
        if use is use.parent.children[-1] and len(use.parent.children) == 3:
            words = [c.value for c in getattr(operator, "children", [operator])]
            key = before if words in (["in"], ["not", "in"]) else None
    elif trailers and use is use.parent.children[0] and trailers[0].children[0] == "[":
        key = trailers[0].children[1]
    elif len(trailers) > 1 and use is use.parent.children[0]:
        method, given = trailers[0].children[1], trailers[1].children[1]
        if getattr(method, "value", "") in _ITEMS and trailers[1].children[0] == "(":
            key = given.children[0] if given.type == "arglist" else given
    plain = key is not None and key.type == "string" and key.value[:1] in "'\""
    return str(key._get_payload()) if plain else ""


def _is_tested(use: Any) -> bool:
    """Whether only the truth of the dictionary is asked."""
    parent = use.parent
    return parent.type in ("if_stmt", "not_test", "while_stmt", "assert_stmt")


def _of_call(function: Any, use: Any, owner: Any, takes: Takes) -> frozenset[str] | None:
    """The keywords of the call that ``use`` stands in; ``None`` where they are not all known."""
    argument = use.parent
    trailer = argument.parent if argument.parent.type == "trailer" else argument.parent.parent
    if getattr(trailer, "type", "") != "trailer" or trailer.children[0] != "(":
        return None
    context = function.get_root_context().create_context(use)
    callee = trailer.get_previous_leaf()
    values = completeness.isolated(infer_call_of_leaf)(context, callee)
    if completeness.incomplete(values):
        return None
    written = trailer.parent.get_code(include_prefix=False)
    first = next((p.name.value for p in function.tree_node.get_params()), "self")
    if re.match(_OF_THE_OBJECT % re.escape(first), written) and not _is_of(
        function, owner, behind=written.startswith("super()")
    ):
        return None
    names: set[str] = set()
    named = callee.value
    for value in values._set:
        if value.is_class() and label_of(value) != named:
            return None  # a subclass may be meant
        signatures, doubt = takes(value)
        if doubt or not signatures:
            return None
        for signature in signatures:
            if any(p.kind is ParameterKind.VAR_KEYWORD for p in signature.parameters):
                return None
            names.update(signature.keywords)
    return frozenset(names)


def _is_of(function: Any, owner: Any, *, behind: bool) -> bool:
    """Whether an instance of ``owner`` has the methods of the class around ``function``; of
    ``super()``, ``behind`` this class."""
    around = function.tree_node.search_ancestor("classdef")
    if owner is None or around is None:
        return False
    order = list(owner.py__mro__())
    nodes = [getattr(cls, "tree_node", None) for cls in order]
    if not behind or around not in nodes:
        return nodes[0] is around
    place = nodes.index(around)
    own = [getattr(cls, "tree_node", None) for cls in order[place].py__mro__()]
    return own == nodes[place:]
