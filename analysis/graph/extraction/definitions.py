"""Functions and classes of a tree: their nodes, heads and scopes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

import tree_sitter

from analysis.graph.extraction.expressions import ExpressionReader
from analysis.graph.extraction.state import literal_text
from analysis.graph.facts import NONE, FactBinding, FactScope
from analysis.program.binders import parameters

# -- how a definition is shown: its signature and its docstring


_SPACE = re.compile(r"\s+")
#: Longer values are data, not something a person reads in a list.
_LONGEST = 120


def signature(node: tree_sitter.Node, data: bytes) -> str:
    """The head of a function or class on one line, without ``def``'s colon."""
    body = node.child_by_field_name("body")
    end = body.start_byte if body is not None else node.end_byte
    for child in node.children:
        if child.type == ":":
            end = child.start_byte
            break
    head = _one_line(data[node.start_byte : end])
    return head.replace("( ", "(").replace(", )", ")").replace(" )", ")")


def annotation_text(node: tree_sitter.Node, data: bytes) -> str:
    """A variable or field as its (first) assignment says it, shortened."""
    whole = node
    while whole.parent is not None and whole.type not in ("assignment", "for_statement"):
        if whole.type in ("expression_statement", "block", "module"):
            break
        whole = whole.parent
    if whole.type != "assignment":
        whole = node
    text = _one_line(data[whole.start_byte : whole.end_byte])
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def docstring(node: tree_sitter.Node, data: bytes) -> str:
    """The docstring of a module, or of a function or class, cleaned as Python shows it."""
    body = node if node.type == "module" else node.child_by_field_name("body")
    if body is None:
        return ""
    for statement in body.named_children:
        if statement.type == "comment":
            continue
        if statement.type != "expression_statement" or not statement.named_children:
            return ""
        value = statement.named_children[0]
        if value.type not in ("string", "concatenated_string"):
            return ""
        source = data[value.start_byte : value.end_byte].decode("utf-8", "replace")
        return inspect.cleandoc(literal_text(f"({source})"))
    return ""


def _one_line(data: bytes) -> str:
    return _SPACE.sub(" ", data.decode("utf-8", "replace")).strip()


#: What a decorator of this name makes of a method, wherever it is imported from.
_ROLES = {
    "overload": "overload",
    "contextmanager": "manager",
    "asynccontextmanager": "manager",
    "staticmethod": "static",
    "classmethod": "class",
    "property": "property",
    "cached_property": "property",
    "abstractproperty": "property",
}
_IMPLICIT_CLASS = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
#: ``@name.setter`` and its like add to a property that is there already.
_CHANGES = frozenset({"setter", "deleter", "getter"})

Parameter = tuple[tree_sitter.Node, int, int]


class DefinitionReader:
    """Reads ``def`` and ``class`` for one :class:`~analysis.graph.extraction.state.Reading`."""

    def __init__(
        self, expressions: ExpressionReader, suite: Callable[[tree_sitter.Node], None]
    ) -> None:
        self.e, self.x, self.uses = expressions, expressions.x, expressions.uses
        self._suite = suite

    def function(
        self, node: tree_sitter.Node, decorators: list[tree_sitter.Node], whole: tree_sitter.Node
    ) -> None:
        """A function; ``whole`` is the node with its decorators."""
        x, name_node = self.x, node.child_by_field_name("name")
        if name_node is None:
            return
        name = self.uses.text(name_node)
        outer = x.scopes[x.scope]
        decorated = [self._called(decorator) for decorator in decorators]
        role = next((role for key, role in _ROLES.items() if key in decorated), "")
        if outer.kind == "class" and name in _IMPLICIT_CLASS:
            role = "class"
        changes = any(text in _CHANGES for text in decorated)
        definition = x.define(
            "METHOD" if outer.kind == "class" else "FUNCTION",
            name,
            x.qualname(name),
            self.uses.span(whole),
            self.uses.span(name_node),
            signature(node, x.data),
            docstring(node, x.data),
            replace=not changes,
        )
        known = outer.names.get(name)
        if known and known[-1].how == "def" and x.scopes[known[-1].scope].role == "overload":
            known.pop()
        x.heads.append(definition)
        rows = self._decorators(decorators)
        given = self._parameters(node)
        returns = self.e.annotation(node.child_by_field_name("return_type"))
        x.heads.pop()
        if not changes:
            x.bind(name, FactBinding("def", node.start_byte, x.block, scope=len(x.scopes)))
        scope = FactScope(
            "function", name, x.scope, definition, outer.top or name, node.start_byte, x.block
        )
        scope.role, scope.decorators, scope.returns = role, rows, returns
        body = node.child_by_field_name("body")
        with x.entered(scope):
            x.block = 0
            if body is not None:
                x.open_block(body)
            for number, (parameter, annotation, default) in enumerate(given):
                x.bind_parameter(parameter, number, annotation, default)
            if body is not None:
                self._suite(body)

    def class_(
        self, node: tree_sitter.Node, decorators: list[tree_sitter.Node], whole: tree_sitter.Node
    ) -> None:
        """A class; ``whole`` is the node with its decorators."""
        x, name_node = self.x, node.child_by_field_name("name")
        if name_node is None:
            return
        name = self.uses.text(name_node)
        outer = x.scopes[x.scope]
        definition = x.define(
            "CLASS",
            name,
            x.qualname(name),
            self.uses.span(whole),
            self.uses.span(name_node),
            signature(node, x.data),
            docstring(node, x.data),
            replace=True,
        )
        x.heads.append(definition)
        rows = self._decorators(decorators)
        bases: list[int] = []
        superclasses = node.child_by_field_name("superclasses")
        for child in superclasses.named_children if superclasses is not None else []:
            if child.type == "keyword_argument":
                self.e.read(child.child_by_field_name("value"))
            elif child.type != "comment":
                bases.append(self.e.read(child, "base"))
        x.heads.pop()
        x.bind(name, FactBinding("class", node.start_byte, x.block, scope=len(x.scopes)))
        scope = FactScope(
            "class", name, x.scope, definition, outer.top or name, node.start_byte, x.block
        )
        scope.bases, scope.decorators = bases, rows
        body = node.child_by_field_name("body")
        with x.entered(scope):
            if body is not None:
                x.block = 0
                x.open_block(body)
                self._suite(body)

    def _decorators(self, decorators: list[tree_sitter.Node]) -> list[int]:
        return [
            self.e.read(decorator.named_children[0], "decorate")
            for decorator in decorators
            if decorator.named_children
        ]

    def _called(self, decorator: tree_sitter.Node) -> str:
        """The last name of a decorator: ``setter`` of ``@x.setter``, ``f`` of ``@a.f(1)``."""
        node = decorator.named_children[0] if decorator.named_children else decorator
        if node.type == "call":
            node = node.child_by_field_name("function") or node
        return self.uses.text(node).rpartition(".")[2]

    def _parameters(self, node: tree_sitter.Node) -> list[Parameter]:
        """(name, annotation, default); both are read in the scope around."""
        found: list[Parameter] = []
        for each in parameters(node.child_by_field_name("parameters")):
            annotation = self.e.annotation(each.annotation)
            default = self.e.read(each.default)
            if each.star and annotation != NONE:
                element = self.uses.table.add("an", annotation)
                container = "dict" if each.star == "**" else "tuple"
                annotation, default = NONE, self.uses.table.add("l", container, (element,))
            found.append((each.name, annotation, default))
        return found
