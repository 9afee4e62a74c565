"""What of a changed file could matter to another: the names it binds that changed, and those that
hang on them.

Who reaches something in a file reaches it by a name that the file binds at its top, and that name
is written where it is reached from: in the file that is judged, in one that was read to judge it,
or in a definition of the changed file itself, which then counts as changed. So a file in which none
of the changed names is written, nor in any that was read for it, is judged as before. What is no
plain definition, import or assignment, and what reaches beyond what it binds, counts as everything.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator

import msgspec
import tree_sitter

from analysis.lint.surface import REACHES, classes, seen_parts
from analysis.semantics.occurrences import PROSE
from analysis.syntax.tree import parse

_WORD = re.compile(r"[^\W\d]\w*")
_PHRASE = re.compile(r"[^\W\d]\w*\s+[^\W\d]\w*")
_LONG = ('"' * 3, "'" * 3)
_TYPE = re.compile(r"#\s*type:")
_IMPORTS = re.compile(r"\b(?:from|import)[ \t]+((?:[^\n;#\\]|\\\n)+)")
_DEFINITIONS = frozenset({"function_definition", "class_definition"})
_STORES = frozenset({"assignment", "augmented_assignment", "delete_statement"})
_OWN = (b"self.", b"cls.")


class TopStatement(msgspec.Struct, frozen=True, array_like=True):
    """A statement at the top of a file: what it binds (nothing: it may do anything), what others
    see of it as a digest, and which names of the file's top are written in it."""

    names: tuple[str, ...]
    digest: str
    mentions: tuple[str, ...]


class ImportedInterface(msgspec.Struct, frozen=True, array_like=True):
    """The statements of a file, in order."""

    statements: tuple[TopStatement, ...]

    @property
    def digest(self) -> str:
        """One for all of it."""
        seen = hashlib.sha256()
        for statement in self.statements:
            seen.update(statement.digest.encode())
        return seen.hexdigest()


def interface(text: str) -> ImportedInterface:
    """The interface of a source. Raises nothing: broken code has one too."""
    tree = parse(text)
    known = classes(tree.root)
    statements = [node for node in tree.root.named_children if node.type != "comment"]
    bound = [_bound(node) for node in statements]
    top = frozenset(name for names in bound for name in names)
    return ImportedInterface(
        tuple(
            TopStatement(
                names,
                _digest(node, known),
                tuple(sorted(top.intersection(words(_text(node))))),
            )
            for node, names in zip(statements, bound, strict=True)
        )
    )


def words(text: str) -> frozenset[str]:
    """Everything in a source that could be a name, in strings too where they could hold one:
    ``__all__``, ``getattr`` and annotations; not in comments (but ``# type:``) and in prose."""
    return frozenset(_WORD.findall(PROSE.sub(_without_prose, text)))


def imported_words(text: str) -> frozenset[str]:
    """What could be the name of a module that a source imports: every word of its imports."""
    return frozenset(word for listed in _IMPORTS.findall(text) for word in _WORD.findall(listed))


def _without_prose(found: re.Match[str]) -> str:
    """A string or a comment, or a blank where nobody could take it for code.

    Words with only space between them are in no annotation but within brackets (``Literal``);
    ``"a b".split()`` may be names.
    """
    text, whole = found[0], found.string
    if text.startswith("#"):
        return text if _TYPE.match(text) else " "
    if "f" in whole[max(0, found.start() - 2) : found.start()].lower():
        return text  # there is code in it
    code = "[" in text and not text.startswith(_LONG)
    if code or whole.startswith(".split", found.end()) or not _PHRASE.search(text):
        return text
    return " "


def changed(before: ImportedInterface, after: ImportedInterface) -> frozenset[str] | None:
    """The names by which another file could notice that ``before`` became ``after``; ``None`` where
    that cannot be said."""
    old = {(s.names, s.digest) for s in before.statements}
    new = {(s.names, s.digest) for s in after.statements}
    differing = old ^ new
    if not differing or any(not names for names, _ in differing):
        return None
    found = {name for names, _ in differing for name in names}
    if _without(before, found) != _without(after, found):
        return None  # in another order
    grown = True
    while grown:
        grown = False
        for statement in (*before.statements, *after.statements):
            if found.isdisjoint(statement.mentions):
                continue
            if not statement.names:
                return None
            grown = grown or not found.issuperset(statement.names)
            found.update(statement.names)
    special = any(name.startswith("__") and name.endswith("__") for name in found)
    return None if special else frozenset(found)


def _without(of: ImportedInterface, names: Iterable[str]) -> list[str]:
    left = set(names)
    return [s.digest for s in of.statements if left.isdisjoint(s.names)]


def _digest(node: tree_sitter.Node, known: frozenset[str]) -> str:
    seen = hashlib.sha256()
    for part in seen_parts(node, known):
        seen.update(part)
        seen.update(b"\0")
    return seen.hexdigest()[:24]


def _bound(statement: tree_sitter.Node) -> tuple[str, ...]:
    """The names that a statement binds, where that is all it does."""
    node: tree_sitter.Node | None = statement
    if statement.type == "decorated_definition":
        node = statement.child_by_field_name("definition")
    if node is None or statement.has_error or REACHES.search(statement.text or b""):
        return ()
    if node.type in _DEFINITIONS:
        name = node.child_by_field_name("name")
        return () if _stores_elsewhere(node) or name is None else (_text(name),)
    if node.type in ("import_statement", "import_from_statement"):
        return tuple(_imported(node))
    inner = node.named_children[0] if node.type == "expression_statement" else None
    if inner is not None and inner.type == "assignment":
        left = inner.child_by_field_name("left")
        return (_text(left),) if left is not None and left.type == "identifier" else ()
    return ()


def _imported(node: tree_sitter.Node) -> Iterator[str]:
    for child in node.children_by_field_name("name"):
        alias = child.child_by_field_name("alias")
        yield _text(alias) if alias is not None else _text(child).partition(".")[0].strip()


def _stores_elsewhere(definition: tree_sitter.Node) -> bool:
    """Whether a definition gives an attribute or an item to something else than its own object."""
    stack = list(definition.children)
    while stack:
        node = stack.pop()
        if node.type in _STORES:
            left = node.child_by_field_name("left") or node
            targets = [left, *left.named_children] if left.type != "identifier" else []
            for target in targets:
                foreign = not (target.text or b"").startswith(_OWN)
                if target.type in ("attribute", "subscript") and foreign:
                    return True
        stack.extend(node.children)
    return False


def _text(node: tree_sitter.Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
