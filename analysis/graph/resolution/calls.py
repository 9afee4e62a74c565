"""What attributes, calls, iteration and subscripts give."""

from __future__ import annotations

from analysis.graph.facts import BINARY, NONE, Expression
from analysis.graph.resolution import classes
from analysis.graph.resolution.world import (
    ANYTHING,
    NOTHING,
    UNKNOWN,
    Resolving,
    Value,
    Values,
    union,
)

#: Outside functions that give back what they are given, its elements, or a container of them.
_SAME = frozenset(
    {"copy.copy", "copy.deepcopy", "dataclasses.replace", "functools.partial", "copy.replace"}
    | {"builtins.staticmethod", "builtins.classmethod"}
)
_ELEMENT = frozenset({"builtins.next", "builtins.min", "builtins.max", "builtins.anext"})
_CONTAINER = {
    "builtins.list": "list",
    "builtins.sorted": "list",
    "builtins.set": "set",
    "builtins.frozenset": "frozenset",
    "builtins.tuple": "tuple",
    "builtins.reversed": "generator",
    "builtins.iter": "generator",
    "builtins.filter": "generator",
    "collections.deque": "deque",
}
_TAKES_ONE = frozenset({"get", "pop", "setdefault", "popleft", "popitem", "__getitem__"})
_GIVES_SAME = frozenset({"values", "copy", "union", "intersection", "difference"})


def evaluate(r: Resolving, file: int, scope: int, entry: Expression, at: int, block: int) -> Values:
    """What an expression that is no plain name may be."""
    operator = entry[0]
    if operator == "a":
        receivers = r.evaluate(file, scope, entry[1], at, block)
        return union(*(attribute(r, value, entry[2]) for value in receivers))
    if operator == "c":
        callees = r.evaluate(file, scope, entry[1], at, block)
        arguments = [(file, scope, row, at, block) for row in entry[2]]
        return union(*(result(r, value, arguments) for value in callees))
    if operator == "s":
        key = r.world.interface(file).expressions[entry[2]] if entry[2] != NONE else ("",)
        values = r.evaluate(file, scope, entry[1], at, block)
        if tuple(key) == ("b", "slice"):
            return values
        return union(*(item(r, value) for value in values))
    if operator == "i":
        return union(
            *(place(r, value, entry[2]) for value in r.evaluate(file, scope, entry[1], at, block))
        )
    if operator == "it":
        return union(
            *(elements(r, value) for value in r.evaluate(file, scope, entry[1], at, block))
        )
    if operator == "en":
        return union(*(entered(r, value) for value in r.evaluate(file, scope, entry[1], at, block)))
    if operator == "ex":
        return r.instances(r.evaluate(file, scope, entry[1], at, block))
    if operator == "u":
        return union(*(r.evaluate(file, scope, row, at, block) for row in entry[1]))
    if operator == "l":
        inner = union(*(r.evaluate(file, scope, row, at, block) for row in entry[2]))
        return (("l", entry[1], inner),)
    if operator == "t":
        return (("t", tuple(r.evaluate(file, scope, row, at, block) for row in entry[1])),)
    if operator == "comp":
        inner = r.evaluate(file, entry[3], entry[2], at, block)
        return (("l", entry[1], inner),)
    if operator == "lam":
        return (("f", file, entry[1]),)
    if operator == "an":
        return classes.annotated(r, file, scope, entry[1])
    if operator == "sup":
        return _super(r, file, scope, entry, at, block)
    if operator == "op":
        return _operated(r, file, scope, entry, at, block)
    return ANYTHING


def attribute(r: Resolving, value: Value, name: str) -> Values:
    """``value.name``."""
    kind = value[0]
    if kind == "l" and value[1] != "manager":
        return (("lm", value[1], value[2], name),)
    if name == "__class__" and kind == "o":
        return (("c", *value[1:]),)
    definitions = r.members(value, name)
    if not definitions:
        return ANYTHING
    groups: list[Values] = []
    receiver = value[3] if kind == "sup" else value
    for definition in definitions:
        if definition[0] == "d":
            groups.append(_method(r, definition[1], definition[2], receiver))
        else:
            groups.append(r.values(definition))
    return union(*groups)


def _method(r: Resolving, file: int, scope: int, receiver: Value) -> Values:
    known = r.scope(file, scope)
    if known.kind == "class":
        return (("c", file, scope),)
    if receiver[0] not in ("o", "c"):
        return (("f", file, scope),)
    if known.role == "property" and receiver[0] == "o":
        return function_result(r, file, scope, receiver)
    if known.role == "static" or (receiver[0] == "c" and known.role != "class"):
        return (("f", file, scope),)
    return (("b", file, scope, receiver),)


def result(r: Resolving, value: Value, arguments: list[tuple[int, int, int, int, int]]) -> Values:
    """What calling ``value`` gives; ``arguments`` are places to evaluate."""
    kind = value[0]
    if kind == "c":
        return (("o", *value[1:]),)
    if kind == "f":
        return function_result(r, value[1], value[2], None)
    if kind == "b":
        return function_result(r, value[1], value[2], value[3])
    if kind == "o":
        return (
            union(
                *(
                    result(r, bound, arguments)
                    for bound in attribute(r, value, "__call__")
                    if bound[0] == "b"
                )
            )
            or ANYTHING
        )
    if kind == "lm":
        return _container_method(value)
    if kind == "x":
        return _outside(r, value[1], arguments)
    return ANYTHING


def function_result(r: Resolving, file: int, scope: int, receiver: Value | None) -> Values:
    """What a function gives when it is called on ``receiver``."""
    found: Values = r.memo.keep(
        ("r", file, scope, receiver),
        lambda: _function_result(r, file, scope, receiver),
        ANYTHING,
    )
    return found


def _function_result(r: Resolving, file: int, scope: int, receiver: Value | None) -> Values:
    known = r.scope(file, scope)
    if known.role == "manager":
        return (("l", "manager", _yielded(r, file, scope)),)
    if known.returns != NONE:
        found = classes.annotated(r, file, known.parent, known.returns, receiver)
        if found != ANYTHING:
            return found
    if r.inside(file, scope).yielded:
        return (("l", "generator", _yielded(r, file, scope)),)
    groups: list[Values] = []
    own = ("o", file, known.parent)
    for row, at, block in known.returned:
        values = r.evaluate(file, scope, row, at - 1, block)
        if receiver is not None and receiver[0] in ("o", "c") and row != NONE:
            entry = r.world.interface(file).expressions[row]
            if known.role == "class" or (entry[0] == "n" and entry[1] in known.parameters[:1]):
                instance: Value = ("o", *receiver[1:])
                values = tuple(instance if v == own else v for v in values)
        groups.append(values)
    return union(*groups)


def _yielded(r: Resolving, file: int, scope: int) -> Values:
    known = r.scope(file, scope)
    if known.returns != NONE:
        typed = classes.annotated(r, file, known.parent, known.returns)
        inner = union(*(v[2] for v in typed if v[0] == "l"))
        if inner:
            return inner
    known = r.inside(file, scope)
    return union(*(r.evaluate(file, scope, row, at - 1, block) for row, at, block in known.yielded))


def elements(r: Resolving, value: Value) -> Values:
    """What iterating over ``value`` gives."""
    kind = value[0]
    if kind == "l":
        return ANYTHING if value[1] in ("dict", "manager") else value[2]
    if kind == "t":
        return union(*value[1])
    if kind == "o":
        groups: list[Values] = []
        for name in ("__iter__", "__aiter__"):
            for bound in attribute(r, value, name):
                if bound[0] == "b":
                    for iterator in result(r, bound, []):
                        if iterator == value or iterator[0] == "o":
                            for step in attribute(r, iterator, "__next__"):
                                if step[0] == "b":
                                    groups.append(result(r, step, []))
                        else:
                            groups.append(elements(r, iterator))
        return union(*groups) or ANYTHING
    if kind == "c":  # members of an Enum
        return (("o", *value[1:]),) if _is_enum(r, value) else ANYTHING
    if kind == "bi" and value[1] == "str":
        return (value,)
    return ANYTHING


def item(r: Resolving, value: Value) -> Values:
    """What ``value[key]`` gives."""
    kind = value[0]
    if kind == "l":
        return tuple(value[2])
    if kind == "t":
        return union(*value[1])
    if kind == "c":
        return (("o", *value[1:]),) if _is_enum(r, value) else (value,)
    if kind == "o":
        return (
            union(*(result(r, b, []) for b in attribute(r, value, "__getitem__") if b[0] == "b"))
            or ANYTHING
        )
    if kind == "bi" and value[1] == "str":
        return (value,)
    return ANYTHING


def place(r: Resolving, value: Value, number: int) -> Values:
    """Item ``number`` of unpacking ``value``."""
    if value[0] == "t":
        parts: tuple[Values, ...] = value[1]
        return parts[number] if number < len(parts) else ANYTHING
    return elements(r, value)


def entered(r: Resolving, value: Value) -> Values:
    """What ``with value as`` binds."""
    if value[0] == "l" and value[1] == "manager":
        return tuple(value[2])
    if value[0] == "o":
        groups = [
            result(r, bound, [])
            for name in ("__enter__", "__aenter__")
            for bound in attribute(r, value, name)
            if bound[0] == "b"
        ]
        return union(*groups) or ANYTHING
    if value[0] == "xi":  # files, locks, sessions: what they give is most often themselves
        return (value,)
    return ANYTHING


def _is_enum(r: Resolving, value: Value) -> bool:
    return any(
        owner[0] == "x" and owner[1].startswith("enum.")
        for owner in classes.mro(r, value[1], value[2])
    )


def _super(r: Resolving, file: int, scope: int, entry: Expression, at: int, block: int) -> Values:
    walk = scope
    while walk != NONE and r.scope(file, walk).kind != "class":
        walk = r.scope(file, walk).parent
    if walk == NONE:
        return ANYTHING
    receiver: Value = ("o", file, walk)
    if entry[1]:
        classes = r.evaluate(file, scope, entry[1][0], at, block)
        if len(classes) == 1 and classes[0][0] == "c":
            return (("sup", classes[0][1], classes[0][2], receiver),)
    return (("sup", file, walk, receiver),)


def _operated(
    r: Resolving, file: int, scope: int, entry: Expression, at: int, block: int
) -> Values:
    left = r.evaluate(file, scope, entry[2], at, block)
    method = f"__{BINARY[entry[1]]}__" if entry[1] in BINARY else ""
    groups: list[Values] = []
    for value in left:
        if value[0] in ("bi", "l", "t"):
            groups.append((value,))
        elif value[0] == "o" and method:
            groups += [result(r, b, []) for b in attribute(r, value, method) if b[0] == "b"]
        else:
            groups.append(ANYTHING)
    return union(*groups) or ANYTHING


def _container_method(value: Value) -> Values:
    _, name, inner, method = value
    if method in _TAKES_ONE:
        return tuple(inner)
    if method in _GIVES_SAME:
        return (("l", "list" if name == "dict" and method == "values" else name, inner),)
    if method == "items":
        return (("l", "list", (("t", (ANYTHING, inner)),)),)
    return ANYTHING


def _outside(r: Resolving, dotted: str, arguments: list[tuple[int, int, int, int, int]]) -> Values:
    if dotted in _SAME and arguments:
        return r.evaluate(*arguments[0])
    if dotted in _ELEMENT and len(arguments) == 1:
        return union(*(elements(r, v) for v in r.evaluate(*arguments[0])))
    if dotted in _CONTAINER:
        which = arguments[1:2] if dotted == "builtins.filter" else arguments[:1]
        inner = union(*(elements(r, v) for place in which for v in r.evaluate(*place)))
        return (("l", _CONTAINER[dotted], inner),)
    if dotted == "builtins.enumerate" and arguments:
        inner = union(*(elements(r, v) for v in r.evaluate(*arguments[0])))
        return (("l", "generator", (("t", ((("bi", "int"),), inner)),)),)
    if dotted == "builtins.zip":
        parts = tuple(union(*(elements(r, v) for v in r.evaluate(*place))) for place in arguments)
        return (("l", "generator", (("t", parts),)),)
    if dotted == "typing.cast" and arguments:
        file, scope, row, _, _ = arguments[0]
        return classes.annotated(r, file, scope, row)
    if dotted == "builtins.type" and len(arguments) == 1:
        return tuple(("c", *v[1:]) if v[0] == "o" else UNKNOWN for v in r.evaluate(*arguments[0]))
    if dotted in classes.BUILTIN_CLASSES:
        return (classes.outside_instance(dotted),)
    if dotted.rpartition(".")[2][:1].isupper():
        return (("xi", dotted),)
    return ANYTHING if dotted else NOTHING
