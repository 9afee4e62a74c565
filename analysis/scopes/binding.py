"""What one scope binds, read statement by statement; expressions are only looked into for ``:=``.

Where the text does not parse, every identifier of the broken part counts as bound.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from analysis.scopes.scope import Scope, ScopeKind
from analysis.scopes.targets import aliases, captures, parameters, targets, type_parameters
from analysis.syntax.star import StarImport
from analysis.syntax.tree import SyntaxTree

COMPREHENSIONS = frozenset(
    {"list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression"}
)
#: What holds statements of the same scope.
_SUITES = frozenset(
    {
        "module",
        "block",
        "if_statement",
        "elif_clause",
        "else_clause",
        "while_statement",
        "try_statement",
        "finally_clause",
        "match_statement",
        "decorated_definition",
        "expression_statement",
    }
)


def scope_of(tree: SyntaxTree, node: Node) -> Scope:
    """The scope that ``node`` makes: a module, a definition, a lambda or a comprehension."""
    if node.type == "function_definition":
        return _function(tree, node)
    if node.type == "class_definition":
        return _suite(tree, node, ScopeKind.CLASS, node.child_by_field_name("body"))
    if node.type == "lambda":
        return _lambda(tree, node)
    if node.type in COMPREHENSIONS:
        return _comprehension(tree, node)
    scope = _suite(tree, node, ScopeKind.MODULE, node)
    for name, start in _declared_global(tree):
        scope.add(name, "statement", start)
    return scope


def generic_scope(tree: SyntaxTree, node: Node) -> Scope | None:
    """The scope of the type parameters of a definition or an alias, if it has any."""
    listed = node.child_by_field_name("type_parameters")
    if listed is None and node.type == "type_alias_statement":
        left = node.child_by_field_name("left")
        generic = left.named_children[0] if left is not None and left.named_children else None
        if generic is not None and generic.type == "generic_type":
            listed = next((c for c in generic.named_children if c.type == "type_parameter"), None)
    if listed is None:
        return None
    scope = _empty(tree, node, ScopeKind.TYPE_PARAMETERS)
    _note(tree, scope, type_parameters(listed), "param")
    return scope


def _empty(tree: SyntaxTree, node: Node, kind: ScopeKind) -> Scope:
    return Scope(kind, *tree.span(node))


def _note(tree: SyntaxTree, scope: Scope, found: Iterator[Node], kind: str) -> None:
    for node in found:
        scope.add(tree.slice(node), kind, tree.to_offset(node.start_byte))


def _function(tree: SyntaxTree, node: Node) -> Scope:
    scope = _empty(tree, node, ScopeKind.FUNCTION)
    listed = node.child_by_field_name("parameters")
    if listed is not None:
        _note(tree, scope, parameters(listed), "param")
    body = node.child_by_field_name("body")
    if body is not None:
        _statements(tree, scope, body)
    return scope


def _suite(tree: SyntaxTree, node: Node, kind: ScopeKind, body: Node | None) -> Scope:
    scope = _empty(tree, node, kind)
    if body is not None:
        _statements(tree, scope, body)
    return scope


def _lambda(tree: SyntaxTree, node: Node) -> Scope:
    scope = _empty(tree, node, ScopeKind.LAMBDA)
    listed = node.child_by_field_name("parameters")
    if listed is not None:
        _note(tree, scope, parameters(listed), "param")
    _walruses(tree, scope, node)
    return scope


def _comprehension(tree: SyntaxTree, node: Node) -> Scope:
    scope = _empty(tree, node, ScopeKind.COMPREHENSION)
    for clause in node.named_children:
        left = clause.child_by_field_name("left") if clause.type == "for_in_clause" else None
        if left is not None:
            _note(tree, scope, targets(left), "statement")
    return scope


def _statements(tree: SyntaxTree, scope: Scope, body: Node) -> None:
    stack = [body]
    while stack:
        node = stack.pop()
        kind = node.type
        if kind in _SUITES:
            stack.extend(reversed(node.named_children))
        elif kind in ("function_definition", "class_definition"):
            name = node.child_by_field_name("name")
            if name is not None:
                told = "class" if kind == "class_definition" else "function"
                scope.add(tree.slice(name), told, tree.to_offset(name.start_byte))
        else:
            _statement(tree, scope, node, stack)
    _walruses(tree, scope, body)


def _statement(tree: SyntaxTree, scope: Scope, node: Node, stack: list[Node]) -> None:
    """Note what ``node`` binds and push what of it holds further statements."""
    kind = node.type
    if kind in ("assignment", "augmented_assignment"):
        _field(tree, scope, node, "left")
        right = node.child_by_field_name("right")
        if right is not None and right.type == "assignment":
            stack.append(right)
    elif kind == "for_statement":
        _field(tree, scope, node, "left")
        stack.extend(node.children_by_field_name("alternative"))
        stack.extend(node.children_by_field_name("body"))
    elif kind in ("with_statement", "except_clause"):
        for child in node.named_children:
            if child.type == "block":
                stack.append(child)
            else:
                _note(tree, scope, aliases(child), "statement")
    elif kind == "case_clause":
        for child in node.named_children:
            if child.type == "block":
                stack.append(child)
            elif child.type == "case_pattern":
                _note(tree, scope, captures(child), "statement")
    elif kind in ("import_statement", "import_from_statement", "future_import_statement"):
        _imports(tree, scope, node)
    elif kind in ("global_statement", "nonlocal_statement"):
        for name in node.named_children:
            scope.outer[tree.slice(name)] = kind.partition("_")[0]
    elif kind == "delete_statement":
        for child in node.named_children:
            _note(tree, scope, targets(child), "statement")
    elif kind == "type_alias_statement":
        left = node.child_by_field_name("left")
        while left is not None and left.type in ("type", "generic_type"):
            left = left.named_children[0] if left.named_children else None
        if left is not None and left.type == "identifier":
            _note(tree, scope, iter([left]), "statement")
    elif kind == "ERROR":
        _note(tree, scope, _identifiers(node), "statement")


def _field(tree: SyntaxTree, scope: Scope, node: Node, field: str) -> None:
    target = node.child_by_field_name(field)
    if target is not None:
        _note(tree, scope, targets(target), "statement")


def _imports(tree: SyntaxTree, scope: Scope, node: Node) -> None:
    module = node.child_by_field_name("module_name")
    for child in node.children_by_field_name("name"):
        bound = child.child_by_field_name("alias") if child.type == "aliased_import" else child
        if bound is None:
            continue
        first = bound.named_children[0] if bound.type == "dotted_name" else bound
        kind = "module" if node.type == "import_statement" else "statement"
        scope.add(tree.slice(first), kind, tree.to_offset(first.start_byte))
    if module is not None and any(c.type == "wildcard_import" for c in node.named_children):
        scope.stars.append(StarImport.of(tree.slice(module)))


def _identifiers(node: Node) -> Iterator[Node]:
    stack = [node]
    while stack:
        current = stack.pop()
        if current.type == "identifier":
            yield current
        stack.extend(reversed(current.named_children))


def _walruses(tree: SyntaxTree, scope: Scope, body: Node) -> None:
    """``:=`` binds in the nearest function, also from inside a comprehension (PEP 572)."""
    if b":=" not in tree.data[body.start_byte : body.end_byte]:
        return
    stack = list(body.named_children)
    while stack:
        node = stack.pop()
        if node.type == "named_expression":
            _field(tree, scope, node, "name")
        elif node.type in ("function_definition", "class_definition"):
            stack.extend(c for c in node.named_children if c.type not in ("block", "identifier"))
            continue
        elif node.type == "lambda":
            continue
        stack.extend(node.named_children)


def _declared_global(tree: SyntaxTree) -> Iterator[tuple[str, int]]:
    """Names that a ``global`` statement anywhere in the file gives to the module."""
    if b"global" not in tree.data:
        return
    at = tree.data.find(b"global")
    while at >= 0:
        node: Node | None = tree.root.descendant_for_byte_range(at, at + 6)
        while node is not None and node.type in ("global", "identifier"):
            node = node.parent
        if node is not None and node.type == "global_statement":
            for name in node.named_children:
                yield tree.slice(name), tree.to_offset(name.start_byte)
        at = tree.data.find(b"global", at + 6)
