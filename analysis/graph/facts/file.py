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

from typing import Any

import msgspec

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
