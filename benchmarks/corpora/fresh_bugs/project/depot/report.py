"""Plain-text reports: wrapping, tables, and totals by group."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence


def width(text: str) -> int:
    """Columns that ``text`` takes on a terminal: wide characters take two, accents none."""
    columns = 0
    for char in text:
        if unicodedata.combining(char):
            continue
        columns += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return columns


def clip(text: str, columns: int) -> str:
    """``text`` in at most ``columns``, with ``…`` at the end where it was cut."""
    if width(text) <= columns:
        return text
    kept = ""
    for char in text:
        if width(kept + char) > columns - 1:
            break
        kept += char
    return kept.rstrip() + "…"


def wrap(text: str, columns: int, indent: str = "") -> List[str]:
    """Lines of at most ``columns``; paragraphs stay apart, long words are broken.

    ``indent`` stands before every line but the first of a paragraph.
    """
    if columns <= width(indent):
        raise ValueError("no room behind the indent")
    lines: List[str] = []
    for paragraph in text.split("\n"):
        current = ""
        prefix = ""
        for word in paragraph.split():
            while True:
                candidate = f"{current} {word}" if current else prefix + word
                if width(candidate) <= columns:
                    current = candidate
                    break
                if current:
                    lines.append(current)
                    current, prefix = "", indent
                    continue
                room = columns - len(prefix)
                lines.append(prefix + word[:room])
                word, prefix = word[room:], indent
        lines.append(current)
    return lines


@dataclass
class Column:
    """A column of a table; ``show`` turns a value into text."""

    title: str
    key: str
    align: str = "left"
    show: Callable[[Any], str] = str
    most: Optional[int] = None


def _pad(text: str, columns: int, align: str) -> str:
    missing = max(0, columns - width(text))
    if align == "right":
        return " " * missing + text
    if align == "center":
        left = missing // 2
        return " " * left + text + " " * (missing - left)
    return text + " " * missing


@dataclass
class Table:
    """Rows under titles, with an optional line of totals."""

    columns: Sequence[Column]
    rows: List[Mapping[str, Any]] = field(default_factory=list)
    totals: Sequence[str] = ()

    def add(self, **values: Any) -> None:
        """Add a row; missing values stay empty."""
        self.rows.append(values)

    def _cells(self, row: Mapping[str, Any]) -> List[str]:
        cells = []
        for column in self.columns:
            value = row.get(column.key)
            text = "" if value is None else column.show(value)
            cells.append(clip(text, column.most) if column.most is not None else text)
        return cells

    def _sums(self) -> Dict[str, Any]:
        sums: Dict[str, Any] = {}
        for key in self.totals:
            values = [row[key] for row in self.rows if row.get(key) is not None]
            if values:
                total = values[0]
                for value in values[1:]:
                    total = total + value
                sums[key] = total
        return sums

    def render(self) -> str:
        """The table as text, without blanks at the ends of lines."""
        body = [self._cells(row) for row in self.rows]
        foot = [self._cells(self._sums())] if self.totals else []
        titles = [column.title for column in self.columns]
        widths = [
            max(width(line[index]) for line in [titles, *body, *foot])
            for index in range(len(self.columns))
        ]

        def line(cells: Sequence[str]) -> str:
            padded = (
                _pad(cell, columns, column.align)
                for cell, columns, column in zip(cells, widths, self.columns)
            )
            return "  ".join(padded).rstrip()

        rule = "  ".join("-" * columns for columns in widths)
        output = [line(titles), rule, *map(line, body)]
        if foot:
            output += [rule, *map(line, foot)]
        return "\n".join(output)


def group_rows(rows: Iterable[Mapping[str, Any]], by: str) -> "Dict[Any, List[Mapping[str, Any]]]":
    """Rows by the value under ``by``, in order of first appearance."""
    groups: Dict[Any, List[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row[by], []).append(row)
    return groups


def bar_chart(values: Mapping[str, float], columns: int = 40) -> str:
    """A bar for each value, the longest ``columns`` wide; what is not zero shows at least one."""
    if not values:
        return ""
    most = max(values.values())
    names = max(width(name) for name in values)
    lines = []
    for name, value in values.items():
        length = round(value / most * columns) if most > 0 else 0
        if value > 0:
            length = max(length, 1)
        lines.append(f"{_pad(name, names, 'right')} |{'#' * length}".rstrip())
    return "\n".join(lines)


def summarize(numbers: Sequence[float]) -> Dict[str, float]:
    """Count, least, most, mean and median."""
    if not numbers:
        return {"count": 0}
    ordered = sorted(numbers)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        median = ordered[middle]
    else:
        median = (ordered[middle - 1] + ordered[middle]) / 2
    return {
        "count": len(ordered),
        "least": ordered[0],
        "most": ordered[-1],
        "mean": sum(ordered) / len(ordered),
        "median": median,
    }
