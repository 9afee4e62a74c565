"""What is known of a file while its tree is read: scopes, suites, definitions and uses."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import tree_sitter

from analysis.graph.facts import (
    NONE,
    Block,
    Definition,
    Expression,
    FactBinding,
    FactScope,
    Span,
    UseSite,
)
from analysis.syntax.tree import parse

_FUNCTIONS = frozenset({"function", "lambda"})
#: Operators of rows whose methods are built in.
_PLAIN = frozenset({"b", "l", "t", "comp", "lam"})


class Reading:
    """What is known while a file is read: the scope and suite the reader is in."""

    def __init__(self, text: str) -> None:
        tree = self.tree = parse(text)
        self.data = tree.data
        self.root = tree.root
        self._ascii = len(tree.data) == len(text)
        self._lines: list[bytes] | None = None
        self.scopes: list[FactScope] = [FactScope("module", "", NONE, 0, "")]
        self.blocks: list[Block] = [Block(NONE, False, 0, len(tree.data))]
        self.definitions: list[Definition] = []
        self.sites: list[UseSite] = []
        self.scope = 0
        self.block = 0
        #: Definitions whose heads (decorators, bases, parameters) are being read.
        self.heads: list[int] = []
        self.by_qualname: dict[str, int] = {}
        self.uses = Uses(self)
        #: (definition that owns it, name, target, name's node) of fields and global variables.
        self.field_nodes: list[tuple[int, str, tree_sitter.Node, tree_sitter.Node]] = []

    # -- places ------------------------------------------------------------------------

    def points(self, row: int, column: int, end_row: int, end_column: int) -> Span:
        """A span of tree-sitter (byte columns) in code points."""
        if self._ascii:
            return row, column, end_row, end_column
        if self._lines is None:
            self._lines = self.data.replace(b"\r\n", b" \n").replace(b"\r", b"\n").split(b"\n")
        return row, self._column(row, column), end_row, self._column(end_row, end_column)

    def _column(self, row: int, column: int) -> int:
        lines = self._lines or []
        if row >= len(lines):
            return column
        return len(lines[row][:column].decode("utf-8", "replace"))

    @property
    def owner(self) -> int:
        """The definition that what is read belongs to: the head of a function is the function's."""
        return self.heads[-1] if self.heads else self.scopes[self.scope].definition

    # -- scopes and suites -------------------------------------------------------------

    @contextmanager
    def inner_scope(self, kind: str, node: tree_sitter.Node) -> Iterator[FactScope]:
        """A lambda or comprehension, read within."""
        outer = self.scopes[self.scope]
        scope = FactScope(
            kind, "", self.scope, outer.definition, outer.top, node.start_byte, self.block
        )
        with self.entered(scope):
            yield scope

    @contextmanager
    def entered(self, scope: FactScope) -> Iterator[None]:
        """Reading within ``scope``, which becomes the last of the file's scopes."""
        before = self.scope, self.block, self.heads
        self.scope = len(self.scopes)
        if scope.kind in ("function", "class"):
            self.heads = []
        self.scopes.append(scope)
        try:
            yield
        finally:
            self.scope, self.block, self.heads = before

    def function_scope(self) -> int:
        """The innermost function (or the module or class) around, comprehensions passed over."""
        scope = self.scope
        while self.scopes[scope].kind == "comprehension":
            scope = self.scopes[scope].parent
        return scope

    def open_block(self, node: tree_sitter.Node, loop: bool = False) -> int:
        """Enter a suite; what it returns is for :meth:`close_block`."""
        before = self.block
        self.blocks.append(Block(before, loop, node.start_byte, node.end_byte))
        self.block = len(self.blocks) - 1
        return before

    def close_block(self, before: int) -> None:
        """Leave the suite entered last."""
        self.block = before

    # -- bindings ----------------------------------------------------------------------

    def bind(self, name: str, binding: FactBinding, leak: bool = False) -> None:
        """``name`` of the scope at hand (or, where it ``leak``\\s, of the function around)."""
        scope = self.scopes[self.function_scope() if leak else self.scope]
        if name in scope.globals:
            scope = self.scopes[0]
        scope.names.setdefault(name, []).append(binding)

    def bind_parameter(
        self, name: tree_sitter.Node, number: int, annotation: int, default: int
    ) -> None:
        """A parameter of the scope at hand."""
        text = self.uses.text(name)
        scope = self.scopes[self.scope]
        scope.parameters.append(text)
        self.bind(
            text, FactBinding("param", scope.at, self.block, default, annotation, scope=number)
        )

    # -- definitions -------------------------------------------------------------------

    def define(
        self,
        kind: str,
        name: str,
        qualname: str,
        span: Span,
        name_span: Span,
        described: str,
        doc: str,
        replace: bool = False,
    ) -> int:
        """The index of a node; a second definition of one name is the same node.

        Its place is that of the first, or where it may ``replace``, of the last.
        """
        parent = self.scopes[self.scope].definition if self.definitions else NONE
        definition = Definition(kind, name, qualname, parent, span, name_span, described, doc)
        known = self.by_qualname.get(qualname)
        if known is None or self.definitions[known].parent != parent:
            self.by_qualname[qualname] = len(self.definitions)
            self.definitions.append(definition)
            return len(self.definitions) - 1
        if replace:
            self.definitions[known] = definition
        return known

    def qualname(self, name: str) -> str:
        """The qualified name of ``name`` defined here, as Python's ``__qualname__``."""
        scope = self.scopes[self.function_scope()]
        outer = self.definitions[scope.definition].qualname
        if scope.kind in _FUNCTIONS:
            return f"{outer}.<locals>.{name}" if outer else name
        return f"{outer}.{name}" if outer else name


class Uses:
    """The text, places and sites of one :class:`Reading`."""

    def __init__(self, reading: Reading) -> None:
        self.x = reading
        self.table = Table()
        self._data = reading.data
        #: The row, column and byte at which the string lies that is read.
        self._shift: tuple[int, int, int] | None = None

    def text(self, node: tree_sitter.Node) -> str:
        """The text of ``node``."""
        return self._data[node.start_byte : node.end_byte].decode("utf-8", "surrogatepass")

    def encoded(self, node: tree_sitter.Node) -> bytes:
        """The same in UTF-8."""
        return self._data[node.start_byte : node.end_byte]

    def between(self, left: tree_sitter.Node, right: tree_sitter.Node) -> bytes:
        """What stands between two nodes."""
        return self._data[left.end_byte : right.start_byte]

    @property
    def quoted(self) -> bool:
        """Whether what is read stands in a string."""
        return self._shift is not None

    @contextmanager
    def quoting(self, content: tree_sitter.Node) -> Iterator[None]:
        """Reading nodes of a string's ``content``, which was parsed on its own."""
        whole = self._data
        self._shift, self._data = (*content.start_point, content.start_byte), self.encoded(content)
        try:
            yield
        finally:
            self._shift, self._data = None, whole

    def span(self, node: tree_sitter.Node) -> Span:
        """Where ``node`` lies, in lines and code points."""
        (a, b), (c, d) = node.start_point, node.end_point
        if self._shift is not None:
            row, column, _ = self._shift
            return self.x.points(row + a, column + b, row + c, column + d)
        return self.x.points(a, b, c, d)

    def at(self, node: tree_sitter.Node) -> int:
        """The byte at which ``node`` begins."""
        return node.start_byte + (self._shift[2] if self._shift else 0)

    def site(self, kind: str, expression: int, place: tree_sitter.Node) -> None:
        """Record that ``expression`` is used, named at ``place``."""
        x = self.x
        x.sites.append(
            UseSite(kind, x.scope, x.block, self.at(place), expression, self.span(place), x.owner)
        )

    def imported(
        self, place: tree_sitter.Node, module: str, level: int = 0, member: str = ""
    ) -> None:
        """Record that a module, or a member of one, is imported, named at ``place``."""
        x, at, span = self.x, place.start_byte, self.span(place)
        x.sites.append(
            UseSite("import", x.scope, x.block, at, NONE, span, x.owner, module, level, member)
        )

    def implied(self, row: int, place: tree_sitter.Node, *names: str) -> None:
        """Python calls the first of methods ``names`` that the type of ``row`` has."""
        if row != NONE and self.table.rows[row][0] not in _PLAIN:
            for name in names:
                self.site("implied", self.table.add("a", row, name), place)

    def iterated(self, row: int, place: tree_sitter.Node) -> int:
        """``row`` is iterated over; the row of its elements."""
        if row != NONE and self.table.rows[row][0] not in _PLAIN:
            start = self.table.add("a", row, "__iter__")
            self.site("implied", start, place)
            step = self.table.add("a", self.table.add("c", start, ()), "__next__")
            self.site("implied", step, place)
        return self.table.add("it", row)


class Table:
    """Interned expressions: equal rows have one index."""

    def __init__(self) -> None:
        self.rows: list[Expression] = []
        self._index: dict[Expression, int] = {}

    def add(self, *row: object) -> int:
        """The index of ``row``."""
        index = self._index.get(row)
        if index is None:
            index = self._index[row] = len(self.rows)
            self.rows.append(row)
        return index


def literal_text(source: str) -> str:
    """The value of a string literal; ``""`` where it is none (an f-string, bytes)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = ast.literal_eval(source)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return ""
    return value if isinstance(value, str) else ""
