"""What ``isinstance`` says about a receiver: the classes it names, as values of their own.

A test that certainly holds where the hole is (the ``if`` around it, an ``and`` before it, an
``assert`` or an early ``return`` above it) says what the receiver is, whatever it was declared as.
Of the others in the function it is only known that they may have held.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jedi.inference.base_value import NO_VALUES

from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.session import JediSession

_FUNCTIONS = frozenset({"funcdef", "lambdef", "classdef"})
_LOOPS = frozenset({"for_stmt", "while_stmt"})
_EXITS = re.compile(r"(?:return|raise|continue|break)\b")
#: The children of an ``if`` alone, without ``elif`` and ``else``: word, test, colon, body.
_ALONE = 4


@dataclass(frozen=True, slots=True)
class Narrowing:
    """``values`` are instances of the classes that tests name, or ``None`` where there is no test.

    ``complete`` tells that all the classes are known, ``certain`` that a test certainly holds.
    """

    values: Any = None
    complete: bool = True
    certain: bool = False


def narrowed(session: JediSession, hole: Any, text: str, scope: Any) -> Narrowing:
    """What the tests of ``scope`` (parso, ``None`` for the module) say at the leaf ``hole`` about
    the receiver that is written ``text``."""
    named = _holding(hole, text)
    if named is not None:
        values, complete = _of(session, [named])
        if complete and values:
            return Narrowing(values, complete, certain=True)
    start = (scope if scope is not None else session.module_node).start_pos
    tests = [
        arguments[1]
        for name in session.module_node.get_used_names().get("isinstance", ())
        if start <= name.start_pos < hole.start_pos
        and (arguments := _arguments(name)) is not None
        and _code(arguments[0]) == text
    ]
    if not tests:
        return Narrowing()
    return Narrowing(*_of(session, tests))


def _of(session: JediSession, classes: list[Any]) -> tuple[Any, bool]:
    values, complete = NO_VALUES, True
    for node in classes:
        inferred = session.context_of(node).infer_node(node)
        for instances in _instances(inferred):
            values |= instances
            complete = complete and not completeness.incomplete(instances)
        complete = complete and not completeness.incomplete(inferred)
    return values, complete


def _holding(hole: Any, text: str) -> Any:
    """The classes (a node) that a test which holds at ``hole`` names last; or ``None``."""
    child, parent = hole, hole.parent
    looped = False
    while parent is not None and child.type not in _FUNCTIONS:
        for named, test in _around(child, parent, text):
            if not _stored(hole, text, test, parent, looped):
                return named
        looped = looped or parent.type in _LOOPS
        child, parent = parent, parent.parent
    return None


def _around(child: Any, parent: Any, text: str) -> Iterator[tuple[Any, Any]]:
    """What ``parent`` shows for its ``child``, nearest first: the classes, and their test."""
    tests: list[tuple[Any, bool]] = []
    children = parent.children
    index = children.index(child)
    if parent.type == "and_test":
        tests = [(node, True) for node in children[:index:2]]
    elif parent.type == "or_test":
        tests = [(node, False) for node in children[:index:2]]
    elif parent.type == "test" and index != 2:
        tests = [(children[2], index == 0)]
    elif parent.type in ("if_stmt", "while_stmt"):
        tests = [(node, at == index - 2) for at, node in _tests(parent) if at < index]
        if parent.type == "while_stmt":
            tests = [test for test in tests if test[1]]
    elif parent.type in ("testlist_comp", "argument", "dictorsetmaker"):
        tests = [(node, True) for node in _conditions(children) if node.start_pos > child.start_pos]
    elif parent.type in ("suite", "file_input"):
        tests = list(_above(children[:index]))
    for node, holds in reversed(tests):
        named = _shown(node, text, holds)
        if named is not None:
            yield named, node


def _tests(statement: Any) -> Iterator[tuple[int, Any]]:
    """Each test of an ``if`` or ``while``, with its index among the children."""
    for index, node in enumerate(statement.children[:-1]):
        if node.type == "keyword" and node.value in ("if", "elif", "while"):
            yield index + 1, statement.children[index + 1]


def _conditions(children: list[Any]) -> Iterator[Any]:
    """The conditions of a comprehension's clauses."""
    clause = next((c for c in children if c.type in ("comp_for", "sync_comp_for")), None)
    while clause is not None and hasattr(clause, "children"):
        if clause.type == "comp_if":
            yield clause.children[1]
        last = clause.children[-1]
        clause = last if last.type in ("comp_for", "sync_comp_for", "comp_if") else None


def _above(statements: list[Any]) -> Iterator[tuple[Any, bool]]:
    """The tests that hold behind ``statements``: of assertions, and of those that leave."""
    for statement in statements:
        if statement.type == "simple_stmt":
            for part in statement.children:
                if part.type == "assert_stmt":
                    yield part.children[1], True
        elif statement.type == "if_stmt" and len(statement.children) == _ALONE:
            body = statement.children[3]
            last = body.children[-1] if body.type == "suite" else body
            if _EXITS.match(_code(last).strip()):
                yield statement.children[1], False


def _shown(test: Any, text: str, holds: bool) -> Any:
    """The classes that ``test`` shows for ``text`` where it ``holds``, or does not; or ``None``."""
    if test.type == "atom" and len(test.children) == 3 and test.children[0] == "(":
        return _shown(test.children[1], text, holds)
    if test.type == "not_test":
        return _shown(test.children[1], text, not holds)
    if test.type == ("and_test" if holds else "or_test"):
        parts = (_shown(part, text, holds) for part in test.children[::2])
        return next((named for named in parts if named is not None), None)
    if not holds or test.type not in ("atom_expr", "power"):
        return None
    if _code(test.children[0]) != "isinstance":
        return None
    arguments = _arguments(test.children[0]) if len(test.children) == 2 else None
    return arguments[1] if arguments is not None and _code(arguments[0]) == text else None


def _stored(hole: Any, text: str, test: Any, around: Any, looped: bool) -> bool:
    """Whether the receiver may have got another value between ``test`` and ``hole``.

    In a loop (``looped``) also what stands behind the hole comes before it, the next time.
    """
    end = around.end_pos if looped else hole.start_pos
    parts = text.split(".")
    used = hole.get_root_node().get_used_names()
    for count, part in enumerate(parts, start=1):
        for name in used.get(part, ()):
            within = test.end_pos <= name.start_pos < end
            if within and name.is_definition() and written(name) == ".".join(parts[:count]):
                return True
    return False


def written(name: Any) -> str:
    """The dotted expression that ends with ``name``."""
    trailer = name.parent
    if trailer.type != "trailer" or trailer.children[0] != ".":
        return str(name.value)
    before = trailer.parent.children
    return "".join(_code(part) for part in before[: before.index(trailer) + 1])


def _arguments(name: Any) -> tuple[Any, Any] | None:
    trailer = name.get_next_sibling()
    if trailer is None or trailer.type != "trailer" or len(trailer.children) != 3:
        return None
    arglist = trailer.children[1]
    if arglist.type != "arglist" or len(arglist.children) < 3:
        return None
    return arglist.children[0], arglist.children[2]


def _code(node: Any) -> str:
    return str(node.get_code(include_prefix=False))


def _instances(classes: Any) -> Iterator[Any]:
    for value in classes._set:
        if getattr(value, "array_type", None) == "tuple":
            for lazy in value.py__iter__():
                yield lazy.infer().execute_with_values()
        elif value.is_class():
            yield value.execute_with_values()
        else:
            yield NO_VALUES
