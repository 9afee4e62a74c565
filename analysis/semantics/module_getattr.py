"""Which names a module's ``__getattr__`` answers for (PEP 562), where its code shows that.

Most modules that have one look the name up in a table of theirs and refuse every other. The code is
run for a name that is in no table: a test of it against a table fails, and so does looking it up
there. Where each way ends in an exception, the module has the names of the tables and no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

import tree_sitter

from analysis.program.scopes import DEFINITIONS
from analysis.syntax.tree import SyntaxTree

_NAME = "__getattr__"
#: Calls that make a table of the display they are given.
_MAKERS = frozenset({"frozenset", "set", "tuple", "list", "sorted", "MappingProxyType", "dict"})
#: Methods that only read a table.
_READS = frozenset({"get", "keys", "items", "values", "index", "count", "copy"})


@dataclass(frozen=True, slots=True)
class Answered:
    """The names, and where in the source (bytes) the function stands that answers for them."""

    names: frozenset[str]
    begin: int
    end: int


class _End(IntEnum):
    """How statements end, the worst last."""

    RAISED = 0
    WENT_ON = 1
    RETURNED = 2


def answered(tree: SyntaxTree) -> Answered | None:
    """The names that the ``__getattr__`` of a module has; ``None`` where it may know others."""
    function = _function(tree)
    parameters = function.child_by_field_name("parameters") if function is not None else None
    body = function.child_by_field_name("body") if function is not None else None
    if (
        function is None
        or parameters is None
        or body is None
        or len(parameters.named_children) != 1
    ):
        return None
    first = next(n for n in _walk(parameters) if n.type == "identifier")
    run = _Run(tree, tree.slice(first))
    if run.block(body.named_children) is not _End.RAISED:
        return None
    return Answered(frozenset(run.names), function.start_byte, function.end_byte)


def _walk(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    yield node
    for child in node.named_children:
        yield from _walk(child)


def _function(tree: SyntaxTree) -> tree_sitter.Node | None:
    """The only definition of the function, at the top or in the one whose call gives it."""
    found: tree_sitter.Node | None = None
    maker = ""
    for node in _walk(tree.root):
        name = node.child_by_field_name("name" if node.type in DEFINITIONS else "left")
        if name is None or tree.slice(name) != _NAME:
            continue
        if node.type == "assignment":
            right = node.child_by_field_name("right")
            made = right.child_by_field_name("function") if right is not None else None
            if made is None or maker:
                return None
            maker = tree.slice(made)
        elif node.type != "function_definition" or found is not None:
            return None
        else:
            found = node
    around = found.parent if found is not None else None
    while around is not None and around.type not in DEFINITIONS:
        around = around.parent
    name = around.child_by_field_name("name") if around is not None else None
    return found if maker == (tree.slice(name) if name is not None else "") else None


class _Run:
    """A run of the function for a name that is in no table of ``names``."""

    def __init__(self, tree: SyntaxTree, asked: str) -> None:
        self._tree = tree
        self._asked = asked
        self._tables: dict[str, frozenset[str] | None] = {}
        self.names: set[str] = set()
        #: Local variables that are ``None``.
        self._nothing: set[str] = set()

    def block(self, statements: Sequence[tree_sitter.Node]) -> _End:
        """How a block ends."""
        for statement in statements:
            end = self._statement(statement)
            if end is not _End.WENT_ON:
                return end
        return _End.WENT_ON

    def _statement(self, node: tree_sitter.Node) -> _End:
        if node.type == "if_statement":
            return self._if(node)
        if node.type == "try_statement":
            return self._try(node)
        if node.type in ("with_statement", "for_statement", "while_statement", "match_statement"):
            inside = [n for n in _walk(node) if n.type == "return_statement"]
            return _End.RETURNED if inside else _End.WENT_ON
        if node.type == "raise_statement" or self._fails(node):
            return _End.RAISED
        if node.type == "return_statement":
            return _End.RETURNED
        self._note(node)
        return _End.WENT_ON

    def _if(self, node: tree_sitter.Node) -> _End:
        ends: list[_End] = []
        clauses = [node, *node.children_by_field_name("alternative")]
        for clause in clauses:
            condition = clause.child_by_field_name("condition")
            holds = self._holds(condition) if condition is not None else True
            body = clause.child_by_field_name("consequence" if condition is not None else "body")
            if holds is not False and body is not None:
                ends.append(self.block(body.named_children))
            if holds is True:
                return max(ends)
        return max([*ends, _End.WENT_ON])

    def _try(self, node: tree_sitter.Node) -> _End:
        body = node.child_by_field_name("body")
        end = self.block(body.named_children) if body is not None else _End.WENT_ON
        others = [
            self.block(inner.named_children)
            for clause in node.named_children
            if clause.type in ("except_clause", "except_group_clause", "else_clause")
            for inner in clause.named_children
            if inner.type == "block"
        ]
        last = [c for c in node.named_children if c.type == "finally_clause"]
        if any(n.type == "return_statement" for c in last for n in _walk(c)):
            return _End.RETURNED
        # Where the body fails for certain, one of the handlers or nobody catches that.
        return max([end, *others])

    def _fails(self, node: tree_sitter.Node) -> bool:
        """Whether a statement looks the name up in a table: ``TABLE[name]``."""
        return any(
            part.type == "subscript"
            and (value := part.child_by_field_name("value")) is not None
            and [self._tree.slice(n) for n in part.children_by_field_name("subscript")]
            == [self._asked]
            and self._table(value) is not None
            for part in _walk(node)
        )

    def _note(self, node: tree_sitter.Node) -> None:
        """What an assignment shows of a variable: ``found = TABLE.get(name)``."""
        inner = node.named_children[0] if node.type == "expression_statement" else node
        left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
        if inner.type != "assignment" or left is None or left.type != "identifier":
            return
        if right is not None and self._is_nothing(right):
            self._nothing.add(self._tree.slice(left))
        else:
            self._nothing.discard(self._tree.slice(left))

    def _is_nothing(self, node: tree_sitter.Node) -> bool:
        if node.type == "identifier":
            return self._tree.slice(node) in self._nothing
        function, given = (node.child_by_field_name(f) for f in ("function", "arguments"))
        if node.type != "call" or function is None or given is None:
            return False
        owner = function.child_by_field_name("object")
        method = function.child_by_field_name("attribute")
        if owner is None or method is None or self._tree.slice(method) != "get":
            return False
        asked = [self._tree.slice(n) for n in given.named_children]
        return asked in ([self._asked], [self._asked, "None"]) and self._table(owner) is not None

    def _holds(self, node: tree_sitter.Node) -> bool | None:
        """Whether a condition holds; ``None`` where that is not known."""
        if node.type == "parenthesized_expression":
            return self._holds(node.named_children[0])
        if node.type == "not_operator":
            inner = self._holds(node.named_children[0])
            return None if inner is None else not inner
        if node.type == "boolean_operator":
            sides = [self._holds(n) for n in node.named_children if n.type != "comment"]
            decides = not any(child.type == "and" for child in node.children)
            if decides in sides:
                return decides
            return None if None in sides else not decides
        if node.type == "named_expression":
            value = node.child_by_field_name("value")
            return False if value is not None and self._is_nothing(value) else None
        if self._is_nothing(node):
            return False
        return self._compared(node) if node.type == "comparison_operator" else None

    def _compared(self, node: tree_sitter.Node) -> bool | None:
        operators = [c.type for c in node.children if not c.is_named]
        if len(node.named_children) != 2:
            return None
        left, right = node.named_children
        if operators in (["is"], ["is not"], ["=="], ["!="]) and self._tree.slice(right) == "None":
            value = left.child_by_field_name("value") if left.type == "named_expression" else left
            while left.type == "parenthesized_expression" and value is not None:
                left = left.named_children[0]
                value = left.child_by_field_name("value")
            nothing = value is not None and self._is_nothing(value)
            return operators[0] in ("is", "==") if nothing else None
        if self._tree.slice(left) != self._asked:
            return None
        if operators in (["=="], ["!="]) and right.type == "string":
            self.names.update(self._strings(right))
            return operators == ["!="]
        if operators in (["in"], ["not in"]) and self._table(right) is not None:
            return operators == ["not in"]
        return None

    def _table(self, node: tree_sitter.Node) -> frozenset[str] | None:
        """The strings of a table, which are kept as names; ``None`` where it may hold others."""
        found = self._display(node)
        if found is None and node.type == "identifier":
            name = self._tree.slice(node)
            if name not in self._tables:
                self._tables[name] = self._bound(name)
            found = self._tables[name]
        self.names.update(found or ())
        return found

    def _bound(self, name: str) -> frozenset[str] | None:
        """The strings of the one display that a name of the module is bound to and keeps."""
        found = None
        for node in _walk(self._tree.root):
            if node.type != "identifier" or self._tree.slice(node) != name:
                continue
            parent = node.parent
            if parent is None or parent.type in ("augmented_assignment", "delete_statement"):
                return None
            if parent.type == "assignment" and parent.child_by_field_name("left") == node:
                right = parent.child_by_field_name("right")
                if right is None:
                    continue
                if found is not None or (found := self._display(right)) is None:
                    return None
            elif parent.type == "attribute":
                method = parent.child_by_field_name("attribute")
                if method is not None and self._tree.slice(method) not in _READS:
                    return None
            elif parent.type == "subscript" and parent.child_by_field_name("value") == node:
                above = parent.parent
                if above is None or above.child_by_field_name("left") == parent:
                    return None
            elif parent.type not in ("comparison_operator", "argument_list", "for_statement"):
                return None
        return found

    def _display(self, node: tree_sitter.Node) -> frozenset[str] | None:
        if node.type == "parenthesized_expression":
            return self._display(node.named_children[0])
        if node.type == "call":
            function = node.child_by_field_name("function")
            given = node.child_by_field_name("arguments")
            maker = self._tree.slice(function).rpartition(".")[2] if function is not None else ""
            if maker not in _MAKERS or given is None:
                return None
            if any(n.type == "keyword_argument" for n in given.named_children):
                return None
            return self._display(given.named_children[0]) if given.named_children else None
        if node.type not in ("list", "tuple", "set", "dictionary"):
            return None
        strings: set[str] = set()
        for part in node.named_children:
            key = part.child_by_field_name("key") if part.type == "pair" else part
            if key is None or key.type == "comment":
                continue
            if key.type not in ("string", "concatenated_string"):
                return None
            strings.update(self._strings(key))
        return frozenset(strings)

    def _strings(self, node: tree_sitter.Node) -> Iterator[str]:
        for part in _walk(node):
            if part.type == "string_content":
                yield self._tree.slice(part)
