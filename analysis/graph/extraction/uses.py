"""The sites where a file uses something, and what Python itself calls there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import tree_sitter

from analysis.graph.extraction.table import Table
from analysis.graph.facts.file import NONE, Site, Span

if TYPE_CHECKING:
    from analysis.graph.extraction.extract import Extractor

#: Operators of rows whose methods are built in.
_PLAIN = frozenset({"b", "l", "t", "comp", "lam"})


class Uses:
    """What one :class:`~analysis.graph.extraction.extract.Extractor` reads: text, places, sites."""

    def __init__(self, extractor: Extractor) -> None:
        self.x = extractor
        self.table = Table()
        self._data = extractor.data
        #: The row, column and byte at which the string lies that is read.
        self._shift: tuple[int, int, int] | None = None

    def text(self, node: tree_sitter.Node) -> str:
        """The text of ``node``."""
        return self._data[node.start_byte : node.end_byte].decode("utf-8", "surrogatepass")

    def encoded(self, node: tree_sitter.Node) -> bytes:
        """The same in UTF-8."""
        return self._data[node.start_byte : node.end_byte]

    def between(self, left: tree_sitter.Node, right: tree_sitter.Node) -> bytes:
        """What stands between two nodes."""
        return self._data[left.end_byte : right.start_byte]

    @property
    def quoted(self) -> bool:
        """Whether what is read stands in a string."""
        return self._shift is not None

    @contextmanager
    def quoting(self, content: tree_sitter.Node) -> Iterator[None]:
        """Reading nodes of a string's ``content``, which was parsed on its own."""
        whole = self._data
        self._shift, self._data = (*content.start_point, content.start_byte), self.encoded(content)
        try:
            yield
        finally:
            self._shift, self._data = None, whole

    def span(self, node: tree_sitter.Node) -> Span:
        """Where ``node`` lies, in lines and code points."""
        (a, b), (c, d) = node.start_point, node.end_point
        if self._shift is not None:
            row, column, _ = self._shift
            return self.x.points(row + a, column + b, row + c, column + d)
        return self.x.points(a, b, c, d)

    def at(self, node: tree_sitter.Node) -> int:
        """The byte at which ``node`` begins."""
        return node.start_byte + (self._shift[2] if self._shift else 0)

    def site(self, kind: str, expression: int, place: tree_sitter.Node) -> None:
        """Record that ``expression`` is used, named at ``place``."""
        x = self.x
        x.sites.append(
            Site(kind, x.scope, x.block, self.at(place), expression, self.span(place), x.owner)
        )

    def implied(self, row: int, place: tree_sitter.Node, *names: str) -> None:
        """Python calls the first of methods ``names`` that the type of ``row`` has."""
        if row != NONE and self.table.rows[row][0] not in _PLAIN:
            for name in names:
                self.site("implied", self.table.add("a", row, name), place)

    def iterated(self, row: int, place: tree_sitter.Node) -> int:
        """``row`` is iterated over; the row of its elements."""
        if row != NONE and self.table.rows[row][0] not in _PLAIN:
            start = self.table.add("a", row, "__iter__")
            self.site("implied", start, place)
            step = self.table.add("a", self.table.add("c", start, ()), "__next__")
            self.site("implied", step, place)
        return self.table.add("it", row)
