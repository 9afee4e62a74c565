"""Tree-sitter trees of Python as values that speak code points.

Parsing never raises on bad code: it returns a tree and its errors. A tree belongs to one text;
:func:`reparse` makes the next one from it, sharing what did not change.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import tree_sitter
import tree_sitter_python

from analysis.text.document import LineIndex

LANGUAGE = tree_sitter.Language(tree_sitter_python.language())

_LONE_RETURN = re.compile(rb"\r(?!\n)")
#: One checkpoint of the code point → byte table every so many code points.
_STRIDE = 2048
#: More errors than this are the noise of one broken place.
_MAX_ERRORS = 200


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """A place that does not parse, in code points."""

    start: int
    end: int
    message: str


class SyntaxTree:
    """The tree of one text. Immutable by contract; offsets outside are clamped."""

    def __init__(self, text: str, data: bytes, tree: tree_sitter.Tree) -> None:
        self.text = text
        self.data = data
        self._tree = tree
        self._ascii = len(data) == len(text)

    @property
    def root(self) -> tree_sitter.Node:
        """The root node; its byte offsets index ``data``."""
        return self._tree.root_node

    @property
    def raw(self) -> tree_sitter.Tree:
        """The tree-sitter tree, for :func:`reparse`; not to be edited."""
        return self._tree

    @cached_property
    def lines(self) -> LineIndex:
        """The line index of the text."""
        return LineIndex(self.text)

    @cached_property
    def _checkpoints(self) -> list[int]:
        table = [0]
        for start in range(0, len(self.text), _STRIDE):
            table.append(table[-1] + len(_encode(self.text[start : start + _STRIDE])))
        return table

    def to_byte(self, offset: int) -> int:
        """The byte at which code point ``offset`` begins."""
        offset = min(max(offset, 0), len(self.text))
        if self._ascii:
            return offset
        block = offset // _STRIDE
        return self._checkpoints[block] + len(_encode(self.text[block * _STRIDE : offset]))

    def to_offset(self, byte: int) -> int:
        """The code point that holds ``byte``."""
        byte = min(max(byte, 0), len(self.data))
        if self._ascii:
            return byte
        block = bisect_right(self._checkpoints, byte) - 1
        part = self.data[self._checkpoints[block] : byte]
        # Every byte that does not continue a character begins one.
        begun = len(part) - sum(1 for unit in part if 0x80 <= unit < 0xC0)
        inside = byte < len(self.data) and 0x80 <= self.data[byte] < 0xC0
        return min(block * _STRIDE + begun - (1 if inside else 0), len(self.text))

    def span(self, node: tree_sitter.Node) -> tuple[int, int]:
        """Where ``node`` lies, in code points."""
        return self.to_offset(node.start_byte), self.to_offset(node.end_byte)

    def slice(self, node: tree_sitter.Node) -> str:
        """The text of ``node``."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "surrogatepass")

    def node_at(self, offset: int) -> tree_sitter.Node:
        """The smallest node that holds the character at ``offset``."""
        byte = self.to_byte(offset)
        return self.root.descendant_for_byte_range(byte, byte) or self.root

    def inside(self, offset: int, kinds: frozenset[str]) -> tree_sitter.Node | None:
        """The innermost node of one of ``kinds`` that begins before ``offset`` and ends behind."""
        byte = self.to_byte(offset)
        node = self.root.descendant_for_byte_range(byte, byte)
        while node is not None:
            if node.type in kinds and node.start_byte < byte < node.end_byte:
                return node
            node = node.parent
        return None

    @cached_property
    def errors(self) -> tuple[SyntaxProblem, ...]:
        """What does not parse, in order of position; at most 200."""
        found: list[SyntaxProblem] = []
        for node in _broken(self.root):
            start, end = self.span(node)
            what = f"expected {node.type}" if node.is_missing else "syntax error"
            found.append(SyntaxProblem(start, end, what))
            if len(found) == _MAX_ERRORS:
                break
        return tuple(found)


def _broken(root: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    pending = [root]
    while pending:
        node = pending.pop()
        if node.is_error or node.is_missing:
            yield node
        elif node.has_error:
            pending.extend(reversed(node.children))


#: Real code nests less than 40 nodes deep, a sum of a thousand lines a thousand; the root of broken
#: code has a child for each token. Queries take quadratic time in both: 1 s and more beyond these.
_DEEPEST, _WIDEST = 1_200, 20_000


def too_deep(tree: SyntaxTree) -> bool:
    """Whether code is nested so deeply, or so much of it was not understood, that going through its
    nodes would take too long. Takes linear time."""
    cursor = tree.root.walk()
    down, beside, up = cursor.goto_first_child, cursor.goto_next_sibling, cursor.goto_parent
    counts: list[int] = []
    while True:
        if down():
            counts.append(1)
            if len(counts) > _DEEPEST:
                return True
            continue
        while not beside():
            if not up():
                return False
            counts.pop()
        counts[-1] += 1
        if counts[-1] == _WIDEST:
            around = cursor.copy()
            around.goto_parent()
            if around.node is not None and around.node.is_error:
                return True


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def parse(text: str) -> SyntaxTree:
    """The tree of ``text``."""
    data = _encode(text)
    return SyntaxTree(text, data, tree_sitter.Parser(LANGUAGE).parse(_with_known_ends(data)))


_kept: OrderedDict[str, SyntaxTree] = OrderedDict()
#: Trees that are kept: the texts that are looked at now, with and without a name in their hole.
_KEPT = 6


def parsed(text: str) -> SyntaxTree:
    """The tree of ``text``, kept for the next who asks; made from the tree of a text that begins
    the same way, where one is kept."""
    tree = _kept.get(text)
    if tree is None:
        head = text[:200]
        near = next((t for k, t in reversed(_kept.items()) if k.startswith(head)), None)
        tree = _kept[text] = reparse(near, text) if near is not None and head else parse(text)
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
    _kept.move_to_end(text)
    return tree


def reparse(old: SyntaxTree, text: str) -> SyntaxTree:
    """The tree of ``text``, reusing of ``old`` what lies outside the changed span.

    The span is found by comparing the texts, so several edits at once are one span; the result is
    the tree :func:`parse` gives.
    """
    if text == old.text:
        return old
    data = _encode(text)
    before, after = _with_known_ends(old.data), _with_known_ends(data)
    start = _common_prefix(before, after)
    tail = _common_suffix(before, after, start)
    edited = old.raw.copy()
    edited.edit(
        start_byte=start,
        old_end_byte=len(before) - tail,
        new_end_byte=len(after) - tail,
        start_point=_point(after, start),
        old_end_point=_point(before, len(before) - tail),
        new_end_point=_point(after, len(after) - tail),
    )
    return SyntaxTree(text, data, tree_sitter.Parser(LANGUAGE).parse(after, edited))


def _with_known_ends(data: bytes) -> bytes:
    """``data`` with a lone ``\\r`` as ``\\n``, of the same length: tree-sitter's grammar takes
    the former for a space, Python for the end of a line."""
    return _LONE_RETURN.sub(b"\n", data) if b"\r" in data else data


def _common_prefix(a: bytes, b: bytes) -> int:
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_suffix(a: bytes, b: bytes, prefix: int) -> int:
    low, high = 0, min(len(a), len(b)) - prefix
    while low < high:
        middle = (low + high + 1) // 2
        if a[len(a) - middle : len(a) - low] == b[len(b) - middle : len(b) - low]:
            low = middle
        else:
            high = middle - 1
    return low


def _point(data: bytes, byte: int) -> tree_sitter.Point:
    row = data.count(b"\n", 0, byte)
    return tree_sitter.Point(row, byte - (data.rfind(b"\n", 0, byte) + 1))
