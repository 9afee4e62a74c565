"""The place that is written at: both sides of the cursor and what is open there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from analysis.syntax.lexer import Area, Lexer
from decoding.guidance.lexer_cache import lexer_after
from decoding.prompts.templates import plain_line_ends

#: How far from the cursor line ends are looked at, in characters.
_NEAR = 16_000
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Site:
    """Both sides of a cursor, with ``\\n`` for every line end; ``newline`` is the document's own.

    ``line`` is the cursor's line before it and ``rest`` the same line behind it.
    """

    before: str
    behind: str
    newline: str = "\n"

    @classmethod
    def at(cls, text: str, offset: int) -> Site:
        """The site at ``offset`` (code points, clamped) of ``text``."""
        cursor = min(max(offset, 0), len(text))
        before, behind = text[:cursor], text[cursor:]
        return cls(plain_line_ends(before), plain_line_ends(behind), _newline(before, behind))

    @cached_property
    def line(self) -> str:
        """The cursor's line, up to the cursor."""
        return self.before[self.before.rfind("\n") + 1 :]

    @cached_property
    def rest(self) -> str:
        """The cursor's line behind the cursor."""
        return self.behind.partition("\n")[0]

    @cached_property
    def indent(self) -> int:
        """How many blanks the cursor's line begins with."""
        return len(self.line) - len(self.line.lstrip(" \t"))

    @cached_property
    def lexer(self) -> Lexer:
        """The lexer behind ``before``."""
        return lexer_after(self.before)

    @cached_property
    def in_code(self) -> bool:
        """Whether the cursor stands in code, not in a comment or a string."""
        return self.lexer.area is Area.CODE and not self.lexer.in_string

    @cached_property
    def lines_behind(self) -> tuple[str, ...]:
        """The first lines that follow the cursor's, blank ones left out."""
        following = self.behind.partition("\n")[2][:4000].split("\n")
        return tuple(line for line in following if line.strip())[:40]

    @cached_property
    def line_above(self) -> str:
        """The nearest line above that is not blank, or ``""``."""
        above = self.before[: self.before.rfind("\n") + 1].rstrip()
        return above[above.rfind("\n") + 1 :]


def opens_block(line: str) -> bool:
    """Whether a line of code ends in a colon that wants an indented block."""
    lexer = Lexer().advance(line)
    return lexer.before == ":" and not lexer.frames and not lexer.word


def _newline(before: str, behind: str) -> str:
    """The line end used nearest above the cursor, else nearest below."""
    ends = _LINE_END.findall(before[-_NEAR:]) or _LINE_END.findall(behind[:_NEAR])[:1]
    return ends[-1] if ends else "\n"
