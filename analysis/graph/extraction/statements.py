"""Statements of a tree: what they bind, define and use."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import tree_sitter

from analysis.graph.extraction.definitions import DefinitionReader
from analysis.graph.extraction.expressions import ExpressionReader
from analysis.graph.extraction.state import Reading, literal_text
from analysis.graph.facts import BINARY, NONE, FactBinding
from analysis.program.binders import imports, targets

# -- ``match`` of a tree: the names that patterns capture, the classes that they name


class MatchReader:
    """Reads ``match`` for one :class:`~analysis.graph.extraction.state.Reading`."""

    def __init__(
        self,
        expressions: ExpressionReader,
        statement: Callable[[tree_sitter.Node], None],
        suite: Callable[[tree_sitter.Node], None],
    ) -> None:
        self.e, self.x, self.uses = expressions, expressions.x, expressions.uses
        self._statement, self._suite = statement, suite

    def match(self, node: tree_sitter.Node) -> None:
        """A whole statement."""
        subjects = node.children_by_field_name("subject")
        rows = [self.e.read(subject) for subject in subjects]
        body = node.child_by_field_name("body")
        for case in body.named_children if body is not None else []:
            if case.type != "case_clause":
                self._statement(case)
                continue
            before = self.x.open_block(case)
            for child in case.named_children:
                if child.type == "block":
                    self._suite(child)
                elif child.type == "if_clause":
                    for test in child.named_children:
                        self.e.tested(test)
                elif child.type == "case_pattern":
                    self._pattern(child, rows[0] if len(rows) == 1 else NONE)
                    self._narrow_subject(child, subjects)
            self.x.close_block(before)

    def _pattern(self, node: tree_sitter.Node, value: int) -> None:
        """Names that a pattern captures; classes and constants that it names."""
        if node.type == "class_pattern":
            for child in node.named_children:
                if child.type == "dotted_name":
                    self._dotted_read(child)
                else:
                    self._pattern(child, NONE)
        elif node.type == "keyword_pattern":
            for child in node.named_children[1:]:
                self._pattern(child, NONE)
        elif node.type == "dotted_name":
            if node.named_child_count == 1:
                self.e.assign(node.named_children[0], value, NONE, node.end_byte)
            else:
                self._dotted_read(node)
        elif node.type == "as_pattern" and len(node.named_children) == 2:
            inner, name = node.named_children
            self._pattern(inner, value)
            row = self._class_row(inner)
            self.e.assign(name, value if row == NONE else row, NONE, node.end_byte)
        elif node.type == "identifier":
            self.e.assign(node, value, NONE, node.end_byte)
        else:
            keeps = node.type in ("case_pattern", "union_pattern", "parenthesized_expression")
            for child in node.named_children:
                self._pattern(child, value if keeps else NONE)

    def _class_row(self, node: tree_sitter.Node) -> int:
        while node.type == "case_pattern" and node.named_child_count == 1:
            node = node.named_children[0]
        if node.type != "class_pattern":
            return NONE
        table, row = self.uses.table, NONE
        for part in node.named_children[0].named_children:
            name = self.uses.text(part)
            row = table.add("n", name) if row == NONE else table.add("a", row, name)
        return table.add("ex", row)

    def _narrow_subject(self, case: tree_sitter.Node, subjects: list[tree_sitter.Node]) -> None:
        row = self._class_row(case)
        if row == NONE or len(subjects) != 1 or subjects[0].type != "identifier":
            return
        known = self.x.scopes[self.x.scope].names.get(self.uses.text(subjects[0]))
        if known is not None:
            class_row = self.uses.table.rows[row][1]
            known.append(FactBinding("narrow", case.end_byte, self.x.block, class_row))

    def _dotted_read(self, node: tree_sitter.Node) -> int:
        table, row = self.uses.table, NONE
        for part in node.named_children:
            name = self.uses.text(part)
            row = table.add("n", name) if row == NONE else table.add("a", row, name)
            self.uses.site("read", row, part)
        return row


_LEAVES = frozenset(
    {"return_statement", "raise_statement", "continue_statement", "break_statement"}
)


class StatementReader:
    """Reads statements for one :class:`~analysis.graph.extraction.state.Reading`."""

    def __init__(self, reading: Reading) -> None:
        self.x, self.uses = reading, reading.uses
        self.e = ExpressionReader(reading)
        self._definitions = DefinitionReader(self.e, self.suite)
        self._matching = MatchReader(self.e, self.statement, self.suite)

    def suite(self, node: tree_sitter.Node) -> None:
        """The statements of a block or module, in order."""
        for child in node.named_children:
            self.statement(child)

    def statement(self, node: tree_sitter.Node) -> None:
        """One statement, or whatever stands in the place of one."""
        method = getattr(self, "_" + node.type, None)
        if method is not None:
            method(node)
        elif node.type in ("block", "ERROR"):
            self.suite(node)
        elif node.type != "comment":
            self.e.read(node)

    def _block(self, node: tree_sitter.Node | None, loop: bool = False) -> None:
        if node is not None:
            before = self.x.open_block(node, loop)
            self.suite(node)
            self.x.close_block(before)

    # -- simple statements -------------------------------------------------------------

    def _expression_statement(self, node: tree_sitter.Node) -> None:
        for child in node.named_children:
            if child.type == "assignment":
                self._assignment(child)
            elif child.type == "augmented_assignment":
                self._augmented(child)
            elif child.type != "string":  # a docstring, or a note
                self.e.read(child)

    def _assignment(self, node: tree_sitter.Node) -> int:
        left = node.child_by_field_name("left")
        right = node.child_by_field_name("right")
        type_ = node.child_by_field_name("type")
        annotation = self.e.annotation(type_) if type_ is not None else NONE
        if right is not None and right.type == "assignment":  # a = b = value
            value = self._assignment(right)
        else:
            value = self.e.read(right)
        if left is not None:
            self._target(left, value, annotation, node.end_byte)
            if right is not None:
                self._slots(left, right)
        return value

    def _slots(self, left: tree_sitter.Node, right: tree_sitter.Node) -> None:
        """``__slots__ = …`` names fields."""
        scope = self.x.scopes[self.x.scope]
        if scope.kind == "class" and self.uses.text(left) == "__slots__":
            for literal in _literals(right):
                text = literal_text(self.uses.text(literal))
                if text and not text.startswith("__"):
                    self.x.field_nodes.append((scope.definition, text, literal, literal))

    def _target(self, left: tree_sitter.Node, value: int, annotation: int, at: int) -> None:
        self.e.assign(left, value, annotation, at)
        scope = self.x.scopes[self.x.scope]
        if scope.kind in ("module", "class"):
            for name in targets(left):
                self.x.field_nodes.append((scope.definition, self.uses.text(name), left, name))
        else:
            for name in targets(left):
                if self.uses.text(name) in scope.globals:
                    self.x.field_nodes.append((0, self.uses.text(name), left, name))

    def _augmented(self, node: tree_sitter.Node) -> None:
        left = node.child_by_field_name("left")
        right = node.child_by_field_name("right")
        value = self.e.read(right)
        scope = self.x.scopes[self.x.scope]
        if left is None:
            return
        operator = node.child_by_field_name("operator")
        sign = self.uses.text(operator).rstrip("=") if operator is not None else ""
        if sign in BINARY:
            self.uses.implied(self.e.class_named(left), left, f"__i{BINARY[sign]}__")
        if left.type == "identifier":
            self.uses.site("write", self.uses.table.add("n", self.uses.text(left)), left)
            if self.uses.text(left) not in scope.names:
                self.e.assign(left, value, NONE, node.end_byte)
        elif left.type == "attribute":
            receiver = self.e.read(left.child_by_field_name("object"))
            name = left.child_by_field_name("attribute")
            if name is not None:
                row = self.uses.table.add("a", receiver, self.uses.text(name))
                self.uses.site("write", row, name)
        else:
            row = self.e.read(left)
            if row != NONE and left.type == "subscript":
                self.uses.implied(self.uses.table.rows[row][1], left, "__setitem__")

    def _return_statement(self, node: tree_sitter.Node) -> None:
        for child in node.named_children:
            row = self.e.read(child)
            scope = self.x.scopes[self.x.function_scope()]
            scope.returned.append((row, node.end_byte, self.x.block))

    def _raise_statement(self, node: tree_sitter.Node) -> None:
        for child in node.named_children:
            self.e.read(child, "raise")

    def _delete_statement(self, node: tree_sitter.Node) -> None:
        for child in node.named_children:
            for part in child.named_children if child.type == "expression_list" else [child]:
                if part.type == "identifier":
                    name = self.uses.text(part)
                    self.x.bind(name, FactBinding("del", node.end_byte, self.x.block))
                    self.uses.site("write", self.uses.table.add("n", name), part)
                else:
                    self.e.read(part, "delete" if part.type == "subscript" else "read")

    def _global_statement(self, node: tree_sitter.Node) -> None:
        names = [self.uses.text(child) for child in node.named_children]
        self.x.scopes[self.x.function_scope()].globals += names

    def _nonlocal_statement(self, node: tree_sitter.Node) -> None:
        pass  # the names are found in the scopes around, as if they were read

    def _assert_statement(self, node: tree_sitter.Node) -> None:
        for number, child in enumerate(node.named_children):
            self.e.read(child) if number else self.e.tested(child)
        if node.named_children:
            self.e.narrow(node.named_children[0], node.end_byte)

    def _import_statement(self, node: tree_sitter.Node) -> None:
        for each in imports(self.x.tree, node):
            self.uses.imported(each.named, each.module)
            member = "as" if each.renamed else ""
            bound = FactBinding(
                "import", node.end_byte, self.x.block, module=each.module, member=member
            )
            self.x.bind(each.name, bound)

    def _import_from_statement(self, node: tree_sitter.Node) -> None:
        source = node.child_by_field_name("module_name")
        for number, each in enumerate(imports(self.x.tree, node)):
            where = each.module, each.level
            if source is not None and not number:
                self.uses.imported(source, *where)
            bound = FactBinding(
                "from", node.end_byte, self.x.block, NONE, NONE, NONE, *where, each.member
            )
            if each.name:
                self.uses.imported(each.named, *where, each.member)
                self.x.bind(each.name, bound)
            else:
                self.x.scopes[self.x.scope].stars.append(bound)

    def _future_import_statement(self, node: tree_sitter.Node) -> None:
        pass  # a directive to the compiler

    def _type_alias_statement(self, node: tree_sitter.Node) -> None:
        parts = node.named_children
        if len(parts) >= 2 and parts[0].named_children:
            value = self.e.annotation(parts[-1])
            name = parts[0].named_children[0]
            name = name.named_children[0] if name.type == "generic_type" else name
            self._target(name, value, NONE, node.end_byte)

    # -- compound statements -----------------------------------------------------------

    def _if_statement(self, node: tree_sitter.Node) -> None:
        condition = node.child_by_field_name("condition")
        consequence = node.child_by_field_name("consequence")
        self.e.tested(condition)
        self._narrowed_block(consequence, condition)
        for clause in node.children_by_field_name("alternative"):
            if clause.type == "elif_clause":
                test = clause.child_by_field_name("condition")
                self.e.tested(test)
                self._narrowed_block(clause.child_by_field_name("consequence"), test)
            else:
                self._block(clause.child_by_field_name("body"))
        if condition is None or condition.type != "not_operator":
            return
        if _leaves(consequence) and not node.children_by_field_name("alternative"):
            self.e.narrow(condition.named_children[0], node.end_byte)

    def _narrowed_block(
        self, block: tree_sitter.Node | None, condition: tree_sitter.Node | None
    ) -> None:
        if block is None:
            return
        before = self.x.open_block(block)
        if condition is not None:
            self.e.narrow(condition, block.start_byte)
        self.suite(block)
        self.x.close_block(before)

    def _while_statement(self, node: tree_sitter.Node) -> None:
        condition = node.child_by_field_name("condition")
        before = self.x.open_block(node, loop=True)
        self.e.tested(condition)
        self._narrowed_block(node.child_by_field_name("body"), condition)
        self.x.close_block(before)
        self._else(node)

    def _for_statement(self, node: tree_sitter.Node) -> None:
        right = node.child_by_field_name("right")
        value = self.e.read(right)
        left = node.child_by_field_name("left")
        body = node.child_by_field_name("body")
        element = self.uses.iterated(value, right or node)
        before = self.x.open_block(node, loop=True)
        if left is not None:
            self._target(left, element, NONE, left.end_byte)
        if body is not None:
            self.suite(body)
        self.x.close_block(before)
        self._else(node)

    def _else(self, node: tree_sitter.Node) -> None:
        for clause in node.children_by_field_name("alternative"):
            self._block(clause.child_by_field_name("body"))

    def _try_statement(self, node: tree_sitter.Node) -> None:
        for child in node.named_children:
            if child.type == "block":
                self._block(child)
            elif child.type in ("except_clause", "except_group_clause"):
                self._except(child)
            elif child.type in ("else_clause", "finally_clause"):
                for block in child.named_children:
                    if block.type == "block":
                        if child.type == "finally_clause":
                            self.suite(block)
                        else:
                            self._block(block)

    def _except(self, node: tree_sitter.Node) -> None:
        before = self.x.open_block(node)
        for child in node.named_children:
            if child.type == "block":
                self.suite(child)
            elif child.type == "as_pattern":
                value = self.e.read(child.named_children[0])
                alias = child.child_by_field_name("alias")
                if alias is not None:
                    row = self.uses.table.add("ex", value)
                    self.e.assign(alias, row, NONE, child.end_byte)
            elif child.type != "comment":
                self.e.read(child)
        self.x.close_block(before)

    def _with_statement(self, node: tree_sitter.Node) -> None:
        for child in node.named_children:
            if child.type == "with_clause":
                for item in _with_items(child):
                    self._with_item(item)
            elif child.type == "block":
                self.suite(child)

    def _with_item(self, item: tree_sitter.Node) -> None:
        value = item.child_by_field_name("value") or item
        if value.type != "as_pattern":
            row = self.e.read(value)
            self._enters(row, value)
            return
        row = self.e.read(value.named_children[0])
        self._enters(row, value.named_children[0])
        alias = value.child_by_field_name("alias")
        if alias is not None:
            target = alias.named_children[0] if alias.named_children else alias
            self._target(target, self.uses.table.add("en", row), NONE, value.end_byte)

    def _enters(self, row: int, place: tree_sitter.Node) -> None:
        for name in ("__enter__", "__exit__", "__aenter__", "__aexit__"):
            self.uses.implied(row, place, name)

    def _match_statement(self, node: tree_sitter.Node) -> None:
        self._matching.match(node)

    # -- definitions -------------------------------------------------------------------

    def _decorated_definition(self, node: tree_sitter.Node) -> None:
        decorators = [child for child in node.named_children if child.type == "decorator"]
        inner = node.child_by_field_name("definition")
        if inner is not None and inner.type == "function_definition":
            self._definitions.function(inner, decorators, node)
        elif inner is not None:
            self._definitions.class_(inner, decorators, node)

    def _function_definition(self, node: tree_sitter.Node) -> None:
        self._definitions.function(node, [], node)

    def _class_definition(self, node: tree_sitter.Node) -> None:
        self._definitions.class_(node, [], node)


def _leaves(block: tree_sitter.Node | None) -> bool:
    """Whether what stands behind ``block`` is not run after it."""
    return (
        block is not None
        and bool(block.named_children)
        and block.named_children[-1].type in _LEAVES
    )


def _with_items(clause: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    for item in clause.named_children:
        if item.type == "with_item":
            yield item


def _literals(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    if node.type == "string":
        yield node
    else:
        for child in node.named_children:
            if child.type == "pair":
                child = child.named_children[0]
            yield from _literals(child)
