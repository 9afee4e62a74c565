"""Changes to `jedi.inference.value.iterable`: what displays and comprehensions hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from jedi.inference.base_value import ValueSet
from jedi.inference.context import CompForContext, TreeContextMixin
from jedi.inference.lazy_value import LazyKnownValues, LazyTreeValue
from jedi.inference.value.iterable import (
    ComprehensionMixin,
    DictLiteralValue,
    FakeList,
    SequenceLiteralValue,
)

from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.completeness import UnknownElement, flagged

# Displays that come to hold more than what is written between their brackets.
#
# ``[*others, 1]`` also holds what ``others`` does, and ``found = [1]`` what ``found.append(x)``
# adds later. jedi reads neither. The additions that the module shows for the name which the display
# is bound to are elements like the written ones. A display that begins empty is only known where
# its name is a function's own and is never handed on; elsewhere somebody else may fill it.


#: Which argument of a method becomes an element.
_ELEMENT = {"append": 0, "appendleft": 0, "add": 0, "insert": 1}
_ITERABLE = frozenset({"extend", "update"})
#: Methods of lists and sets that add nothing.
_KEEPS = frozenset(
    {"pop", "remove", "discard", "clear", "sort", "reverse", "index", "count", "copy"}
    | {"union", "intersection", "difference", "isdisjoint", "issubset", "issuperset"}
)
#: Functions that only look at what they are given.
_READERS = frozenset(
    {"len", "sorted", "list", "tuple", "set", "frozenset", "sum", "any", "all", "min", "max"}
    | {"enumerate", "zip", "reversed", "iter", "bool", "repr", "str", "print"}
)
#: What else may stand around a name that is only read.
_READS = frozenset(
    {"comparison", "not_test", "and_test", "or_test", "if_stmt", "while_stmt", "return_stmt"}
    | {"test", "sync_comp_for", "for_stmt", "del_stmt"}
)
#: More additions than this are not looked at.
_MOST = 12

_iter = SequenceLiteralValue.py__iter__
_dict_values = DictLiteralValue._dict_values
_dict_iter = DictLiteralValue.py__iter__
_items = DictLiteralValue.overwritten_methods["items"]


def _all_elements(self: Any, contextualized_node: Any = None) -> Iterator[Any]:
    yield from _iter(self, contextualized_node)
    yield from _more(self)


def _element(get: Callable[..., Any]) -> Callable[..., Any]:
    def element(self: Any, index: Any) -> Any:
        more = [] if isinstance(index, slice) else list(_more(self))
        if not more:
            return get(self, index)
        return ValueSet.from_sets(lazy.infer() for lazy in (*_iter(self), *more))

    return element


def _keys(self: Any, contextualized_node: Any = None) -> Iterator[Any]:
    yield from _dict_iter(self, contextualized_node)
    if _is_open(self):
        yield UnknownElement()


def _values(self: Any) -> Any:
    values = _dict_values(self)
    return ValueSet.from_sets([values, UnknownElement().infer()]) if _is_open(self) else values


def _all_items(self: Any, arguments: Any) -> Any:
    items = _items(self, arguments)
    return flagged(items) if _is_open(self) else items


def _view(self: Any) -> Any:
    """What ``values()`` and ``items()`` of a display are: jedi takes them for tuples."""
    views = self.inference_state.typing_module.py__getattribute__("ItemsView")
    (view,) = views.execute_with_values()
    return view


def is_given_items(arguments: Any) -> bool:
    """Whether the object that a call with these arguments makes is bound to a name that items are
    assigned to, or that is updated."""
    call = arguments.search_ancestor("atom_expr", "power")
    target = _target(call) if call is not None else None
    return target is not None and any(
        _method(name) in ("update", "setdefault") or _is_item_store(name)
        for name in _uses(call, target)
    )


def _is_open(display: Any) -> bool:
    """Whether a dictionary has items that are not written in it."""
    inside = display.atom.children[1]
    if getattr(inside, "type", "") == "dictorsetmaker" and "**" in inside.children:
        return True
    target = _target(display.atom)
    return target is not None and any(
        _method(name) in ("update", "setdefault") or _is_item_store(name)
        for name in _uses(display.atom, target)
    )


def _more(display: Any) -> Iterator[Any]:
    """The elements of a list, set or tuple that jedi does not see."""
    atom = display.atom
    if atom.type != "atom":
        return
    inside = atom.children[1]
    parts = inside.children if hasattr(inside, "children") else []
    for part in [inside] if getattr(inside, "type", "") == "star_expr" else parts:
        if getattr(part, "type", "") == "star_expr":
            starred = display._defining_context.infer_node(part.children[1])
            yield LazyKnownValues(starred.merge_types_of_iterate())
    if display.array_type not in ("list", "set"):
        return
    target = _target(atom)
    if target is None:
        return
    empty = inside in ("]", "}", ")")
    added = list(_added(display, _uses(atom, target)))
    yield from added[:_MOST]
    if len(added) > _MOST or (empty and added and not _stays(atom, target)):
        yield UnknownElement()


def _target(atom: Any) -> Any:
    """The name that a display is bound to by an assignment of its own, or the last one of a dotted
    target."""
    statement = atom.parent
    if statement.type != "expr_stmt" or len(statement.children) != 3:
        return None
    left, operator, _ = statement.children
    if operator != "=":
        return None
    if left.type == "name":
        return left
    if left.type in ("atom_expr", "power") and left.children[-1].children[0] == ".":
        return left.children[-1].children[1]
    return None


def _uses(atom: Any, target: Any) -> list[Any]:
    """Where the module writes the name of ``target`` again: all of it for an attribute, which
    other objects have, too; the function around it for a name."""
    scope = atom.search_ancestor("funcdef") if target.parent.type == "expr_stmt" else None
    return [
        name
        for name in atom.get_root_node().get_used_names().get(target.value, ())
        if name is not target
        and (scope is None or scope.start_pos <= name.start_pos < scope.end_pos)
        and (target.parent.type == "expr_stmt") == (not _is_attribute(name))
    ]


def _is_attribute(name: Any) -> bool:
    return bool(name.parent.type == "trailer" and name.parent.children[0] == ".")


def _following(name: Any) -> Any:
    """The trailer behind a name or an attribute, or ``None``."""
    return (name.parent if _is_attribute(name) else name).get_next_sibling()


def _method(name: Any) -> str:
    """The method that is called on ``name``, or ``""``."""
    trailer = _following(name)
    if trailer is None or trailer.type != "trailer" or trailer.children[0] != ".":
        return ""
    call = trailer.get_next_sibling()
    is_call = call is not None and call.type == "trailer" and call.children[0] == "("
    return trailer.children[1].value if is_call else ""


def _is_item_store(name: Any) -> bool:
    """Whether an item of ``name`` is assigned."""
    trailer = _following(name)
    if trailer is None or trailer.type != "trailer" or trailer.children[0] != "[":
        return False
    whole = trailer.parent
    stored = whole.parent.type == "expr_stmt" and whole.parent.children[-1] is not whole
    return bool(stored and whole.children[-1] is trailer)


def _added(display: Any, uses: list[Any]) -> Iterator[Any]:
    """The elements that calls of methods and assignments to items give to a list or a set."""
    root = display._defining_context.get_root_context()
    for name in uses:
        if _is_item_store(name):
            statement = _following(name).parent.parent
            if statement.children[1] == "=":
                value = statement.children[-1]
                yield LazyTreeValue(root.create_context(value), value)
            continue
        method = _method(name)
        if method not in _ELEMENT and method not in _ITERABLE:
            continue
        given = _arguments(_following(name).get_next_sibling())
        position = _ELEMENT.get(method, 0)
        if position >= len(given):
            yield UnknownElement()
            continue
        node = given[position]
        context = root.create_context(node)
        if method in _ELEMENT:
            yield LazyTreeValue(context, node)
        else:
            yield LazyKnownValues(context.infer_node(node).merge_types_of_iterate())


def _arguments(call: Any) -> list[Any]:
    inside = call.children[1]
    if inside == ")":
        return []
    return list(inside.children[::2]) if inside.type == "arglist" else [inside]


def _stays(atom: Any, target: Any) -> bool:
    """Whether only the code around a display can fill it: a function's own name, bound once and
    never handed on."""
    if target.parent.type != "expr_stmt" or atom.search_ancestor("funcdef") is None:
        return False
    return all(_only_read(name) for name in _uses(atom, target))


def _only_read(name: Any) -> bool:
    if name.is_definition():
        return False
    method = _method(name)
    if method:
        return method in _ELEMENT or method in _ITERABLE or method in _KEEPS
    trailer = _following(name)
    if trailer is not None and getattr(trailer, "type", "") == "trailer":
        return bool(trailer.children[0] == "[")
    around = name.parent
    if around.type == "arglist":
        around = around.parent
    if around.type == "trailer":
        called = around.get_previous_sibling()
        return called is not None and called.type == "name" and called.value in _READERS
    return around.type in _READS


# What a comprehension binds, for whom, and what its condition lets through.
#
# The first iterable is read outside, everything else inside of the clauses that stand before it;
# the element sees all clauses (language reference, *Displays for lists, sets and dictionaries*).
# jedi sees only the first clause, and none from a condition.
#
# ``[x for x in items if isinstance(x, str)]`` holds strings, whatever ``items`` holds. jedi does
# not look at the condition; so where it tests the type or the members of an element, what it says
# about the elements is incomplete.


_TESTS = re.compile(r"\b(?:is\w*instance|issubclass|hasattr|getattr|type|callable|is_\w+)\s*\(")
_CLAUSES = frozenset({"comp_for", "sync_comp_for"})
#: What holds an element and its clauses.
_HOLDERS = frozenset({"testlist_comp", "argument", "dictorsetmaker"})
_SCOPES = frozenset({"funcdef", "lambdef", "classdef", "file_input"})
#: Where the iterable of a clause stands among its children: ``for x in items``.
_ITERABLE_CHILD = 3
_nested = ComprehensionMixin._nested
_create_context = TreeContextMixin.create_context


def _context(self: Any, node: Any) -> Any:
    clause = _clause_around(node)
    if clause is None:
        return _create_context(self, node)
    if clause is self.tree_node:
        return self
    return CompForContext(_context(self, clause), clause)


def _clause_around(node: Any) -> Any:
    """The innermost clause whose variables ``node`` sees; a clause itself sees the one before."""
    inside, outside = node, node.parent
    while outside is not None and inside.type not in _SCOPES:
        if outside.type == "sync_comp_for":
            if inside is not outside.children[_ITERABLE_CHILD] and node is not outside:
                return outside
            # The iterable: outside of this clause, behind the ones before it.
            inside = outside if outside.parent.type != "comp_for" else outside.parent
            outside = inside.parent
            continue
        if inside.type not in _CLAUSES and outside.type in _HOLDERS:
            first = next((c for c in outside.children if c.type in _CLAUSES), None)
            if first is not None:
                return _last(first)
        inside, outside = outside, outside.parent
    return None


def _last(clause: Any) -> Any:
    """The clause that is written last: the element sees it and all before it."""
    while True:
        if clause.type == "comp_for":  # ``async`` and the clause
            clause = clause.children[-1]
        behind = clause.children[-1]
        while behind.type == "comp_if" and len(behind.children) > 2:
            behind = behind.children[-1]
        if behind.type not in _CLAUSES:
            return clause
        clause = behind


def _filtered(self: Any, comp_fors: Any, parent_context: Any = None) -> Iterator[Any]:
    doubted = any(_tests(comp_for) for comp_for in comp_fors)
    for element in _nested(self, comp_fors, parent_context):
        if not doubted:
            yield element
        elif isinstance(element, tuple):
            yield tuple(completeness.flagged(values) for values in element)
        else:
            yield completeness.flagged(element)


def _tests(comp_for: Any) -> bool:
    condition = comp_for.children[4] if len(comp_for.children) > 4 else None
    while condition is not None and condition.type == "comp_if":
        if _TESTS.search(condition.children[1].get_code()):
            return True
        condition = condition.children[2] if len(condition.children) > 2 else None
    return False


def install() -> None:
    """Change jedi in this process; to be called once."""
    SequenceLiteralValue.py__iter__ = _all_elements
    SequenceLiteralValue.py__simple_getitem__ = _element(SequenceLiteralValue.py__simple_getitem__)
    DictLiteralValue._dict_values = _values
    DictLiteralValue.py__iter__ = _keys
    DictLiteralValue.overwritten_methods["items"] = _all_items
    FakeList._get_wrapped_value = _view
    ComprehensionMixin._nested = _filtered
    TreeContextMixin.create_context = _context
