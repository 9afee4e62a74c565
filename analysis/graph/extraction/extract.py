"""The facts of one file, read off its tree in one pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import tree_sitter

from analysis.graph.extraction.describe import annotation_text, docstring
from analysis.graph.extraction.expressions import ExpressionReader
from analysis.graph.extraction.narrowing import narrowed
from analysis.graph.extraction.statements import StatementReader
from analysis.graph.extraction.uses import Uses
from analysis.graph.facts.file import (
    NONE,
    Binding,
    Block,
    Definition,
    FieldBinding,
    FileFacts,
    Interface,
    Scope,
    Site,
    Span,
)
from analysis.graph.facts.fingerprint import fingerprints
from analysis.syntax.tree import parse

_FUNCTIONS = frozenset({"function", "lambda"})


def extract(text: str) -> FileFacts:
    """The facts of ``text``. Never raises for code that does not parse: what does is read."""
    return Extractor(text).facts()


class Extractor:
    """What is known while a file is read: the scope and suite the reader is in."""

    def __init__(self, text: str) -> None:
        tree = parse(text)
        self.data = tree.data
        self.root = tree.root
        self._ascii = len(tree.data) == len(text)
        self._lines: list[bytes] | None = None
        self.scopes: list[Scope] = [Scope("module", "", NONE, 0, "")]
        self.blocks: list[Block] = [Block(NONE, False, 0, len(tree.data))]
        self.definitions: list[Definition] = []
        self.sites: list[Site] = []
        self.scope = 0
        self.block = 0
        #: Definitions whose heads (decorators, bases, parameters) are being read.
        self.heads: list[int] = []
        self._by_qualname: dict[str, int] = {}
        self.uses = Uses(self)
        self.expressions = ExpressionReader(self)
        self.statements = StatementReader(self)

    def facts(self) -> FileFacts:
        """Read the file."""
        end = self.points(*self.root.start_point, *self.root.end_point)
        whole = (0, 0, end[2], end[3])
        self.define("MODULE", "", "", whole, (0, 0, 0, 0), "", docstring(self.root, self.data))
        self.statements.suite(self.root)
        self._fields()
        interface = Interface(self.scopes, self.uses.table.rows, self.blocks, self.definitions, {})
        interface.hashes = fingerprints(interface)
        return FileFacts(interface, [site for site in self.sites if not self._is_local(site)])

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
    def inner_scope(self, kind: str, node: tree_sitter.Node) -> Iterator[Scope]:
        """A lambda or comprehension, read within."""
        outer = self.scopes[self.scope]
        scope = Scope(
            kind, "", self.scope, outer.definition, outer.top, node.start_byte, self.block
        )
        with self.entered(scope):
            yield scope

    @contextmanager
    def entered(self, scope: Scope) -> Iterator[None]:
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

    def bind(self, name: str, binding: Binding, leak: bool = False) -> None:
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
        self.bind(text, Binding("param", scope.at, self.block, default, annotation, scope=number))

    def assign(
        self,
        target: tree_sitter.Node,
        value: int,
        annotation: int,
        at: int,
        leak: bool = False,
    ) -> None:
        """Bind what ``target`` names to ``value``, from byte ``at`` on."""
        table = self.uses.table
        kind = target.type
        if kind == "identifier":
            name = self.uses.text(target)
            self.bind(name, Binding("value", at, self.block, value, annotation), leak)
            row = table.add("n", name)
            self.uses.site("write", row, target)
        elif kind == "attribute":
            self._assign_attribute(target, value, annotation, at)
        elif kind in ("pattern_list", "tuple_pattern", "list_pattern", "tuple", "list"):
            parts = [part for part in target.named_children if part.type != "comment"]
            starred = any(part.type == "list_splat_pattern" for part in parts)
            for number, part in enumerate(parts):
                if part.type == "list_splat_pattern":
                    inner = part.named_children[0]
                    self.assign(inner, table.add("l", "list", (table.add("it", value),)), NONE, at)
                else:
                    row = table.add("it", value) if starred else table.add("i", value, number)
                    self.assign(part, row if value != NONE else NONE, NONE, at, leak)
        elif kind in ("parenthesized_expression", "as_pattern_target", "list_splat_pattern"):
            for part in target.named_children:
                self.assign(part, value, annotation, at, leak)
        else:
            self.expressions.read(target, "write")

    def _assign_attribute(
        self, target: tree_sitter.Node, value: int, annotation: int, at: int
    ) -> None:
        object_ = target.child_by_field_name("object")
        name = target.child_by_field_name("attribute")
        if object_ is None or name is None:
            return
        receiver = self.expressions.read(object_)
        attribute = self.uses.text(name)
        row = self.uses.table.add("a", receiver, attribute)
        self.uses.site("write", row, name)
        owner = self._owner_of_self(object_)
        if owner is not None:
            owner.fields.setdefault(attribute, []).append(
                FieldBinding(self.scope, at, self.block, value, annotation)
            )
            self._field_nodes.append((owner.definition, attribute, target, name))

    def _owner_of_self(self, node: tree_sitter.Node) -> Scope | None:
        """The class whose instance ``node`` is, where it names a method's first parameter."""
        if node.type != "identifier":
            return None
        name = self.uses.text(node)
        scope = self.scope
        while scope != NONE:
            here = self.scopes[scope]
            if name in here.names:
                parent = self.scopes[here.parent] if here.parent != NONE else None
                if (
                    here.kind == "function"
                    and parent is not None
                    and parent.kind == "class"
                    and here.role != "static"
                    and here.parameters[:1] == [name]
                ):
                    return parent
                return None
            scope = here.parent
        return None

    def narrow(self, condition: tree_sitter.Node, at: int) -> None:
        """What ``isinstance`` says in ``condition`` holds in the suite at hand."""
        for name, row in narrowed(self, condition):
            scope = self.scope
            while scope > 0 and name not in self.scopes[scope].names:
                if self.scopes[scope].kind != "comprehension":
                    break
                scope = self.scopes[scope].parent
            known = self.scopes[scope].names.get(name)
            if known is not None:
                known.append(Binding("narrow", at, self.block, row))

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
        known = self._by_qualname.get(qualname)
        if known is None or self.definitions[known].parent != parent:
            self._by_qualname[qualname] = len(self.definitions)
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

    @property
    def _field_nodes(self) -> list[tuple[int, str, tree_sitter.Node, tree_sitter.Node]]:
        return self.statements.field_nodes

    def _fields(self) -> None:
        """FIELD and GLOBAL_VARIABLE nodes, behind the nodes that have scopes of their own."""
        for owner, name, node, place in self.statements.field_nodes:
            outer = self.definitions[owner]
            qualname = f"{outer.qualname}.{name}" if outer.qualname else name
            if qualname in self._by_qualname:
                continue
            kind = "GLOBAL_VARIABLE" if outer.kind == "MODULE" else "FIELD"
            self._by_qualname[qualname] = len(self.definitions)
            self.definitions.append(
                Definition(
                    kind,
                    name,
                    qualname,
                    owner,
                    self.uses.span(node),
                    self.uses.span(place),
                    annotation_text(node, self.data),
                    "",
                )
            )

    def _is_local(self, site: Site) -> bool:
        """Whether ``site`` reads or writes a plain local variable, which is no node."""
        row = self.uses.table.rows[site.expression] if site.expression != NONE else ("",)
        if row[0] != "n" or site.kind not in ("read", "write", "annotate"):
            return False
        scope, first = site.scope, True
        while scope > 0:
            here = self.scopes[scope]
            if row[1] in here.globals:
                return False
            bindings = here.names.get(row[1])
            if bindings is not None and (here.kind != "class" or first):
                if here.kind == "class":
                    return False
                return all(b.how in ("value", "param", "narrow", "del") for b in bindings)
            first = first and here.kind == "comprehension"
            scope = here.parent
        return False
