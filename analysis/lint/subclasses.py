"""Whether a subclass may bring what a class uses of itself.

A base class may leave to its subclasses what ``self`` and ``cls`` have, and how they are called.
What those of its own file have is known to analysis, how their methods are called is compared here.
Those of other files are looked for when something is missing, which is seldom, by their text: a
file of the package that derives from a class of that name and has the missing name in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import tree_sitter

from analysis.environments.environment import package_root
from analysis.lint.rules.rule import Site
from analysis.lint.selection import PASSED_OVER
from analysis.snapshot import Snapshot
from analysis.syntax.hole import HoleKind
from analysis.syntax.tree import LANGUAGE, SyntaxTree
from analysis.text.overlay import is_folder, listing, read

_CLASSES = tree_sitter.Query(LANGUAGE, "(class_definition) @class")
_WORD = re.compile(r"[^\W\d]\w*")
_OWN = re.compile(r"(?:self|cls|type\(self\)|self\.__class__)\Z")
_OF_OWN = re.compile(r"(?:self|cls)\.(?P<method>\w+)\Z")
#: Files that are looked into at most, so that a finding in a huge tree does not cost seconds.
_MOST = 2000


def subclass_with(snapshot: Snapshot, tree: SyntaxTree, site: Site) -> str:
    """A file of the package of ``snapshot`` in which a subclass has what ``site`` lacks, or ``""``;
    its own path where it is in the same file."""
    missing = _missing(site)
    node = _class_around(tree, site.hole.start) if missing else None
    around = _name_of(tree, node)
    if node is None or not around:
        return ""
    if site.hole.kind is not HoleKind.ATTRIBUTE and _overridden(tree, node, missing):
        return snapshot.path
    if not snapshot.path:
        return ""
    derives = re.compile(
        rf"^[ \t]*class[ \t]+\w+[^\S\n]*\([^)]*\b{around}\b".encode(), re.MULTILINE
    )
    has = re.compile(rf"\b{re.escape(missing)}\b".encode())
    return next(
        (p for p, text in _others(snapshot.path) if has.search(text) and derives.search(text)), ""
    )


def _missing(site: Site) -> str:
    """The name that a subclass would have to define; empty where none can."""
    receiver = site.hole.receiver_text
    if site.hole.kind is HoleKind.ATTRIBUTE:
        return site.name if _OWN.match(receiver) else ""
    if site.hole.kind not in (HoleKind.KEYWORD, HoleKind.ARGUMENT):
        return ""
    if _OWN.match(receiver):
        return "__init__"
    of_own = _OF_OWN.match(receiver)
    return of_own["method"] if of_own else ""


def _class_around(tree: SyntaxTree, offset: int) -> tree_sitter.Node | None:
    node: tree_sitter.Node | None = tree.node_at(offset)
    while node is not None and node.type != "class_definition":
        node = node.parent
    return node


def _overridden(tree: SyntaxTree, base: tree_sitter.Node, method: str) -> bool:
    """Whether a class of the file that derives from ``base`` defines ``method`` with other
    parameters."""
    own = _parameters(tree, base, method)
    known, grown = {_name_of(tree, base)}, True
    subclasses: list[tree_sitter.Node] = []
    classes = tree_sitter.QueryCursor(_CLASSES).captures(tree.root).get("class", [])
    while grown:
        grown = False
        for node in classes:
            bases = node.child_by_field_name("superclasses")
            derives = bases is not None and known.intersection(_WORD.findall(tree.slice(bases)))
            if derives and _name_of(tree, node) not in known:
                known.add(_name_of(tree, node))
                subclasses.append(node)
                grown = True
    return any(_parameters(tree, subclass, method) not in ("", own) for subclass in subclasses)


def _parameters(tree: SyntaxTree, node: tree_sitter.Node, method: str) -> str:
    """The parameters of a method of a class as they are written, ``""`` where it has none such."""
    body = node.child_by_field_name("body")
    for statement in body.named_children if body is not None else ():
        inner = statement.child_by_field_name("definition") or statement
        if inner.type != "function_definition" or _name_of(tree, inner) != method:
            continue
        parameters = inner.child_by_field_name("parameters")
        return tree.slice(parameters) if parameters is not None else ""
    return ""


def _name_of(tree: SyntaxTree, node: tree_sitter.Node | None) -> str:
    name = node.child_by_field_name("name") if node is not None else None
    return tree.slice(name) if name is not None else ""


def _others(path: str) -> Iterator[tuple[str, bytes]]:
    """The other files of the package that ``path`` lies in, each with its text."""
    own, count = Path(path), 0
    root = package_root(own)
    top = root / own.relative_to(root).parts[0] if root in own.parents else own.parent
    waiting = [str(top) if is_folder(str(top)) else str(own.parent)]
    while waiting:
        folder = waiting.pop()
        names = listing(folder).names
        below = {name for name, holds_files in names.items() if holds_files} - PASSED_OVER
        waiting += (str(Path(folder, name)) for name in sorted(below, reverse=True))
        for name in sorted(names.keys() - below):
            place = str(Path(folder, name))
            if not name.endswith(".py") or place == path or names[name]:
                continue
            count += 1
            if count > _MOST:
                return
            try:
                yield place, read(place)[0]
            except OSError:
                continue
