"""What one file says, before anything outside of it is looked at: definitions, bindings, sites.

A value of the file's text alone: it holds no path and no module name, so the same text has the same
facts wherever it lies, and they can be stored by content hash. Expressions are interned in one
table per file; everything else refers to them by index (``NONE`` for absent).

Expression rows, first the operator:

========================  ====================================================================
``("n", name)``           a name
``("a", e, attribute)``   an attribute of ``e``
``("c", e, (args…))``     the result of calling ``e``
``("s", e, k)``           a subscript, ``k`` an expression
``("i", e, n)``           item ``n`` of unpacking ``e``
``("it", e)``             an element of iterating over ``e``
``("en", e)``             what ``with e as`` binds
``("ex", e)``             an instance of the class, or of one of the classes, ``e``
``("u", (e…))``           one of several
``("b", name)``           an instance of a built-in class, as ``str``
``("l", name, (e…))``     a container ``name`` of elements; of a dict its values
``("t", (e…))``           a tuple
``("sup", (args…))``      ``super(…)``
``("an", e)``             an instance of what annotation ``e`` says
========================  ====================================================================
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

# -- which methods Python calls for operators and built-in functions (language reference, §3.3)


#: Binary operator → the middle of its methods' names.
BINARY = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "**": "pow",
    "@": "matmul",
    "&": "and",
    "|": "or",
    "^": "xor",
    "<<": "lshift",
    ">>": "rshift",
}
#: Comparison → method of the left operand, and of the right one where the left has none.
COMPARED = {
    "==": ("__eq__", "__eq__"),
    "!=": ("__ne__", "__ne__"),
    "<": ("__lt__", "__gt__"),
    ">": ("__gt__", "__lt__"),
    "<=": ("__le__", "__ge__"),
    ">=": ("__ge__", "__le__"),
}
#: Built-in functions and the method of their argument that they call.
BUILT_IN = {
    "len": "__len__",
    "str": "__str__",
    "print": "__str__",
    "format": "__format__",
    "repr": "__repr__",
    "hash": "__hash__",
    "bool": "__bool__",
    "int": "__int__",
    "float": "__float__",
    "bytes": "__bytes__",
    "abs": "__abs__",
    "round": "__round__",
    "reversed": "__reversed__",
    "next": "__next__",
}
#: Built-in functions and methods that iterate over their arguments.
ITERATING = frozenset(
    {"iter", "list", "tuple", "set", "frozenset", "dict", "sorted", "sum", "min", "max", "any"}
    | {"all", "map", "filter", "zip", "enumerate", "join", "extend"}
)


#: Of an expression index: there is none.
NONE = -1

#: (start line, start column, end line, end column): 0-based lines, 0-based code points.
Span = tuple[int, int, int, int]

Expression = tuple[Any, ...]


class FactBinding(msgspec.Struct, array_like=True, frozen=True):
    """One way a name of a scope gets its value.

    ``how`` is ``import`` (``module``, ``level``: the module itself), ``from`` (its ``member``),
    ``def``, ``class`` (``scope``), ``value`` (``value``, ``annotation``), ``param`` (``scope`` is
    its number), ``narrow`` (``value`` is the class that ``isinstance`` named) or ``del``. ``at`` is
    the byte behind which it holds, ``block`` the suite it stands in.
    """

    how: str
    at: int
    block: int
    value: int = NONE
    annotation: int = NONE
    scope: int = NONE
    module: str = ""
    level: int = 0
    member: str = ""


class FieldBinding(msgspec.Struct, array_like=True, frozen=True):
    """An assignment to an attribute of ``self`` in method ``scope``."""

    scope: int
    at: int
    block: int
    value: int
    annotation: int


class FactScope(msgspec.Struct, array_like=True):
    """A module, class, function, lambda or comprehension.

    ``definition`` is the node it belongs to: its own, or for lambdas and comprehensions that of
    the scope around. ``top`` is the module-level name under which it is defined. ``blocks`` are in
    :class:`FileFacts`.
    """

    kind: str
    name: str
    parent: int
    definition: int
    top: str
    at: int = 0
    block: int = 0
    names: dict[str, list[FactBinding]] = {}
    stars: list[FactBinding] = []
    fields: dict[str, list[FieldBinding]] = {}
    globals: list[str] = []
    bases: list[int] = []
    decorators: list[int] = []
    parameters: list[str] = []
    returns: int = NONE
    returned: list[tuple[int, int, int]] = []
    yielded: list[tuple[int, int, int]] = []
    role: str = ""
    all: list[str] | None = None


class Definition(msgspec.Struct, array_like=True, frozen=True):
    """A node of the graph: ``qualname`` is relative to the module (``""`` for the module)."""

    kind: str
    name: str
    qualname: str
    parent: int
    span: Span
    name_span: Span
    signature: str
    docstring: str


class UseSite(msgspec.Struct, array_like=True, frozen=True):
    """A place where something is used, by definition ``owner``.

    ``kind`` is that of the edge, or ``base`` (of a class), ``implied`` (a call that Python
    makes, as of ``__enter__``), ``called`` (what an expression gives is called, as of a subscript)
    or ``passed`` (what is called may call it). A name is looked up in ``scope``.
    """

    kind: str
    scope: int
    block: int
    at: int
    expression: int
    span: Span
    owner: int
    module: str = ""
    level: int = 0
    member: str = ""


class Block(msgspec.Struct, array_like=True, frozen=True):
    """A suite: its parent, whether it repeats, and the bytes it covers."""

    parent: int
    loop: bool
    start: int
    end: int


class Interface(msgspec.Struct, array_like=True):
    """What other files can see, and what is needed to evaluate it."""

    scopes: list[FactScope]
    expressions: list[Expression]
    blocks: list[Block]
    definitions: list[Definition]
    #: Key (``units``) → hash of what it means; positions and bodies' plain uses do not count.
    hashes: dict[str, str]


class FileFacts(msgspec.Struct, array_like=True):
    """All of one file."""

    interface: Interface
    sites: list[UseSite]


_INTERFACE = msgspec.msgpack.Decoder(Interface)
_SITES = msgspec.msgpack.Decoder(list[UseSite])
_ENCODER = msgspec.msgpack.Encoder()


def pack(value: Interface | list[UseSite]) -> bytes:
    """``value`` as bytes for the store."""
    return _ENCODER.encode(value)


def unpack_interface(data: bytes) -> Interface:
    """The interface in ``data``. Raises :class:`msgspec.MsgspecError` for damaged bytes."""
    return _INTERFACE.decode(data)


def unpack_sites(data: bytes) -> list[UseSite]:
    """The sites in ``data``. Raises :class:`msgspec.MsgspecError` for damaged bytes."""
    return _SITES.decode(data)


# -- what other files rest on, in small parts: the keys under which a file's meaning is hashed
#
# =====================  ===========================================================================
# ``name``               a module-level name: its bindings, and the head of the function or the
#                        shape of the class that it is
# ``name()``             what a function does: its own names, what it returns, what is inside of it
# ``Class.member``       a member of a module-level class, and the head of the method that it is
# ``Class.member()``     what a method does
# ``*``                  star imports and ``__all__``
# =====================  ===========================================================================
#
# A head is what a call needs to know before the body is looked at: role, decorators, parameters and
# the annotated result. A class in a function or in a class belongs to what that does.


@dataclass(frozen=True, slots=True)
class Keys:
    """For each scope of a file, the key of its head and that of its names and results; empty for
    the module. Members of a module-level class have keys of their own: see :func:`member`."""

    heads: list[str]
    bodies: list[str]

    def of(self, file: int) -> Keys:
        """The same, as what other files rest on is stored."""
        return Keys(
            [f"{file}:{key}" for key in self.heads], [f"{file}:{key}" for key in self.bodies]
        )


def is_open(scopes: list[FactScope], scope: int) -> bool:
    """Whether the members of ``scope`` are hashed each by itself."""
    known = scopes[scope]
    return known.kind == "class" and known.parent == 0


def member(scope: FactScope, name: str) -> str:
    """The key of member ``name`` of a module-level class."""
    return f"{scope.top}.{name}"


def keys(scopes: list[FactScope]) -> Keys:
    """The keys of ``scopes``."""
    head, body = [""], [""]
    for number, scope in enumerate(scopes[1:], 1):
        parent = scopes[scope.parent]
        if is_open(scopes, number):
            key, inner = scope.top, scope.top
        elif scope.kind in ("function", "class") and scope.parent == 0:
            key, inner = scope.top, f"{scope.top}()"
        elif scope.kind in ("function", "class") and is_open(scopes, scope.parent):
            key = member(parent, scope.name)
            inner = f"{key}()"
        elif scope.parent == 0:
            key = inner = f"{scope.top}()"
        elif is_open(scopes, scope.parent):
            key = inner = parent.top
        else:
            key = inner = body[scope.parent]
        head.append(key)
        body.append(inner)
    return Keys(head, body)


# -- what other files can see of a module, as hashes of these parts
#
# Equal hashes mean that nothing outside of the file resolves differently, so an edit of a body re-
# resolves that file alone. Positions do not count; their order does, and which suites hold them.


#: Numbers in rows that are no rows: (operator, place) → how they count.
_NUMBERS = {("lam", 1): "scope", ("comp", 3): "scope"}
#: A place in a file: byte and suite.
_Place = tuple[int, int]


def fingerprints(interface: Interface) -> dict[str, str]:
    """Key (``units``) → hash of what it means."""
    rows = _rows(interface)
    scopes = interface.scopes
    known = keys(scopes)
    head, body = known.heads, known.bodies
    said: dict[str, list[str]] = defaultdict(list)
    places: dict[str, list[_Place]] = defaultdict(list)
    for number, scope in enumerate(scopes[1:], 1):
        for key in {head[number], body[number]}:  # whoever looks inside has seen the head
            said[key].append(_head(scope, rows))
        alone = is_open(scopes, number)
        for name, bindings in scope.names.items():
            key = member(scope, name) if alone else body[number]
            said[key] += [name, *(_binding(binding, rows) for binding in bindings)]
            places[key] += [(binding.at, binding.block) for binding in bindings]
        for name, fields in scope.fields.items():
            key = member(scope, name) if alone else body[number]
            said[key] += [name, *(_field(field, rows) for field in fields)]
            places[key] += [(field.at, field.block) for field in fields]
            # Where a field gets its value is a place among the names of that method.
            for field in fields:
                places[body[field.scope]].append((field.at, field.block))
        results = [*scope.returned, *scope.yielded]
        said[body[number]] += [f"{_row(rows, row)}" for row, _, _ in scope.returned]
        said[body[number]] += ["yields", *(f"{_row(rows, row)}" for row, _, _ in scope.yielded)]
        said[body[number]] += ["global", *scope.globals]
        places[body[number]] += [(at, block) for _, at, block in results]
    module = scopes[0]
    for name, bindings in module.names.items():
        said[name] += [_binding(binding, rows) for binding in bindings]
        places[name] += [(binding.at, binding.block) for binding in bindings]
    for number, scope in enumerate(scopes):
        if number == 0 or is_open(scopes, number):
            for name, user, place in _uses_of_rebound(interface, scope):
                key = member(scope, name) if number else name
                said[key].append(user)
                places[key].append(place)
    for key, found in places.items():
        said[key] += _order(found, interface.blocks)
    said["*"] = [f"{b.module}/{b.level}" for b in module.stars]
    said["*"] += module.all if module.all is not None else ["public"]
    return {key: _hash("\1".join(parts)) for key, parts in said.items()}


def _uses_of_rebound(interface: Interface, scope: FactScope) -> Iterator[tuple[str, str, _Place]]:
    """Where names of ``scope`` that are bound more than once are used to define others: what they
    stand for there depends on the order. (name, the other, place) each."""
    rebound = {name for name, bindings in scope.names.items() if len(bindings) > 1}
    if not rebound:
        return
    mentioned: list[frozenset[str]] = []
    for row in interface.expressions:
        names = {row[1]} & rebound if row[0] == "n" else set()
        for part in row[1:]:
            for index in part if isinstance(part, tuple) else (part,):
                if isinstance(index, int) and 0 <= index < len(mentioned):
                    names |= mentioned[index]
        mentioned.append(frozenset(names))
    for user, bindings in scope.names.items():
        for binding in bindings:
            rows = [binding.value, binding.annotation]
            if binding.how in ("def", "class"):
                inner = interface.scopes[binding.scope]
                rows += [*inner.bases, *inner.decorators]
                rows += [b.value for held in inner.names.values() for b in held if b.how == "param"]
            used = frozenset[str]().union(*(mentioned[row] for row in rows if row != NONE))
            for name in sorted(used - {user}):
                yield name, user, (binding.at, binding.block)


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _rows(interface: Interface) -> list[bytes]:
    rows: list[bytes] = []
    for row in interface.expressions:
        parts: list[str] = []
        for number, part in enumerate(row):
            # The first is the operator; indices refer to rows further up in the table.
            if isinstance(part, tuple):
                parts.append("(" + ",".join(_row(rows, index) for index in part) + ")")
            elif isinstance(part, int) and (row[0], number) != ("i", 2):
                parts.append(_NUMBERS.get((row[0], number), "") or _row(rows, part))
            else:
                parts.append(str(part))
        rows.append(
            hashlib.blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=8).digest()
        )
    return rows


def _row(rows: list[bytes], index: int) -> str:
    return rows[index].hex() if 0 <= index < len(rows) else "-"


def _binding(binding: FactBinding, rows: list[bytes]) -> str:
    return (
        f"{binding.how}:{_row(rows, binding.value)}:{_row(rows, binding.annotation)}:"
        f"{binding.module}:{binding.level}:{binding.member}"
    )


def _field(field: FieldBinding, rows: list[bytes]) -> str:
    return f"self {_row(rows, field.value)}:{_row(rows, field.annotation)}"


def _head(scope: FactScope, rows: list[bytes]) -> str:
    parts = [scope.kind, scope.name, scope.role, *scope.parameters, _row(rows, scope.returns)]
    parts += [_row(rows, row) for row in (*scope.bases, *scope.decorators)]
    return "\2".join(parts)


def _order(places: Iterable[_Place], blocks: list[Block]) -> list[str]:
    """The order of ``places`` as they were given, and how the suites nest that hold them."""
    given = list(places)
    rank = {at: number for number, at in enumerate(sorted({at for at, _ in given}))}
    used = {block for _, block in given}
    for block in tuple(used):
        walk = block
        while walk >= 0:
            if blocks[walk].loop or walk == 0:
                used.add(walk)
            walk = blocks[walk].parent
    number = {block: index for index, block in enumerate(sorted(used))}
    nested = []
    for block in sorted(used):
        walk = blocks[block].parent
        while walk >= 0 and walk not in used:
            walk = blocks[walk].parent
        nested.append(f"{number.get(walk, -1)}{'*' if blocks[block].loop else ''}")
    return [*(f"{rank[at]}@{number[block]}" for at, block in given), *nested]
