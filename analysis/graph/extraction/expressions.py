"""Expressions of a tree as rows of the file's table: what they use, name and narrow."""

from __future__ import annotations

from collections.abc import Iterator

import tree_sitter

from analysis.graph.extraction.state import Reading, literal_text
from analysis.graph.facts import (
    BINARY,
    BUILT_IN,
    COMPARED,
    ITERATING,
    NONE,
    FactBinding,
    FactScope,
    FieldBinding,
)
from analysis.program.binders import parameters
from analysis.syntax.tree import LANGUAGE

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
    """Reads expressions for one :class:`~analysis.graph.extraction.state.Reading`."""

    def __init__(self, reading: Reading) -> None:
        self.x, self.uses = reading, reading.uses
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
        self.narrow(parts[1], parts[0].start_byte)
        first = self.read(parts[0])
        self.x.close_block(block)
        return self.uses.table.add("u", (first, self.read(parts[2])))

    def _named_expression(self, node: tree_sitter.Node, kind: str) -> int:
        value = self.read(node.child_by_field_name("value"))
        name = node.child_by_field_name("name")
        if name is not None:
            self.assign(name, value, NONE, node.end_byte, leak=True)
        return value

    def _string(self, node: tree_sitter.Node, kind: str) -> int:
        if kind == "annotate":
            return self._quoted(node)
        for child in node.named_children:
            if child.type == "interpolation":
                self._interpolation(child)
        prefix = self.uses.text(node)[:3].lower().split('"')[0].split("'")[0]
        return self.uses.table.add("b", "bytes" if "b" in prefix else "str")

    def _interpolation(self, node: tree_sitter.Node, kind: str = "read") -> int:
        # In a string; in one that does not end it stands as a statement.
        shown = node.child_by_field_name("expression")
        row = self.read(shown)
        self.uses.implied(row, node, "__format__")
        for child in node.named_children:
            if child != shown:
                self._children(child)
        return row

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
        given = [
            (each.name, self.read(each.default))
            for each in parameters(node.child_by_field_name("parameters"))
        ]
        with x.inner_scope("lambda", node):
            for number, (name, value) in enumerate(given):
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
                        self.narrow(child, node.start_byte)
                    continue
                right = clause.child_by_field_name("right")
                row = self.read(right)
                left = clause.child_by_field_name("left")
                if left is not None and right is not None:
                    self.assign(left, self.uses.iterated(row, right), NONE, node.start_byte)
            if body is not None and body.type == "pair":
                self.read(body.child_by_field_name("key"))
                row = self.read(body.child_by_field_name("value"))
            else:
                row = self.read(body)
            scope = x.scope
        return self.uses.table.add("comp", _COMPREHENSIONS[node.type], row, scope)

    # -- operators ---------------------------------------------------------------------

    def _boolean_operator(self, node: tree_sitter.Node, kind: str) -> int:
        left = node.child_by_field_name("left")
        right = node.child_by_field_name("right")
        first = self.tested(left)
        if (
            left is not None
            and right is not None
            and self.uses.between(left, right).strip() == b"and"
        ):
            block = self.x.open_block(right)
            self.narrow(left, right.start_byte)
            second = self.read(right)
            self.x.close_block(block)
            return second
        return self.uses.table.add("u", (first, self.read(right)))

    def _binary_operator(self, node: tree_sitter.Node, kind: str) -> int:
        """A chain as ``a + b + …`` nests to the left, thousands deep in tables: no recursion."""
        inside = kind if kind == "annotate" else "read"
        chain = [node]
        while (left := chain[-1].child_by_field_name("left")) is not None:
            if left.type != "binary_operator":
                break
            chain.append(left)
        row, place = self.read(left, inside), left
        for link in reversed(chain):
            right = link.child_by_field_name("right")
            operator = link.child_by_field_name("operator")
            sign = self.uses.text(operator) if operator is not None else ""
            other = self.read(right, inside)
            if inside != "annotate" and sign in BINARY and place is not None and right is not None:
                self.uses.implied(row, place, f"__{BINARY[sign]}__")
                self.uses.implied(other, right, f"__r{BINARY[sign]}__")
            row, place = self.uses.table.add("op", sign, row, other), right
        return row

    def _comparison_operator(self, node: tree_sitter.Node, kind: str) -> int:
        rows = [(self.read(child), child) for child in node.named_children]
        signs = [self.uses.text(child) for child in node.children_by_field_name("operators")]
        for (left, _), (right, place), sign in zip(rows, rows[1:], signs, strict=False):
            if sign in ("in", "not in"):
                self.uses.implied(right, place, "__contains__")
            elif sign in COMPARED:
                self.uses.implied(left, node, COMPARED[sign][0])
                self.uses.implied(right, place, COMPARED[sign][1])
        return self.uses.table.add("b", "bool")

    def _not_operator(self, node: tree_sitter.Node, kind: str) -> int:
        self.tested(node.child_by_field_name("argument"))
        return self.uses.table.add("b", "bool")

    def _unary_operator(self, node: tree_sitter.Node, kind: str) -> int:
        row = self.read(node.child_by_field_name("argument"))
        operator = node.child_by_field_name("operator")
        if operator is not None:
            names = {"-": "__neg__", "+": "__pos__", "~": "__invert__"}
            self.uses.implied(row, node, names.get(self.uses.text(operator), "__neg__"))
        return row

    # -- targets and conditions ----------------------------------------------------------

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
            self.x.bind(name, FactBinding("value", at, self.x.block, value, annotation), leak)
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
            self.read(target, "write")

    def _assign_attribute(
        self, target: tree_sitter.Node, value: int, annotation: int, at: int
    ) -> None:
        object_ = target.child_by_field_name("object")
        name = target.child_by_field_name("attribute")
        if object_ is None or name is None:
            return
        receiver = self.read(object_)
        attribute = self.uses.text(name)
        row = self.uses.table.add("a", receiver, attribute)
        self.uses.site("write", row, name)
        owner = self._owner_of_self(object_)
        if owner is not None:
            owner.fields.setdefault(attribute, []).append(
                FieldBinding(self.x.scope, at, self.x.block, value, annotation)
            )
            self.x.field_nodes.append((owner.definition, attribute, target, name))

    def _owner_of_self(self, node: tree_sitter.Node) -> FactScope | None:
        """The class whose instance ``node`` is, where it names a method's first parameter."""
        if node.type != "identifier":
            return None
        name = self.uses.text(node)
        scope = self.x.scope
        while scope != NONE:
            here = self.x.scopes[scope]
            if name in here.names:
                parent = self.x.scopes[here.parent] if here.parent != NONE else None
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
        for name, row in self._narrowed(condition):
            scope = self.x.scope
            while scope > 0 and name not in self.x.scopes[scope].names:
                if self.x.scopes[scope].kind != "comprehension":
                    break
                scope = self.x.scopes[scope].parent
            known = self.x.scopes[scope].names.get(name)
            if known is not None:
                known.append(FactBinding("narrow", at, self.x.block, row))

    def _narrowed(self, condition: tree_sitter.Node) -> Iterator[tuple[str, int]]:
        """(name, class) for each ``isinstance(name, class)`` that must hold in ``condition``."""
        node = condition
        while node.type == "parenthesized_expression" and node.named_children:
            node = node.named_children[0]
        if node.type == "boolean_operator":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is None or right is None:
                return
            if self.x.data[left.end_byte : right.start_byte].strip() == b"and":
                yield from self._narrowed(left)
                yield from self._narrowed(right)
        elif node.type == "call":
            function = node.child_by_field_name("function")
            arguments = node.child_by_field_name("arguments")
            if function is None or arguments is None or self.uses.text(function) != "isinstance":
                return
            parts = [part for part in arguments.named_children if part.type != "comment"]
            if len(parts) == 2 and parts[0].type == "identifier":
                yield self.uses.text(parts[0]), self.class_named(parts[1])

    def class_named(self, node: tree_sitter.Node) -> int:
        """The row of a class as it is written; nothing is recorded as used."""
        table = self.uses.table
        if node.type == "identifier":
            return table.add("n", self.uses.text(node))
        if node.type == "attribute":
            value = node.child_by_field_name("object")
            name = node.child_by_field_name("attribute")
            receiver = self.class_named(value) if value is not None else NONE
            return table.add("a", receiver, self.uses.text(name)) if name is not None else NONE
        if node.type == "tuple":
            return table.add("t", tuple(self.class_named(part) for part in node.named_children))
        return NONE

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
