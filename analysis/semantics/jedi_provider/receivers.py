"""What stands before the dot of an attribute hole, with all that the rules ask about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from jedi.inference.base_value import NO_VALUES, ValueSet
from jedi.inference.syntax_tree import tree_name_to_values
from parso.utils import split_lines

from analysis.deadline import Deadline
from analysis.environments.distributions import looked_at, standard_library
from analysis.environments.environment import Environment, import_roots
from analysis.semantics import module_finder
from analysis.semantics.import_holes import listing
from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.session import (
    JediSession,
    infer_receiver,
    line_start,
    position,
)
from analysis.semantics.jedi_provider.union_members import (
    brought_by_subclasses,
    classes_of,
    union_members_of,
)
from analysis.semantics.occurrences import asked, is_called, witnesses
from analysis.semantics.receiver import Receiver, UnionMember, UnionMemberKind
from analysis.semantics.stored import stored_names
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole

# Whether a receiver certainly has one name, without listing all the others.
#
# A check asks about names that nearly always exist. Looking one up in jedi's filters needs a
# dictionary's time; listing and describing every name of a class needs a thousand times that, and
# is left for the few names that are not found.


#: What members of an enumeration have and its class refuses: only the whole listing tells.
_DOUBTED = frozenset({"name", "value"})


def anyone_has(values: Any, name: str, origin: Any) -> bool:
    """Whether one of ``values`` has the attribute ``name``, seen from the parso scope ``origin``.

    False says nothing: the whole listing knows names that no filter of jedi has.
    """
    if name in _DOUBTED:
        return False
    return any(
        found.get(name)
        for value in values._set
        if not completeness.is_none(value)
        for found in value.get_filters(origin_scope=origin)
    )


# What ``isinstance`` says about a receiver: the classes it names, as values of their own.
#
# A test that certainly holds where the hole is (the ``if`` around it, an ``and`` before it, an
# ``assert`` or an early ``return`` above it) says what the receiver is, whatever it was declared
# as. Of the others in the function it is only known that they may have held.


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


# Values that a receiver gets at other places than those that jedi looks at.
#
# jedi infers a name from the assignments above it. In a loop those below it come before it, the
# next time; a nested function may assign it with ``nonlocal``. Of an attribute jedi knows what a
# class assigns to its own ``self``; it is also assigned through other names (``config.level =
# "x"``), and may still have the value that the class body gave it.


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """``values`` from other places; ``complete`` tells that all of those are known."""

    values: Any = NO_VALUES
    complete: bool = True


def elsewhere(session: JediSession, last: Any) -> Elsewhere:
    """What else the expression that ends with the leaf ``last`` may be, before a dot."""
    if last.type != "name":
        return Elsewhere()
    dot = last.get_previous_leaf()
    if dot is None or dot.value != ".":
        return _collected(session, _rebound(last))
    return _of_attribute(session, last, dot.get_previous_leaf())


def _collected(session: JediSession, names: Iterator[Any]) -> Elsewhere:
    values, complete = NO_VALUES, True
    for name in names:
        found = tree_name_to_values(session.state, session.context_of(name), name)
        complete = complete and not completeness.incomplete(found)
        values |= ValueSet._from_frozen_set(found._set)
    return Elsewhere(values, complete)


def _rebound(last: Any) -> Iterator[Any]:
    """The definitions of a bare name that come before it although they stand behind it."""
    scope = last.search_ancestor("funcdef", "lambdef", "classdef") or last.get_root_node()
    looped = _outermost_loop(last)
    for name in last.get_root_node().get_used_names().get(last.value, ()):
        if name.start_pos <= last.start_pos or not name.is_definition():
            continue
        within = name.search_ancestor("funcdef", "lambdef", "classdef") or name.get_root_node()
        if name.parent.type == "trailer":
            continue
        if looped is not None and within is scope and name.end_pos <= looped.end_pos:
            yield name
    for statement in _nonlocal(last):
        function = statement.search_ancestor("funcdef")
        for name in last.get_root_node().get_used_names()[last.value]:
            inside = name.search_ancestor("funcdef") is function and name.is_definition()
            if inside and name.parent.type not in ("nonlocal_stmt", "trailer"):
                yield name


def _outermost_loop(last: Any) -> Any:
    """The loop farthest out within the function that may bring the name another value: none
    outside of a statement that binds it anew before it gets to ``last``."""
    found, child = None, last
    parent = last.parent
    while parent is not None and child.type not in _FUNCTIONS:
        if parent.type in ("suite", "file_input"):
            before = parent.children[: parent.children.index(child)]
            if any(_binds(statement, last.value) for statement in before):
                return found
        # What a loop runs over is computed once.
        elif parent.type == "for_stmt" and child is not parent.children[3]:
            if _has(parent.children[1], last.value):
                return found
            found = parent
        elif parent.type == "while_stmt":
            found = parent
        child, parent = parent, parent.parent
    return found


def _binds(statement: Any, name: str) -> bool:
    """Whether a simple statement assigns to ``name`` itself."""
    return statement.type == "simple_stmt" and any(
        part.type == "expr_stmt" and any(n.value == name for n in part.get_defined_names())
        for part in statement.children
    )


def _has(targets: Any, name: str) -> bool:
    if targets.type == "name":
        return bool(targets.value == name)
    return any(_has(part, name) for part in getattr(targets, "children", ()))


def _nonlocal(last: Any) -> Iterator[Any]:
    """The ``nonlocal`` statements that name it, in functions inside of the one around it."""
    scope = last.search_ancestor("funcdef")
    for name in last.get_root_node().get_used_names().get(last.value, ()):
        if name.parent.type != "nonlocal_stmt":
            continue
        function = name.search_ancestor("funcdef")
        if function is not None and scope is not None and function is not scope:
            outside = function.search_ancestor("funcdef")
            if outside is scope:
                yield name.parent


def _of_attribute(session: JediSession, last: Any, before: Any) -> Elsewhere:
    stores = [
        name
        for name in session.module_node.get_used_names().get(last.value, ())
        if name is not last and name.is_definition() and name.parent.type == "trailer"
    ]
    foreign = [name for name in stores if written(name).partition(".")[0] not in ("self", "cls")]
    values, complete = NO_VALUES, True
    bases = infer_receiver(session, before)
    instances = [value for value in bases._set if value.is_instance() or value.is_class()]
    if not instances or _declared(instances, last.value):
        return Elsewhere()
    classes = _identities(instances)
    for name in foreign:
        owner = (
            name.parent.get_previous_leaf()
            if name.parent.children[0] != "."
            else (name.parent.children[0].get_previous_leaf())
        )
        owners = infer_receiver(session, owner)
        known = not completeness.incomplete(owners)
        if known and not classes & _identities(owners._set):
            continue
        found = tree_name_to_values(session.state, session.context_of(name), name)
        values |= ValueSet._from_frozen_set(found._set)
        complete = complete and (not known or not completeness.incomplete(found))
    values |= _of_body(instances, last.value)
    return Elsewhere(values, complete)


def _identities(values: Any) -> set[Any]:
    """The classes of values, and those they inherit from but for ``object``."""
    found = set()
    for value in values:
        cls = value if value.is_class() else value.py__class__()
        for base in classes_of(cls):
            node = getattr(base, "tree_node", None)
            if node is not None and base.py__name__() != "object":
                found.add(node)
    return found


def _declared(instances: list[Any], name: str) -> bool:
    """Whether a class says of what type the attribute is: then it holds what it says."""
    for value in instances:
        cls = value if value.is_class() else value.py__class__()
        for base in classes_of(cls):
            node = getattr(base, "tree_node", None)
            if node is None:
                continue
            for place in node.get_root_node().get_used_names().get(name, ()):
                if node.start_pos <= place.start_pos < node.end_pos and (
                    _is_annotated(place) or place.parent.type == "funcdef"
                ):
                    return True
    return False


def _is_annotated(name: Any) -> bool:
    statement = name.search_ancestor("expr_stmt")
    return (
        statement is not None
        and statement.children[1].type == "annassign"
        and (statement.children[0].get_last_leaf() is name)
    )


def _of_body(instances: list[Any], name: str) -> Any:
    """What the class body binds an attribute to that some method other than ``__init__`` binds
    again: before that method is called it still has this value."""
    values = NO_VALUES
    for value in instances:
        if value.is_class():
            continue
        for base in classes_of(value.py__class__()):
            node = getattr(base, "tree_node", None)
            if node is None or base.is_stub():
                continue
            places = [
                place
                for place in node.get_root_node().get_used_names().get(name, ())
                if node.start_pos <= place.start_pos < node.end_pos and place.is_definition()
            ]
            again = [p.search_ancestor("funcdef") for p in places if p.parent.type == "trailer"]
            if not again or any(f is None or f.name.value == "__init__" for f in again):
                continue
            for place in places:
                if place.search_ancestor("funcdef", "classdef") is node:
                    context = base.as_context()
                    found = tree_name_to_values(value.inference_state, context, place)
                    values |= ValueSet._from_frozen_set(found._set)
    return values


def receiver_at(
    session: JediSession,
    offset: int,
    snapshot: Snapshot,
    hole: Hole,
    environment: Environment,
    deadline: Deadline,
) -> Receiver | str:
    """The receiver of an attribute ``hole`` that ``session`` reads at ``offset``; or why there is
    none. Raises ``TimeoutError``."""
    found = receiver_leaves(session, offset)
    if isinstance(found, str):
        return found
    leaf, before = found
    text = session.text
    values = infer_receiver(session, before)
    deadline.check()
    scope = leaf.search_ancestor("funcdef", "lambdef")
    while scope is not None and scope.type == "lambdef":
        scope = scope.search_ancestor("funcdef", "lambdef")
    scope_code = scope.get_code() if scope is not None else text
    narrowing = narrowed(session, leaf, hole.receiver_text, scope)
    origin = session.context_of(leaf).tree_node
    complete = not completeness.incomplete(values)
    more = elsewhere(session, before)
    deadline.check()
    members = union_members_of(values, origin)
    members += [member for member in union_members_of(more.values, origin) if member not in members]
    deadline.check()
    # A test that holds here was made of whatever value came from elsewhere.
    complete = complete and more.complete
    if narrowing.certain:
        # It is one of these, and also what it was declared as, if that says anything.
        members = [member for member in members if complete and not member.says_nothing]
        complete = True
    if narrowing.values is not None:
        members += union_members_of(narrowing.values, origin)
    members = [relisted(member, snapshot, environment) for member in members]
    deadline.check()
    span = _class_span(leaf, text, hole)
    brought, made = frozenset[str](), False
    if hole.receiver_text in ("self", "cls"):
        around = leaf.search_ancestor("classdef")
        brought = brought_by_subclasses(around)
        made = around is not None and is_called(snapshot.text, around.name.value)
    return Receiver(
        text=hole.receiver_text,
        hole=hole,
        members=tuple(members),
        complete=complete,
        environment=environment,
        scope=scope_code,
        before=text[line_start(text, scope) : offset],
        witnesses=witnesses(snapshot.text, hole, span),
        asked=asked(snapshot.text, hole, span),
        stored=stored_names(snapshot.text, hole, members) | brought,
        nulls=any(completeness.is_none(value) for value in values._set),
        narrowed=narrowing.values is not None and narrowing.complete,
        made=made,
    )


def receiver_leaves(session: JediSession, offset: int) -> tuple[Any, Any] | str:
    """The leaf of the name at ``offset`` and the one before its dot; or why there are none."""
    leaf = session.leaf_at(*position(session.text, offset))
    if leaf is None or leaf.type != "name":
        return "the parser finds no name here"
    dot = leaf.get_previous_leaf()
    if dot is None or dot.value != ".":
        return "the parser finds no dot here"
    before = dot.get_previous_leaf()
    if before is None:
        return "there is nothing before the dot"
    return leaf, before


def version_of(receiver: Receiver, environment: Environment) -> str:
    """Which version was looked at, as far as a union member of ``receiver`` says that, else
    ``""``."""
    for member in receiver.members:
        if member.path:
            said = looked_at(member.path, environment)
            if said:
                return said
        elif member.module.partition(".")[0] in ("builtins", "typing"):
            return standard_library(environment)
    return ""


def _class_span(leaf: Any, text: str, hole: Hole) -> tuple[int, int] | None:
    """The class around a hole on ``self`` or ``cls``, as offsets into the original text."""
    node = leaf.search_ancestor("classdef")
    if node is None or hole.receiver_text not in ("self", "cls"):
        return None
    lines = split_lines(text, keepends=True)
    end = sum(map(len, lines[: node.end_pos[0] - 1])) + node.end_pos[1]
    return line_start(text, node), end


def relisted(member: UnionMember, snapshot: Snapshot, environment: Environment) -> UnionMember:
    """``member`` with the index' names and doubt, where it is a module; else ``member`` itself."""
    if member.kind is not UnionMemberKind.MODULE:
        return member
    roots = import_roots(snapshot.path, snapshot.workspace, environment)
    module = module_finder.find(tuple(member.module.split(".")), roots, environment)
    if module is None:
        return replace(member, doubt="the module was not found on the import path")
    seen = listing(module, snapshot, environment)
    names = dict(member.names)
    for name, known in seen.names.items():
        names.setdefault(name, (known.kind, known.origin))
    return replace(member, names=names, doubt=seen.doubt)
