"""What is looked at in a file: names of every sort that are not known to exist anyway.

Asking what a receiver has is dear, so sites are left out where the answer is known beforehand or
would be no certain one: assigned attributes, names of the object protocol, members that the class
around defines itself, and names that the same receiver shows more than once (those admit each
other, as witnesses do in the provider) unless the receiver is an imported module.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import tree_sitter

from analysis.lint.rules.rule import Site
from analysis.lint.stable_names import stable
from analysis.lint.unbound import EVERYWHERE, Unbound, unbound
from analysis.names import NOTHING, Arguments
from analysis.program.scopes import module_scope
from analysis.syntax.hole import HoleKind
from analysis.syntax.holes import hole_at
from analysis.syntax.statement import Begin, arguments_of
from analysis.syntax.tree import LANGUAGE, SyntaxTree

_QUERY = tree_sitter.Query(
    LANGUAGE,
    """
    (attribute attribute: (identifier) @attribute)
    (import_statement name: (dotted_name) @module)
    (import_statement name: (aliased_import) @module)
    (import_from_statement) @from
    (argument_list (keyword_argument name: (identifier) @keyword))
    (call function: (identifier) @called)
    (call function: (attribute attribute: (identifier) @called))
    (class_definition) @class
    """,
)
#: What is called by names alone.
_PATH = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*\Z")
_SUITES = frozenset({"function_definition", "class_definition", "lambda"})
#: Nodes under which an attribute that is their left side or part is bound.
_TARGETS = frozenset({"pattern_list", "tuple_pattern", "list_pattern", "as_pattern_target"})
#: Nodes whose left side is bound.
_ASSIGNS = frozenset({"assignment", "for_statement", "for_in_clause"})


@dataclass(frozen=True, slots=True)
class SiteCandidate:
    """A name that may be worth a question: where it ends in the text, and as in ``Site``.

    ``key`` is receiver and name of an attribute of what may be an imported module: where one of
    them exists, the others with that key do.
    """

    name: str
    end: int
    renamed: bool = False
    key: tuple[str, str] | None = None
    call: WrittenCall | None = None
    bare: Unbound | None = None


@dataclass(frozen=True, slots=True)
class WrittenCall:
    """A call: the span of what is called, what it is given, where each argument without a name
    begins, and where the last argument ends. ``key`` is the text of what is called where that means
    the same in the whole file, else ``""``."""

    callee: tuple[int, int]
    arguments: Arguments
    places: tuple[int, ...]
    close: int
    key: str = ""


def candidates(tree: SyntaxTree, lines: frozenset[int] | None = None) -> tuple[SiteCandidate, ...]:
    """What is worth a question in a file, or in some 0-based ``lines`` of it, in order of position.

    Where all names of the ``lines`` are bound somewhere, the paths to them are not followed: that
    takes most of the time. Raises nothing.
    """
    captured = tree_sitter.QueryCursor(_QUERY).captures(tree.root)
    found: list[SiteCandidate] = []
    for node in _undoubted(tree, captured.get("module", [])):
        aliased = node.type == "aliased_import"
        name = node.child_by_field_name("name") if aliased else node
        found += _path(tree, name, renamed=aliased)
    for node in _undoubted(tree, captured.get("from", [])):
        found += _from(tree, node)
    found += _attributes(tree, captured, _imported_modules(tree, captured))
    found += [_candidate(tree, node) for node in _undoubted(tree, captured.get("keyword", []))]
    found += _calls(tree, captured.get("called", []))
    if lines is None or not _all_bound(tree, lines):
        found += [
            SiteCandidate(
                each.name, tree.lines.offset(each.end_line, each.end_character), bare=each
            )
            for each in unbound(tree.text)
        ]
    if lines is not None:
        found = [each for each in found if tree.lines.position(each.end)[0] in lines]
    return tuple(sorted(found, key=lambda candidate: candidate.end))


def _all_bound(tree: SyntaxTree, lines: frozenset[int]) -> bool:
    """Whether every name that is read in ``lines`` is bound in a scope around it, or a builtin."""
    waiting = [module_scope(tree)]
    while waiting:
        scope = waiting.pop()
        for node in scope.reads:
            line = tree.lines.position(tree.to_offset(node.start_byte))[0]
            name = tree.slice(node)
            if line in lines and scope.owner(name) is None and name not in EVERYWHERE:
                return False
        waiting += [
            inner
            for inner in scope.inner
            if any(
                tree.lines.line_of(inner.start) <= n <= tree.lines.line_of(inner.end) for n in lines
            )
        ]
    return True


def site_of(
    tree: SyntaxTree, candidate: SiteCandidate, begins: tuple[Begin, ...] = ()
) -> Site | None:
    """The site of ``candidate``; ``None`` where its name is assigned and so may be new.

    ``begins`` are those of an intact text, where they are known."""
    hole = hole_at(tree.text, candidate.end, tree, begins)
    call = candidate.call
    if call is not None:
        begin, end = call.callee
        hole = replace(
            hole,
            kind=HoleKind.ARGUMENT,
            receiver=call.callee,
            receiver_text=tree.text[begin:end],
            store=False,
            given=NOTHING,
        )
        return Site(
            candidate.name, hole, arguments=call.arguments, places=call.places, close=call.close
        )
    if candidate.bare is not None:
        # Whatever else it begins, an argument say: it is read as a name.
        hole = replace(hole, kind=HoleKind.NAME, store=False)
        return Site(candidate.name, hole, unassigned=candidate.bare.assigned)
    if hole.store or hole.kind is HoleKind.NAME:
        return None  # a keyword of a class, say
    return Site(candidate.name, hole, candidate.renamed)


def _calls(tree: SyntaxTree, names: list[tree_sitter.Node]) -> Iterator[SiteCandidate]:
    is_stable = stable(tree)
    for name in _undoubted(tree, names):
        called = name if name.parent is None or name.parent.type == "call" else name.parent
        call = called.parent
        listed = call.child_by_field_name("arguments") if call is not None else None
        if call is None or listed is None or listed.has_error:
            continue
        arguments, places = arguments_of(tree, call)
        last = listed.named_children[-1] if listed.named_children else listed
        span = tree.to_offset(called.start_byte), tree.to_offset(called.end_byte)
        text = tree.slice(called)
        key = text if _PATH.match(text) and is_stable(text.partition(".")[0]) else ""
        made = WrittenCall(span, arguments, places, tree.to_offset(last.end_byte), key)
        yield replace(_candidate(tree, name), call=made)


def _candidate(tree: SyntaxTree, node: tree_sitter.Node, *, renamed: bool = False) -> SiteCandidate:
    return SiteCandidate(tree.slice(node), tree.to_offset(node.end_byte), renamed)


def _undoubted(tree: SyntaxTree, nodes: list[tree_sitter.Node]) -> Iterator[tree_sitter.Node]:
    """The nodes whose statement was parsed without guessing."""
    if not tree.root.has_error:
        yield from nodes
        return
    for node in nodes:
        statement: tree_sitter.Node | None = node
        while statement is not None and not (
            statement.is_error or statement.type.endswith("statement")
        ):
            statement = statement.parent
        if statement is None or not (statement.is_error or _broken(statement)):
            yield node


def _broken(statement: tree_sitter.Node) -> bool:
    return statement.has_error and statement.child_by_field_name("body") is None


def _path(
    tree: SyntaxTree, dotted: tree_sitter.Node | None, *, renamed: bool
) -> Iterator[SiteCandidate]:
    for part in dotted.named_children if dotted is not None else ():
        if part.type == "identifier":
            yield _candidate(tree, part, renamed=renamed)


def _from(tree: SyntaxTree, node: tree_sitter.Node) -> Iterator[SiteCandidate]:
    module = node.child_by_field_name("module_name")
    if module is not None and module.type == "relative_import":
        module = next((c for c in module.named_children if c.type == "dotted_name"), None)
    yield from _path(tree, module, renamed=True)
    for member in node.children_by_field_name("name"):
        aliased = member.type == "aliased_import"
        name = member.child_by_field_name("name") if aliased else member
        yield from _path(tree, name, renamed=aliased)


def _imported_modules(
    tree: SyntaxTree, captured: dict[str, list[tree_sitter.Node]]
) -> frozenset[str]:
    """The names that import statements bind: ``a`` of ``import a.b``, ``c`` of ``as c``."""
    names: set[str] = set()
    for node in captured.get("module", []):
        alias = node.child_by_field_name("alias")
        names.add(tree.slice(alias) if alias else tree.slice(node).partition(".")[0].strip())
    for node in captured.get("from", []):
        for member in node.children_by_field_name("name"):
            names.add(tree.slice(member.child_by_field_name("alias") or member))
    return frozenset(names)


def _attributes(
    tree: SyntaxTree, captured: dict[str, list[tree_sitter.Node]], modules: frozenset[str]
) -> Iterator[SiteCandidate]:
    nodes = list(_undoubted(tree, captured.get("attribute", [])))
    keys = [_key(tree, node) for node in nodes]
    seen = Counter(keys)
    known = _members(tree, captured.get("class", []))
    known |= {key for node, key in zip(nodes, keys, strict=True) if _bound(node)}
    for node, key in zip(nodes, keys, strict=True):
        scope, receiver, name = key
        if key in known or (name.startswith("__") and name.endswith("__")):
            continue
        if scope < 0 and receiver.partition(".")[0] in modules:
            yield replace(_candidate(tree, node), key=(receiver, name))
        elif seen[key] == 1:
            yield _candidate(tree, node)


def _key(tree: SyntaxTree, node: tree_sitter.Node) -> tuple[int, str, str]:
    """Class around (for ``self`` and ``cls``, else -1), receiver and name of an attribute."""
    attribute = node.parent
    owner = attribute.child_by_field_name("object") if attribute is not None else None
    receiver = "".join(tree.slice(owner).split()) if owner is not None else ""
    scope = -1
    if receiver in ("self", "cls"):
        around = node.parent
        while around is not None and around.type != "class_definition":
            around = around.parent
        scope = around.start_byte if around is not None else -1
    return scope, receiver, tree.slice(node)


def _bound(node: tree_sitter.Node) -> bool:
    """Whether the attribute is assigned, as far as its closest parents show."""
    attribute = node.parent
    parent = attribute.parent if attribute is not None else None
    if attribute is None or parent is None:
        return False
    # An augmented assignment reads first; the left side of an operator is only read.
    left = parent.child_by_field_name("left") if parent.type in _ASSIGNS else None
    return parent.type in _TARGETS or left == attribute


def _members(tree: SyntaxTree, classes: list[tree_sitter.Node]) -> set[tuple[int, str, str]]:
    """What the bodies of classes define, as keys of ``self`` and ``cls``."""
    known: set[tuple[int, str, str]] = set()
    for node in classes:
        body = node.child_by_field_name("body")
        pending = list(body.named_children) if body is not None else []
        while pending:
            child = pending.pop()
            name = child.child_by_field_name("name") or child.child_by_field_name("left")
            if name is not None and name.type == "identifier":
                for receiver in ("self", "cls"):
                    known.add((node.start_byte, receiver, tree.slice(name)))
            if child.type not in _SUITES:
                pending.extend(child.named_children)
    return known
