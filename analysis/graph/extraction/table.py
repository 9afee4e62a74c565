"""The expressions of a file, each kept once."""

from __future__ import annotations

from analysis.graph.facts.file import Expression


class Table:
    """Interned expressions: equal rows have one index."""

    def __init__(self) -> None:
        self.rows: list[Expression] = []
        self._index: dict[Expression, int] = {}

    def add(self, *row: object) -> int:
        """The index of ``row``."""
        index = self._index.get(row)
        if index is None:
            index = self._index[row] = len(self.rows)
            self.rows.append(row)
        return index
