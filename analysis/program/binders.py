"""The names that one construct binds: targets, patterns, parameters, imports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from analysis.syntax.tree import SyntaxTree

# -- ``from … import *`` as a value


@dataclass(frozen=True, slots=True)
class StarImport:
    """``from <dots><module> import *``."""

    level: int
    module: tuple[str, ...]

    @classmethod
    def of(cls, written: str) -> StarImport:
        """From the module as it is written: ``..a.b``."""
        text = "".join(written.split())
        dotted = text.lstrip(".")
        return cls(len(text) - len(dotted), tuple(dotted.split(".")) if dotted else ())

    @property
    def text(self) -> str:
        """As it is written."""
        return "." * self.level + ".".join(self.module)


IMPORTS = frozenset({"import_statement", "import_from_statement", "future_import_statement"})
_TARGETS = frozenset(
    {"pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "list_splat"}
    | {"dictionary_splat_pattern", "tuple", "list", "parenthesized_expression"}
    | {"parenthesized_list_splat", "expression_list", "as_pattern_target"}
)
_PATTERNS = frozenset({"case_pattern", "union_pattern", "list_pattern", "tuple_pattern"})
_HOLDS_ITEMS = frozenset(
    {"with_clause", "with_item", "parenthesized_expression", "tuple", "as_pattern"}
)
#: What is inside of these is not the module's.
_OWN_NAMES = frozenset({"function_definition", "class_definition", "lambda"})
_SPLATS = {"list_splat_pattern": "*", "dictionary_splat_pattern": "**"}


@dataclass(frozen=True, slots=True)
class ParameterNode:
    """A parameter of a function or lambda; ``star`` is ``*`` or ``**`` before it, or empty."""

    name: Node
    annotation: Node | None = None
    default: Node | None = None
    star: str = ""


@dataclass(frozen=True, slots=True)
class Import:
    """A name that an import binds at ``node``.

    ``from <level dots><module> import <member>``; ``member`` is empty for ``import <module>``, and
    ``*`` with an empty ``name`` for a star import. ``renamed`` tells of ``as``; without it,
    ``import a.b`` binds ``a``. ``named`` is where the module or member is written.
    """

    name: str
    node: Node
    named: Node
    module: str
    level: int = 0
    member: str = ""
    renamed: bool = False


def targets(node: Node) -> Iterator[Node]:
    """The identifiers that are bound where ``node`` is assigned to."""
    stack = [node]
    while stack:
        current = stack.pop()
        if current.type == "identifier":
            yield current
        elif current.type in _TARGETS:
            stack.extend(reversed(current.named_children))


def captures(node: Node) -> Iterator[Node]:
    """The identifiers that a ``case`` pattern binds; ``_`` is among them and binds nothing."""
    stack = [node]
    while stack:
        current = stack.pop()
        kind, children = current.type, current.named_children
        if kind == "dotted_name":
            if len(children) == 1:
                yield children[0]
        elif kind == "as_pattern":
            stack.append(children[0])
            if children[-1].type == "identifier":
                yield children[-1]
            else:
                yield from targets(children[-1])
        elif kind == "class_pattern" or kind == "keyword_pattern":
            stack.extend(reversed(children[1:]))
        elif kind == "splat_pattern":
            yield from (child for child in children if child.type == "identifier")
        elif kind == "dict_pattern":
            keys = set(current.children_by_field_name("key"))
            stack.extend(child for child in reversed(children) if child not in keys)
        elif kind in _PATTERNS:
            stack.extend(reversed(children))


def parameters(listed: Node | None) -> Iterator[ParameterNode]:
    """The parameters of a ``parameters`` or ``lambda_parameters`` node, in order."""
    for child in listed.named_children if listed is not None else ():
        kind = child.type
        if kind == "typed_parameter":
            pattern: Node | None = child.named_children[0]
        elif kind in ("default_parameter", "typed_default_parameter"):
            pattern = child.child_by_field_name("name")
        elif kind == "identifier" or kind in _TARGETS:
            pattern = child
        else:
            continue
        if pattern is None:
            continue
        annotation, default = child.child_by_field_name("type"), child.child_by_field_name("value")
        for name in targets(pattern):
            yield ParameterNode(name, annotation, default, _SPLATS.get(pattern.type, ""))


def type_parameters(listed: Node) -> Iterator[Node]:
    """The identifiers of a ``type_parameter`` node: ``T``, ``*Ts``, ``**P``, bounds left out."""
    for child in listed.named_children:
        first: Node | None = child
        while first is not None and first.type in ("type", "constrained_type", "splat_type"):
            first = first.named_children[0] if first.named_children else None
        if first is not None and first.type == "identifier":
            yield first


def aliases(node: Node) -> Iterator[Node]:
    """The identifiers behind ``as`` in a ``with`` or ``except`` header."""
    stack = [node]
    while stack:
        current = stack.pop()
        alias = current.child_by_field_name("alias") if current.type == "as_pattern" else None
        if alias is not None:
            yield from targets(alias)
        elif current.type in _HOLDS_ITEMS:
            stack.extend(reversed(current.named_children))


def alias_name(statement: Node) -> Node | None:
    """The identifier that a ``type`` statement binds."""
    left = statement.child_by_field_name("left")
    while left is not None and left.type in ("type", "generic_type"):
        left = left.named_children[0] if left.named_children else None
    return left if left is not None and left.type == "identifier" else None


def imports(tree: SyntaxTree, statement: Node) -> Iterator[Import]:
    """What an import statement (one of :data:`IMPORTS`) binds, in order."""
    source = statement.child_by_field_name("module_name")
    plain = statement.type == "import_statement"
    level, module = 0, "" if plain else "__future__"
    if source is not None:
        written = "".join(tree.slice(source).split())
        module = written.lstrip(".")
        level = len(written) - len(module)
    for child in statement.children_by_field_name("name"):
        renamed = child.type == "aliased_import"
        named = child.child_by_field_name("name") if renamed else child
        bound = child.child_by_field_name("alias") if renamed else child
        if named is None or bound is None:
            continue
        if bound.type == "dotted_name":
            bound = bound.named_children[0]
        text = "".join(tree.slice(named).split())
        name = tree.slice(bound)
        if plain:
            yield Import(name, bound, named, text, renamed=renamed)
        else:
            yield Import(name, bound, named, module, level, text, renamed)
    for child in statement.named_children:
        if child.type == "wildcard_import":
            yield Import("", child, child, module, level, "*")


_LISTED = re.compile(rb"\b__all__\b(?=\s*(?:[:=+]|\.\s*(?:append|extend|insert)\b))")


def exported(tree: SyntaxTree) -> list[str] | None:
    """The strings that a module puts into its ``__all__``, in order; ``None`` where it has none."""
    listed: list[str] | None = None
    for found in _LISTED.finditer(tree.data):
        node: Node | None = tree.root.descendant_for_byte_range(*found.span())
        while node is not None and node.type in ("identifier", "attribute"):
            node = node.parent
        if node is None or node.start_byte != found.start():
            continue
        value = node.child_by_field_name("arguments" if node.type == "call" else "right")
        if node.type not in ("assignment", "augmented_assignment", "call") or value is None:
            continue
        around = node.parent
        while around is not None and around.type not in _OWN_NAMES:
            around = around.parent
        if around is None:
            listed = [*(listed or ()), *_strings(tree, value)]
    return listed


def _strings(tree: SyntaxTree, node: Node) -> Iterator[str]:
    stack = [node]
    while stack:
        current = stack.pop()
        if current.type == "string_content":
            yield tree.slice(current)
        stack.extend(reversed(current.named_children))
