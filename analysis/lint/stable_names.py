"""Which names mean one thing in a whole file, so that what is known of one call holds for others.

A steady name is bound once, at the top of the file, by an import, a function or a class, or it is
bound nowhere and so is a builtin. Syntax alone decides, erring on the side of doubt: an identifier
in a place that is not known to read it counts as a binding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import tree_sitter

from analysis.syntax.tree import LANGUAGE, SyntaxTree

_QUERY = tree_sitter.Query(LANGUAGE, "(identifier) @name (wildcard_import) @star")
#: Nodes whose identifiers are read, whatever their field.
_READS = frozenset(
    {"call", "argument_list", "binary_operator", "boolean_operator", "comparison_operator"}
    | {"not_operator", "unary_operator", "return_statement", "list", "tuple", "set", "pair"}
    | {"subscript", "decorator", "await", "yield", "raise_statement", "assert_statement", "slice"}
    | {"expression_list", "expression_statement", "conditional_expression", "if_statement"}
    | {"elif_clause", "while_statement", "type", "generic_type", "union_type", "interpolation"}
    | {"list_splat", "dictionary_splat", "parenthesized_expression", "if_clause"}
)
#: Nodes that bind in one field and read in the other.
_READ_FIELDS = {
    "assignment": "right",
    "augmented_assignment": "right",
    "for_statement": "right",
    "for_in_clause": "right",
    "keyword_argument": "value",
    "named_expression": "value",
    "default_parameter": "value",
    "typed_default_parameter": "value",
    "attribute": "object",
}
#: Nodes and fields whose identifier is no variable.
_NO_VARIABLE = {"attribute": "attribute", "keyword_argument": "name"}


def stable(tree: SyntaxTree) -> Callable[[str], bool]:
    """A test for the names of ``tree`` that mean the same wherever they are written."""
    captured = tree_sitter.QueryCursor(_QUERY).captures(tree.root)
    bound: Counter[str] = Counter()
    once: set[str] = set()
    for node in captured.get("name", []):
        parent = node.parent
        if parent is None or parent.type in _READS:
            continue
        if _in_field(node, parent, _READ_FIELDS) or _in_field(node, parent, _NO_VARIABLE):
            continue
        name = tree.slice(node)
        if parent.type in ("dotted_name", "aliased_import"):
            _imported(node, parent, name, bound, once)
        elif parent.type in ("function_definition", "class_definition") and _at_top(parent):
            bound[name] += 1
        else:
            bound[name] += 2
    builtin = not captured.get("star")
    return lambda name: bound[name] == 1 if bound[name] else builtin


def _imported(
    node: tree_sitter.Node,
    parent: tree_sitter.Node,
    name: str,
    bound: Counter[str],
    once: set[str],
) -> None:
    """Count what an import binds; ``import a.b`` and ``import a.c`` bind one ``a``."""
    above = parent.parent
    statement = above.parent if above is not None and above.type == "aliased_import" else above
    if parent.type == "aliased_import":  # the identifier behind ``as``
        bound[name] += 1 if above is not None and _at_top(above) else 2
        return
    if above is not None and above.type == "aliased_import":
        return  # its path; the alias is what it binds
    if statement is None or statement.type not in ("import_statement", "import_from_statement"):
        bound[name] += 2
        return
    if statement.child_by_field_name("module_name") == parent:
        return
    if parent.named_children[0] != node:
        return
    plain = statement.type == "import_statement"
    if plain and name in once:
        return
    if plain:
        once.add(name)
    bound[name] += 1 if _at_top(statement) else 2


def _at_top(statement: tree_sitter.Node) -> bool:
    parent = statement.parent
    if parent is not None and parent.type == "decorated_definition":
        parent = parent.parent
    return parent is not None and parent.type == "module"


def _in_field(node: tree_sitter.Node, parent: tree_sitter.Node, fields: dict[str, str]) -> bool:
    field = fields.get(parent.type)
    return field is not None and parent.child_by_field_name(field) == node
