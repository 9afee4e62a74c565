"""Expressions of a tree as rows of the file's table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tree_sitter

from analysis.graph.extraction import operators
from analysis.graph.extraction.literals import literal_text
from analysis.graph.facts.file import NONE
from analysis.graph.facts.protocols import BUILT_IN, ITERATING
from analysis.syntax.tree import LANGUAGE

if TYPE_CHECKING:
    from analysis.graph.extraction.extract import Extractor

_LITERALS = {
    "integer": "int",
    "float": "float",
    "true": "bool",
    "false": "bool",
}
_COMPREHENSIONS = {
    "list_comprehension": "list",
    "set_comprehension": "set",
    "dictionary_comprehension": "dict",
    "generator_expression": "generator",
}

_SUBSCRIPTS = {"write": "__setitem__", "delete": "__delitem__"}


class ExpressionReader:
    """Reads expressions for one :class:`~analysis.graph.extraction.extract.Extractor`."""

    def __init__(self, extractor: Extractor) -> None:
        self.x, self.uses = extractor, extractor.uses
        self._parser = tree_sitter.Parser(LANGUAGE)

    # -- expressions -------------------------------------------------------------------

    def tested(self, node: tree_sitter.Node | None) -> int:
        """A condition: its truth is asked for."""
        row = self.read(node)
        if node is not None:
            self.uses.implied(row, node, "__bool__")
        return row

    def read(self, node: tree_sitter.Node | None, kind: str = "read") -> int:
        """The row of ``node``; what it uses is recorded as of ``kind`` at its outermost name."""
        if node is None:
            return NONE
        method = getattr(self, "_" + node.type, None)
        if method is not None:
            row: int = method(node, kind)
            return row
        if node.type in operators.READERS:
            return operators.READERS[node.type](self, node, kind)
        if node.type in _LITERALS:
            self._children(node)
            return self.uses.table.add("b", _LITERALS[node.type])
        if node.type in _COMPREHENSIONS:
            return self._comprehension(node)
        self._children(node)
        return NONE

    def _children(self, node: tree_sitter.Node) -> None:
        for child in node.named_children:
            self.read(child)

    def _identifier(self, node: tree_sitter.Node, kind: str) -> int:
        index = self.uses.table.add("n", self.uses.text(node))
        self.uses.site(kind, index, node)
        return index

    def _attribute(self, node: tree_sitter.Node, kind: str) -> int:
        value = node.child_by_field_name("object")
        name = node.child_by_field_name("attribute")
        receiver = self.read(value)
        if name is None or receiver == NONE:
            if name is not None and name.end_byte > name.start_byte:
                index = self.uses.table.add("a", NONE, self.uses.text(name))
                self.uses.site(kind, index, name)
                return index
            return NONE
        index = self.uses.table.add("a", receiver, self.uses.text(name))
        self.uses.site(kind, index, name)
        return index

    def _member_type(self, node: tree_sitter.Node, kind: str) -> int:
        parts = node.named_children
        receiver = self.read(parts[0])
        index = self.uses.table.add("a", receiver, self.uses.text(parts[-1]))
        self.uses.site(kind, index, parts[-1])
        return index

    def _call(self, node: tree_sitter.Node, kind: str) -> int:
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        # raise Foo(…) and @decorate(…) name their kind at the function; both are calls besides.
        callee = self.read(function, "call" if kind == "read" else kind)
        rows: list[int] = []
        if arguments is not None and arguments.type == "generator_expression":
            rows.append(self.read(arguments))
        elif arguments is not None:
            for argument in arguments.named_children:
                if argument.type == "keyword_argument":
                    self._passed(callee, argument.child_by_field_name("value"))
                elif argument.type in ("list_splat", "dictionary_splat"):
                    self._children(argument)
                    rows.append(NONE)
                elif argument.type != "comment":
                    rows.append(self._passed(callee, argument))
        if callee == NONE or function is None:
            return NONE
        named = self.uses.table.rows[callee][0] in ("n", "a") and function.type != "call"
        if kind == "read" and not named:
            self.uses.site("called", callee, function)
        self._built_in(callee, rows, arguments)
        attribute = self._got(callee, rows, arguments)
        if attribute != NONE:
            return attribute
        if self.uses.table.rows[callee] == ("n", "super"):
            return self.uses.table.add("sup", tuple(rows))
        return self.uses.table.add("c", callee, tuple(rows[:3]))

    def _passed(self, callee: int, node: tree_sitter.Node | None) -> int:
        """An argument: what is called may call it."""
        row = self.read(node)
        if node is not None and callee != NONE and node.type in ("identifier", "attribute"):
            self.uses.site("passed", self.uses.table.add("p", callee, row), node)
        return row

    def _got(self, callee: int, rows: list[int], arguments: tree_sitter.Node | None) -> int:
        """``getattr(x, "name")``: the attribute, ``NONE`` for any other call."""
        if self.uses.table.rows[callee] != ("n", "getattr") or arguments is None or len(rows) < 2:
            return NONE
        place = [child for child in arguments.named_children if child.type != "comment"][1]
        name = literal_text(self.uses.text(place)) if place.type == "string" else ""
        if not name.isidentifier() or rows[0] == NONE:
            return NONE
        row = self.uses.table.add("a", rows[0], name)
        self.uses.site("read", row, place)
        return self.uses.table.add("u", (row, rows[2])) if len(rows) > 2 else row

    def _built_in(self, callee: int, rows: list[int], arguments: tree_sitter.Node | None) -> None:
        name = self.uses.table.rows[callee][-1]
        if arguments is None or not rows:
            return
        if self.uses.table.rows[callee][0] == "n" and name in BUILT_IN:
            self.uses.implied(rows[0], arguments, BUILT_IN[name])
        elif name in ITERATING:
            for row in rows:
                self.uses.iterated(row, arguments)

    def _subscript(self, node: tree_sitter.Node, kind: str) -> int:
        inner = "read" if kind in ("call", "delete") else kind
        value = self.read(node.child_by_field_name("value"), inner)
        inside = "annotate" if kind == "annotate" and not self._is_literal(value) else "read"
        keys = [self.read(key, inside) for key in node.children_by_field_name("subscript")]
        if value == NONE:
            return NONE
        key = keys[0] if len(keys) == 1 else self.uses.table.add("t", tuple(keys))
        if kind != "annotate":
            self.uses.implied(value, node, _SUBSCRIPTS.get(kind, "__getitem__"))
        return self.uses.table.add("s", value, key)

    def _parenthesized_expression(self, node: tree_sitter.Node, kind: str) -> int:
        inner = [child for child in node.named_children if child.type != "comment"]
        return self.read(inner[0], kind) if inner else NONE

    def _await(self, node: tree_sitter.Node, kind: str) -> int:
        return self.read(node.named_children[-1], kind) if node.named_children else NONE

    def _conditional_expression(self, node: tree_sitter.Node, kind: str) -> int:
        parts = [child for child in node.named_children if child.type != "comment"]
        if len(parts) != 3:
            self._children(node)
            return NONE
        # The condition comes first in time: what it narrows holds in the first arm.
        self.tested(parts[1])
        block = self.x.open_block(parts[0])
        self.x.narrow(parts[1], parts[0].start_byte)
        first = self.read(parts[0])
        self.x.close_block(block)
        return self.uses.table.add("u", (first, self.read(parts[2])))

    def _named_expression(self, node: tree_sitter.Node, kind: str) -> int:
        value = self.read(node.child_by_field_name("value"))
        name = node.child_by_field_name("name")
        if name is not None:
            self.x.assign(name, value, NONE, node.end_byte, leak=True)
        return value

    def _string(self, node: tree_sitter.Node, kind: str) -> int:
        if kind == "annotate":
            return self._quoted(node)
        for child in node.named_children:
            if child.type == "interpolation":
                self._interpolation(child)
        prefix = self.uses.text(node)[:3].lower().split('"')[0].split("'")[0]
        return self.uses.table.add("b", "bytes" if "b" in prefix else "str")

    def _interpolation(self, node: tree_sitter.Node) -> None:
        shown = node.child_by_field_name("expression")
        self.uses.implied(self.read(shown), node, "__format__")
        for child in node.named_children:
            if child != shown:
                self._children(child)

    def _concatenated_string(self, node: tree_sitter.Node, kind: str) -> int:
        rows = [self.read(child) for child in node.named_children if child.type == "string"]
        return rows[0] if rows else NONE

    def _quoted(self, node: tree_sitter.Node) -> int:
        content = [c for c in node.named_children if c.type == "string_content"]
        if len(content) != 1 or self.uses.quoted:
            return NONE
        part = content[0]
        data = self.uses.encoded(part)
        if b"\\" in data or b"\n" in data or not data.strip():
            return NONE
        root = self._parser.parse(data).root_node
        if root.has_error or root.named_child_count != 1:
            return NONE
        statement = root.named_children[0]
        if statement.type != "expression_statement" or statement.named_child_count != 1:
            return NONE
        with self.uses.quoting(part):
            return self.read(statement.named_children[0], "annotate")

    def _list(self, node: tree_sitter.Node, kind: str) -> int:
        return self._elements("list", node, kind)

    def _set(self, node: tree_sitter.Node, kind: str) -> int:
        return self._elements("set", node, kind)

    def _elements(self, name: str, node: tree_sitter.Node, kind: str) -> int:
        rows = dict.fromkeys(
            self.read(child, kind if kind == "annotate" else "read")
            for child in node.named_children
            if child.type != "comment"
        )
        return self.uses.table.add("l", name, tuple(rows)[:8])

    def _tuple(self, node: tree_sitter.Node, kind: str) -> int:
        rows = [self.read(child, kind) for child in node.named_children if child.type != "comment"]
        return self.uses.table.add("t", tuple(rows)[:16])

    def _expression_list(self, node: tree_sitter.Node, kind: str) -> int:
        return self._tuple(node, kind)

    def _pattern_list(self, node: tree_sitter.Node, kind: str) -> int:
        return self._tuple(node, kind)

    def _list_splat(self, node: tree_sitter.Node, kind: str) -> int:
        self._children(node)
        return NONE

    def _dictionary(self, node: tree_sitter.Node, kind: str) -> int:
        values: dict[int, None] = {}
        for child in node.named_children:
            if child.type == "pair":
                self.read(child.child_by_field_name("key"))
                values[self.read(child.child_by_field_name("value"))] = None
            elif child.type != "comment":
                self._children(child)
        return self.uses.table.add("l", "dict", tuple(values)[:8])

    def _slice(self, node: tree_sitter.Node, kind: str) -> int:
        self._children(node)
        return self.uses.table.add("b", "slice")

    def _none(self, node: tree_sitter.Node, kind: str) -> int:
        return self.uses.table.add("b", "None")

    def _keyword_argument(self, node: tree_sitter.Node, kind: str) -> int:
        return self.read(node.child_by_field_name("value"))

    def _lambda(self, node: tree_sitter.Node, kind: str) -> int:
        x = self.x
        parameters = node.child_by_field_name("parameters")
        defaults = (
            []
            if parameters is None
            else [(p, self.read(p.child_by_field_name("value"))) for p in parameters.named_children]
        )
        with x.inner_scope("lambda", node):
            for number, (parameter, value) in enumerate(defaults):
                name = parameter.child_by_field_name("name") or parameter
                x.bind_parameter(name, number, NONE, value)
            body = self.read(node.child_by_field_name("body"))
            scope = x.scope
            x.scopes[scope].returned.append((body, node.end_byte, x.block))
        return self.uses.table.add("lam", scope)

    def _yield(self, node: tree_sitter.Node, kind: str) -> int:
        delegated = any(child.type == "from" for child in node.children)
        rows = [self.read(child) for child in node.named_children]
        scope = self.x.scopes[self.x.function_scope()]
        value = rows[0] if rows else NONE
        if delegated:
            value = self.uses.table.add("it", value)
        scope.yielded.append((value, node.end_byte, self.x.block))
        return NONE

    def _comprehension(self, node: tree_sitter.Node) -> int:
        x = self.x
        clauses = [c for c in node.named_children if c.type in ("for_in_clause", "if_clause")]
        body = node.child_by_field_name("body")
        with x.inner_scope("comprehension", node):
            for clause in clauses:
                if clause.type == "if_clause":
                    for child in clause.named_children:
                        self.tested(child)
                        x.narrow(child, node.start_byte)
                    continue
                right = clause.child_by_field_name("right")
                row = self.read(right)
                left = clause.child_by_field_name("left")
                if left is not None and right is not None:
                    x.assign(left, self.uses.iterated(row, right), NONE, node.start_byte)
            if body is not None and body.type == "pair":
                self.read(body.child_by_field_name("key"))
                row = self.read(body.child_by_field_name("value"))
            else:
                row = self.read(body)
            scope = x.scope
        return self.uses.table.add("comp", _COMPREHENSIONS[node.type], row, scope)

    # -- annotations -------------------------------------------------------------------

    def annotation(self, node: tree_sitter.Node | None) -> int:
        """The row of annotation ``node``."""
        return self.read(node, "annotate")

    def _type(self, node: tree_sitter.Node, kind: str) -> int:
        inner = [child for child in node.named_children if child.type != "comment"]
        return self.read(inner[0], "annotate") if inner else NONE

    def _generic_type(self, node: tree_sitter.Node, kind: str) -> int:
        parts = node.named_children
        value = self.read(parts[0], "annotate")
        inside = "read" if self._is_literal(value) else "annotate"
        keys: list[int] = []
        for part in parts[1:]:
            keys += [self._argument(child, inside) for child in part.named_children]
        key = keys[0] if len(keys) == 1 else self.uses.table.add("t", tuple(keys))
        return self.uses.table.add("s", value, key)

    def _argument(self, node: tree_sitter.Node, kind: str) -> int:
        """A type argument: the grammar wraps even the strings of ``Literal`` in a type."""
        return self.read(node.named_children[0] if node.type == "type" else node, kind)

    def _is_literal(self, value: int) -> bool:
        return value != NONE and self.uses.table.rows[value][-1] == "Literal"

    def _union_type(self, node: tree_sitter.Node, kind: str) -> int:
        rows = [self.read(child, "annotate") for child in node.named_children]
        return self.uses.table.add("u", tuple(rows))
