"""Where lines begin and end. Only ``\\n``, ``\\r\\n`` and ``\\r`` end a line.

``str.splitlines`` also splits at form feed, U+0085 and U+2028, which neither Python's tokenizer nor
the Language Server Protocol takes for a line end; it is never used here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

_LINE_END = re.compile(r"\r\n|\r|\n")


class LineIndex:
    """The lines of one text. Offsets and columns are 0-based code points; immutable.

    A text always has at least one line, and one more line than it has line ends.
    """

    __slots__ = ("_length", "_starts", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._length = len(text)
        if "\r" in text:
            self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
        else:
            lengths = map(len, text.split("\n"))
            self._starts = list(accumulate(lengths, lambda a, b: a + b + 1, initial=0))[:-1]

    def __len__(self) -> int:
        return len(self._starts)

    def start(self, line: int) -> int:
        """The offset at which ``line`` begins; clamped to the first line and the end."""
        if line < 0:
            return 0
        return self._starts[line] if line < len(self._starts) else self._length

    def end(self, line: int) -> int:
        """The offset behind the last character of ``line``, before its line end."""
        stop = self.start(line + 1)
        if line + 1 >= len(self._starts):
            return self._length
        if self._text.startswith("\r\n", stop - 2) and stop - 2 >= self.start(line):
            return stop - 2
        return stop - 1

    def line(self, line: int) -> str:
        """The text of ``line`` without its line end; ``""`` past the end."""
        return self._text[self.start(line) : self.end(line)]

    def line_of(self, offset: int) -> int:
        """The line that holds ``offset``; offsets outside the text are clamped."""
        return bisect_right(self._starts, min(max(offset, 0), self._length)) - 1

    def position(self, offset: int) -> tuple[int, int]:
        """``(line, column)`` of ``offset``; an offset inside ``\\r\\n`` is at the line's end."""
        offset = min(max(offset, 0), self._length)
        line = self.line_of(offset)
        return line, min(offset, self.end(line)) - self._starts[line]

    def offset(self, line: int, column: int) -> int:
        """The offset of ``(line, column)``, clamped as LSP says.

        A column past the end of the line is its end; a line past the end is the end of the text.
        """
        if line < 0:
            return 0
        if line >= len(self._starts):
            return self._length
        return min(self._starts[line] + max(column, 0), self.end(line))
