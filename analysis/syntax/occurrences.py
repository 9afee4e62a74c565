"""Where the same receiver is used elsewhere in a file: the witnesses of its members."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from tree_sitter import Node

from analysis.syntax.tree import SyntaxTree

_DOT = r"[\s\\]*\.[\s\\]*"
_TEXT = frozenset({"string_content", "comment"})
_CODE = frozenset({"interpolation"})
_ASSIGNED = re.compile(r"[ \t\f]*(?:=(?!=)|:(?!=)[^\r\n]*|(?:[-+*/%@&|^]|//|\*\*|<<|>>)=)")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """``receiver.name`` at ``start`` (of the name) to ``end``, in code points.

    ``store`` says that it is assigned or declared there, as far as the rest of the line shows.
    """

    name: str
    start: int
    end: int
    store: bool = False


def attribute_occurrences(tree: SyntaxTree, receiver: str) -> tuple[Occurrence, ...]:
    """Every attribute of a receiver with the text ``receiver``, in order of position.

    Whitespace around dots does not matter. Strings and comments do not count, replacement fields
    of f-strings do. Nothing is said about whether the receiver is the same object.
    """
    text, found = tree.text, []
    for match in _pattern(receiver).finditer(text):
        if _is_text(tree, match.start()):
            continue
        store = _ASSIGNED.match(text, match.end()) is not None
        found.append(Occurrence(match["name"], match.start("name"), match.end("name"), store))
    return tuple(found)


@lru_cache(maxsize=512)
def _pattern(receiver: str) -> re.Pattern[str]:
    parts = re.split(r"\s*\.\s*", receiver)
    path = _DOT.join(re.escape(part) for part in parts)
    before = r"(?<![\w.])" if receiver[:1].isidentifier() else ""
    return re.compile(before + path + _DOT + r"(?P<name>[^\W\d]\w*)")


def _is_text(tree: SyntaxTree, offset: int) -> bool:
    node: Node | None = tree.node_at(offset)
    while node is not None and node.type not in _CODE:
        if node.type in _TEXT:
            return True
        node = node.parent
    return False
