"""``match`` of a tree: the names that patterns capture, the classes that they name."""

from __future__ import annotations

from collections.abc import Callable

import tree_sitter

from analysis.graph.extraction.expressions import ExpressionReader
from analysis.graph.facts.file import NONE, FactBinding


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
