"""Whether a subclass in another file may bring what a class uses of itself.

A base class may leave to its subclasses what ``self`` and ``cls`` have, and how they are called.
Those of its own file are known to analysis; the others are looked for when something is missing,
which is seldom, by their text: a file of the package that derives from a class of that name and has
the missing name in it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import tree_sitter

from analysis.environments.roots import package_root
from analysis.lint.rules.rule import Site
from analysis.lint.selection import PASSED_OVER
from analysis.snapshot import Snapshot
from analysis.syntax.hole import HoleKind
from analysis.syntax.tree import SyntaxTree

_OWN = re.compile(r"(?:self|cls|type\(self\)|self\.__class__)\Z")
_OF_OWN = re.compile(r"(?:self|cls)\.(?P<method>\w+)\Z")
#: Files that are looked into at most, so that a finding in a huge tree does not cost seconds.
_MOST = 2000


def heir_with(snapshot: Snapshot, tree: SyntaxTree, site: Site) -> str:
    """Another file of the package of ``snapshot`` in which a subclass has what ``site`` lacks, or
    ``""``."""
    missing = _missing(site)
    around = _class_around(tree, site.hole.start) if missing and snapshot.path else ""
    if not around:
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


def _class_around(tree: SyntaxTree, offset: int) -> str:
    node: tree_sitter.Node | None = tree.node_at(offset)
    while node is not None and node.type != "class_definition":
        node = node.parent
    name = node.child_by_field_name("name") if node is not None else None
    return tree.slice(name) if name is not None else ""


def _others(path: str) -> Iterator[tuple[str, bytes]]:
    """The other files of the package that ``path`` lies in, each with its text."""
    own, count = Path(path), 0
    root = package_root(own)
    top = root / own.relative_to(root).parts[0] if root in own.parents else own.parent
    for folder, below, files in os.walk(top if top.is_dir() else own.parent):
        below[:] = sorted(set(below) - PASSED_OVER)
        for name in sorted(files):
            place = Path(folder, name)
            if not name.endswith(".py") or place == own:
                continue
            count += 1
            if count > _MOST:
                return
            try:
                yield str(place), place.read_bytes()
            except OSError:
                continue
