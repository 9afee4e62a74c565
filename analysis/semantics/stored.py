"""The attributes that a file itself gives to objects by assignment, as far as they may be these.

jedi lists what a class assigns to its own ``self``. What is assigned from elsewhere (``x.y = 1``)
belongs to an object that may be the receiver, unless the target shows that it is another one: the
``self`` of another class, or a module.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable
from functools import lru_cache

from tree_sitter import Node

from analysis.semantics.occurrences import code_only
from analysis.semantics.receiver import UnionMember, UnionMemberKind
from analysis.syntax.hole import Hole
from analysis.syntax.tree import parsed

#: A pattern that begins with its dot is found by a plain search for dots.
_STORE = re.compile(
    r"\.(?:[ \t\f]|\\\r?\n)*(?P<name>[^\W\d]\w*)\s*(?P<annotation>:[^=\n]+)?"
    r"(?:=(?!=)|(?:[-+*/%@&|^]|//|\*\*|<<|>>)=)"
)
_TARGET = re.compile(r"(?<![\w.])(?P<target>[^\W\d][\w.]*)\s*\Z")
#: How far to the left of its dot a target is looked for.
_LONGEST = 120
_IMPORTED = re.compile(r"^[ \t]*import[ \t]+([^\n#]+)", re.MULTILINE)
_OWN = re.compile(r"(?:self|cls)(?:\.__class__)?\Z|type\(self\)\Z")


def stored_names(text: str, hole: Hole, members: Iterable[UnionMember]) -> frozenset[str]:
    """The names that an object which is one of ``members`` may be given in ``text``, the hole's own
    assignment left out."""
    classes: set[str] = set()
    written = False
    for member in members:
        if member.kind is UnionMemberKind.MODULE:
            continue
        classes.update(facts.name for facts in member.order)
        written = written or _takes_any(member)
    here = (hole.start, text[hole.start : hole.end])
    return frozenset(
        name
        for start, name, owner in _stores(text)
        if (start, name) != here and (owner in classes if owner else written)
    )


def _takes_any(member: UnionMember) -> bool:
    """Whether an attribute can be given to it: of the builtin types those that have a ``__dict__``,
    such as exceptions."""
    first = member.order[0] if member.order else None
    if first is None or first.module != "builtins":
        return True
    builtin = getattr(builtins, first.name, None)
    return not isinstance(builtin, type) or builtin.__dictoffset__ != 0


@lru_cache(maxsize=8)
def _stores(text: str) -> tuple[tuple[int, str, str], ...]:
    """Where each store begins, its name, and the class whose ``self`` it goes to, or ``""``."""
    code = code_only(text)
    modules = {
        part.split(" as ")[-1].partition(".")[0].strip()
        for listed in _IMPORTED.findall(code)
        for part in listed.split(",")
    }
    found = []
    for match in _STORE.finditer(code):
        before = _TARGET.search(code, max(0, match.start() - _LONGEST), match.start())
        target = before["target"] if before is not None else ""
        begin = before.start() if before is not None else match.start()
        if target.partition(".")[0] in modules:
            continue
        line = code.rfind("\n", 0, begin) + 1
        if match["annotation"] and code[line:begin].strip():
            continue  # an item of a dictionary
        owner = _class_around(text, match.start()) if _OWN.match(target) else ""
        found.append((match.start("name"), match["name"], owner))
    return tuple(found)


def _class_around(text: str, offset: int) -> str:
    tree = parsed(text)
    node: Node | None = tree.node_at(offset)
    while node is not None:
        if node.type == "class_definition":
            name = node.child_by_field_name("name")
            return tree.slice(name) if name is not None else ""
        node = node.parent
    return ""
