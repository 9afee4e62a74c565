"""The scopes of a file and what each binds (language reference, *Naming and binding*).

A scope is read when it is asked, so a question about one place reads only the scopes around it.
Where the text does not parse, every identifier of the broken part counts as bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

from tree_sitter import Node

from analysis.program.binders import (
    IMPORTS,
    StarImport,
    alias_name,
    aliases,
    captures,
    imports,
    parameters,
    targets,
    type_parameters,
)
from analysis.syntax.tree import SyntaxTree

COMPREHENSIONS = frozenset(
    {"list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression"}
)
DEFINITIONS = frozenset({"function_definition", "class_definition"})
#: What holds statements of the same scope.
_SUITES = frozenset(
    {"module", "block", "if_statement", "elif_clause", "else_clause", "while_statement"}
    | {"try_statement", "finally_clause", "match_statement", "decorated_definition"}
    | {"expression_statement"}
)


class ScopeKind(StrEnum):
    """What makes a scope."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    LAMBDA = "lambda"
    COMPREHENSION = "comprehension"
    TYPE_PARAMETERS = "type parameters"
    """The annotation scope of a generic definition (PEP 695)."""


#: What a class body's names are hidden from.
FUNCTIONS = frozenset({ScopeKind.FUNCTION, ScopeKind.LAMBDA, ScopeKind.COMPREHENSION})


class BindingManner(StrEnum):
    """How a name is bound."""

    PARAMETER = "param"
    FUNCTION = "function"
    CLASS = "class"
    MODULE = "module"
    """``import a``."""
    MEMBER = "member"
    """``from a import b``."""
    ASSIGNMENT = "assignment"
    ANNOTATION = "annotation"
    """``x: int`` without a value."""
    AUGMENTED = "augmented"
    WALRUS = "walrus"
    LOOP = "loop"
    """``for``, also of a comprehension."""
    WITH = "with"
    EXCEPT = "except"
    CAPTURE = "capture"
    DELETION = "deletion"
    TYPE_PARAMETER = "type parameter"
    TYPE_ALIAS = "type alias"
    GLOBAL = "global"
    """A ``global`` statement in a function gives the name to the module."""
    BROKEN = "broken"
    """It stands where the text does not parse."""


_KINDS = {
    BindingManner.PARAMETER: "param",
    BindingManner.TYPE_PARAMETER: "param",
    BindingManner.FUNCTION: "function",
    BindingManner.CLASS: "class",
    BindingManner.MODULE: "module",
}


@dataclass(frozen=True, slots=True)
class Binding:
    """A place where a scope binds a name: the code point, and the identifier's node."""

    name: str
    manner: BindingManner
    start: int
    node: Node

    @property
    def kind(self) -> str:
        """As in :class:`~analysis.names.Name`: ``function``, ``class``, ``module``, ``param`` or
        ``statement``."""
        return _KINDS.get(self.manner, "statement")


class Scope:
    """A module, class body, function, lambda, comprehension or list of type parameters.

    ``node`` makes it; ``around`` is the scope that it stands in, ``None`` for a module.
    """

    def __init__(
        self, tree: SyntaxTree, node: Node, kind: ScopeKind, around: Scope | None = None
    ) -> None:
        self.tree = tree
        self.node = node
        self.kind = kind
        self.around = around
        self.start, self.end = tree.span(node)
        self._stars: list[StarImport] = []
        self._outer: dict[str, str] = {}

    # -- what it binds

    @cached_property
    def places(self) -> tuple[Binding, ...]:
        """Every binding of the scope, in order of the text."""
        found: dict[int, Binding] = {}
        for manner, node in self._bound():
            known = found.get(node.start_byte)
            if known is None or known.manner is BindingManner.BROKEN:
                start = self.tree.to_offset(node.start_byte)
                found[node.start_byte] = Binding(self.tree.slice(node), manner, start, node)
        return tuple(found[byte] for byte in sorted(found))

    @cached_property
    def bindings(self) -> dict[str, list[Binding]]:
        """The bindings of each name, in order of the text."""
        found: dict[str, list[Binding]] = {}
        for binding in self.places:
            found.setdefault(binding.name, []).append(binding)
        return found

    def kind_of(self, name: str) -> str:
        """The kind of a bound name by the first binding that tells it, else ``statement``."""
        kinds = (binding.kind for binding in self.bindings[name])
        return next((kind for kind in kinds if kind != "statement"), "statement")

    @property
    def outer(self) -> dict[str, str]:
        """The names that ``global`` or ``nonlocal`` give to another scope, with that word."""
        _ = self.places
        return self._outer

    @property
    def stars(self) -> list[StarImport]:
        """The modules it imports ``*`` from."""
        _ = self.places
        return self._stars

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of a function's parameters, in order."""
        return tuple(b.name for b in self.places if b.manner is BindingManner.PARAMETER)

    def owns(self, name: str) -> bool:
        """Whether ``name`` is a variable of this scope."""
        return name in self.bindings and (self.around is None or name not in self.outer)

    def owner(self, name: str) -> Scope | None:
        """The scope whose variable ``name`` is here; ``None`` for what nobody binds."""
        scope: Scope | None = self
        hidden = further = False
        while scope is not None:
            if not (hidden and scope.kind is ScopeKind.CLASS):
                word = scope.outer.get(name) if scope.around is not None else None
                if word == "global":
                    while scope.around is not None:
                        scope = scope.around
                    return scope
                further = further or word is not None
                if scope.owns(name) and not (further and scope.around is None):
                    return scope
            hidden = hidden or scope.kind in FUNCTIONS
            scope = scope.around
        return None

    # -- what is in it

    @cached_property
    def _parts(self) -> tuple[list[Node], list[Scope]]:
        node = self.node
        if self.kind is ScopeKind.MODULE:
            return self._read([node])
        if self.kind is ScopeKind.COMPREHENSION:
            return self._read(node.named_children, _first_iterable(node))
        if self.kind is ScopeKind.TYPE_PARAMETERS:
            listed = _type_parameters(node)
            names, inner = self._read([*([listed] if listed else ()), *_annotations(node)])
            if node.type in DEFINITIONS:
                inner.append(Scope(self.tree, node, _KIND_OF[node.type], self))
            return names, inner
        body = node.child_by_field_name("body")
        names, inner = self._read([body] if body is not None else [])
        listed = node.child_by_field_name("parameters")
        return [*(each.name for each in parameters(listed)), *names], inner

    @property
    def names(self) -> list[Node]:
        """The identifiers that this scope looks up or binds, in order of the text."""
        return self._parts[0]

    @property
    def inner(self) -> list[Scope]:
        """The scopes directly inside, in order of the text."""
        return self._parts[1]

    def walk(self) -> Iterator[Scope]:
        """This scope and all inside, each before those in it, in order of the text."""
        stack = [self]
        while stack:
            scope = stack.pop()
            yield scope
            stack.extend(reversed(scope.inner))

    @property
    def reads(self) -> Iterator[Node]:
        """The identifiers that are looked up here: all that bind nothing, and augmented targets."""
        bound = {b.node.start_byte for b in self.places if b.manner is not BindingManner.AUGMENTED}
        return (node for node in self.names if node.start_byte not in bound)

    @cached_property
    def free(self) -> frozenset[str]:
        """The names that it, or what is inside, looks up further out."""
        found = {self.tree.slice(node) for node in self.reads}
        found = {name for name in found if not self.owns(name)}
        for inner in self.inner:
            hides = self.kind is not ScopeKind.CLASS or inner.kind not in FUNCTIONS
            found.update(name for name in inner.free if not (hides and self.owns(name)))
        return frozenset(found)

    def _read(
        self, roots: Iterable[Node], outside: Node | None = None
    ) -> tuple[list[Node], list[Scope]]:
        names: list[Node] = []
        inner: list[Scope] = []
        stack = [*roots][::-1]
        while stack:
            node = stack.pop()
            kind = node.type
            if node == outside:
                continue
            if kind == "identifier":
                names.append(node)
            elif kind in DEFINITIONS or kind == "type_alias_statement":
                alias = kind == "type_alias_statement"
                name = alias_name(node) if alias else node.child_by_field_name("name")
                if name is not None:
                    names.append(name)
                elif alias:  # the grammar takes ``type(x).y = z`` for one
                    stack.extend(node.children_by_field_name("left"))
                generic = type_scope(self.tree, node, self)
                if generic is not None:
                    inner.append(generic)
                elif not alias:
                    inner.append(Scope(self.tree, node, _KIND_OF[kind], self))
                header = _defaults(node) + (_annotations(node) if generic is None else [])
                stack.extend(sorted(header, key=lambda each: -each.start_byte))
            elif kind == "lambda":
                inner.append(Scope(self.tree, node, ScopeKind.LAMBDA, self))
                stack.extend(reversed(_defaults(node)))
            elif kind in COMPREHENSIONS:
                inner.append(Scope(self.tree, node, ScopeKind.COMPREHENSION, self))
                first = _first_iterable(node)
                if first is not None:
                    stack.append(first)
            elif kind in IMPORTS:
                names += [each.node for each in imports(self.tree, node) if each.name]
            elif kind in ("attribute", "dotted_name", "member_type"):
                stack.extend(node.named_children[:1])
            elif kind in ("keyword_argument", "keyword_pattern"):
                stack.extend(reversed(node.named_children[1:]))
            elif kind not in ("global_statement", "nonlocal_statement"):
                stack.extend(reversed(node.named_children))
        return names, inner

    # -- reading

    def _bound(self) -> Iterator[tuple[BindingManner, Node]]:
        node, kind = self.node, self.kind
        if kind is ScopeKind.TYPE_PARAMETERS:
            listed = _type_parameters(node)
            for name in type_parameters(listed) if listed is not None else ():
                yield BindingManner.TYPE_PARAMETER, name
            return
        if kind is ScopeKind.COMPREHENSION:
            for clause in node.named_children:
                left = clause.child_by_field_name("left")
                if clause.type == "for_in_clause" and left is not None:
                    yield from _each(BindingManner.LOOP, targets(left))
            return
        for parameter in parameters(node.child_by_field_name("parameters")):
            yield BindingManner.PARAMETER, parameter.name
        body = node if kind is ScopeKind.MODULE else node.child_by_field_name("body")
        if body is not None:
            if kind is not ScopeKind.LAMBDA:
                yield from self._statements(body)
            if b":=" in self.tree.data[body.start_byte : body.end_byte]:
                yield from _each(BindingManner.WALRUS, self._walruses())
        if kind is ScopeKind.MODULE:
            yield from _each(BindingManner.GLOBAL, _declared_global(self.tree))

    def _statements(self, body: Node) -> Iterator[tuple[BindingManner, Node]]:
        stack = [body]
        while stack:
            node = stack.pop()
            kind = node.type
            if kind in _SUITES:
                stack.extend(reversed(node.named_children))
            elif kind in DEFINITIONS:
                name = node.child_by_field_name("name")
                if name is not None:
                    yield (
                        BindingManner.CLASS
                        if kind == "class_definition"
                        else BindingManner.FUNCTION,
                        name,
                    )
            else:
                yield from self._statement(node, stack)

    def _statement(self, node: Node, stack: list[Node]) -> Iterator[tuple[BindingManner, Node]]:
        """What ``node`` binds; what of it holds further statements is pushed on ``stack``."""
        kind = node.type
        if kind in ("assignment", "augmented_assignment", "for_statement"):
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if kind == "for_statement":
                manner = BindingManner.LOOP
                stack.extend(node.children_by_field_name("alternative"))
                stack.extend(node.children_by_field_name("body"))
            elif kind == "augmented_assignment":
                manner = BindingManner.AUGMENTED
            else:
                manner = BindingManner.ANNOTATION if right is None else BindingManner.ASSIGNMENT
                if right is not None and right.type == "assignment":
                    stack.append(right)
            if left is not None:
                yield from _each(manner, targets(left))
        elif kind in ("with_statement", "except_clause", "case_clause"):
            for child in node.named_children:
                if child.type == "block":
                    stack.append(child)
                elif kind != "case_clause":
                    manner = (
                        BindingManner.WITH if kind == "with_statement" else BindingManner.EXCEPT
                    )
                    yield from _each(manner, aliases(child))
                elif child.type == "case_pattern":
                    yield from _each(BindingManner.CAPTURE, captures(child))
        elif kind in IMPORTS:
            plain = BindingManner.MODULE if kind == "import_statement" else BindingManner.MEMBER
            for each in imports(self.tree, node):
                if each.name:
                    yield plain, each.node
                else:
                    self._stars.append(StarImport.of("." * each.level + each.module))
        elif kind in ("global_statement", "nonlocal_statement"):
            for name in node.named_children:
                self._outer[self.tree.slice(name)] = kind.partition("_")[0]
        elif kind == "delete_statement":
            for child in node.named_children:
                yield from _each(BindingManner.DELETION, targets(child))
        elif kind == "type_alias_statement":
            alias = alias_name(node)
            if alias is not None:
                yield BindingManner.TYPE_ALIAS, alias
        elif kind == "ERROR":
            # Definitions and assignments in it keep their manner; all else counts as bound.
            stack.extend(reversed(node.named_children))
            yield from _each(BindingManner.BROKEN, _identifiers(node))

    def _walruses(self) -> Iterator[Node]:
        """``:=`` binds in the nearest function, also from inside a comprehension (PEP 572)."""
        stack: list[Scope] = [self]
        while stack:
            scope = stack.pop()
            for name in scope.names:
                walrus = name.parent
                if walrus is not None and walrus.type == "named_expression":
                    yield from (c for c in walrus.children_by_field_name("name") if c == name)
            stack.extend(each for each in scope.inner if each.kind is ScopeKind.COMPREHENSION)


_KIND_OF = {"function_definition": ScopeKind.FUNCTION, "class_definition": ScopeKind.CLASS}


@lru_cache(maxsize=4)
def module_scope(tree: SyntaxTree) -> Scope:
    """The scope of the whole file."""
    return Scope(tree, tree.root, ScopeKind.MODULE)


def type_scope(tree: SyntaxTree, node: Node, around: Scope | None = None) -> Scope | None:
    """The scope of the type parameters of a definition or an alias, if it has any."""
    if _type_parameters(node) is None:
        return None
    return Scope(tree, node, ScopeKind.TYPE_PARAMETERS, around)


def enclosing(tree: SyntaxTree, offset: int) -> list[Scope]:
    """The scopes around the character at ``offset`` (code points), the module first.

    The parts of a header belong outside: decorators, defaults, base classes, annotations (which
    also see the type parameters), and the first iterable of a comprehension (language reference,
    *Displays for lists, sets and dictionaries*).
    """
    made: list[tuple[Node, ScopeKind]] = []
    below = tree.node_at(offset)
    node = below.parent
    while node is not None:
        kind = node.type
        if kind in DEFINITIONS:
            if below.type == "block":
                made.append((node, _KIND_OF[kind]))
            if below.type != "identifier" and _type_parameters(node) is not None:
                made.append((node, ScopeKind.TYPE_PARAMETERS))
        elif kind == "lambda":
            if below == node.child_by_field_name("body"):
                made.append((node, ScopeKind.LAMBDA))
        elif kind in COMPREHENSIONS:
            first = _first_iterable(node)
            at = tree.to_byte(offset)
            if first is None or below != first.parent or first.start_byte > at:
                made.append((node, ScopeKind.COMPREHENSION))
        elif kind == "type_alias_statement" and _type_parameters(node) is not None:
            made.append((node, ScopeKind.TYPE_PARAMETERS))
        below, node = node, node.parent
    found = [module_scope(tree)]
    for node, made_kind in reversed(made):
        found.append(Scope(tree, node, made_kind, found[-1]))
    return found


def _first_iterable(comprehension: Node) -> Node | None:
    """What a comprehension iterates over first, which is evaluated outside of it."""
    for clause in comprehension.named_children:
        if clause.type == "for_in_clause":
            return clause.child_by_field_name("right")
    return None


def _type_parameters(node: Node) -> Node | None:
    listed = node.child_by_field_name("type_parameters")
    if listed is None and node.type == "type_alias_statement":
        left = node.child_by_field_name("left")
        generic = left.named_children[0] if left is not None and left.named_children else None
        if generic is not None and generic.type == "generic_type":
            return next((c for c in generic.named_children if c.type == "type_parameter"), None)
    return listed


def _defaults(node: Node) -> list[Node]:
    """The defaults of a function's or lambda's parameters: evaluated where it stands."""
    listed = node.child_by_field_name("parameters")
    return [each.default for each in parameters(listed) if each.default is not None]


def _annotations(node: Node) -> list[Node]:
    """The parts of a definition or alias that see its type parameters, without the body."""
    listed = parameters(node.child_by_field_name("parameters"))
    found = [each.annotation for each in listed]
    found += [node.child_by_field_name(name) for name in ("return_type", "superclasses", "right")]
    return [each for each in found if each is not None]


def _each(manner: BindingManner, nodes: Iterable[Node]) -> Iterator[tuple[BindingManner, Node]]:
    return ((manner, node) for node in nodes)


def _identifiers(node: Node) -> Iterator[Node]:
    stack = [node]
    while stack:
        current = stack.pop()
        if current.type == "identifier":
            yield current
        stack.extend(reversed(current.named_children))


def _declared_global(tree: SyntaxTree) -> Iterator[Node]:
    """Names that a ``global`` statement anywhere in the file gives to the module."""
    at = tree.data.find(b"global")
    while at >= 0:
        node: Node | None = tree.root.descendant_for_byte_range(at, at + 6)
        while node is not None and node.type in ("global", "identifier"):
            node = node.parent
        if node is not None and node.type == "global_statement":
            yield from node.named_children
        at = tree.data.find(b"global", at + 6)
