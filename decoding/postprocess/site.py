"""The place that is written at, and the rules by which a text ends there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from analysis.syntax.lexer import Area, Lexer
from decoding.guidance.text_around import lexer_after
from decoding.prompts.templates import plain_line_ends

# --------------------------------------------------------------------------------------------------
# The place that is written at: both sides of the cursor and what is open there.
# --------------------------------------------------------------------------------------------------


#: How far from the cursor line ends are looked at, in characters.
_NEAR = 16_000
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class CursorSite:
    """Both sides of a cursor, with ``\\n`` for every line end; ``newline`` is the document's own.

    ``line`` is the cursor's line before it and ``rest`` the same line behind it.
    """

    before: str
    behind: str
    newline: str = "\n"

    @classmethod
    def at(cls, text: str, offset: int) -> CursorSite:
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


# --------------------------------------------------------------------------------------------------
# Where a text ends: rules that the decode loop asks after every token.
# --------------------------------------------------------------------------------------------------


#: Keywords that go on with a block at the indentation of its first line.
_CLAUSES = ("else", "elif", "except", "finally", "case")


class _LogicalLines:
    """The logical lines of a growing text: remembers where the last call came to."""

    def __init__(self, site: CursorSite) -> None:
        self._site = site
        self._reset()

    def _reset(self) -> None:
        self._seen = ""
        self._lexer: Lexer = self._site.lexer
        self._ends: list[int] = []

    def ends(self, text: str) -> list[int]:
        """The offsets of the line ends that end a logical line of ``text``."""
        if not text.startswith(self._seen):
            self._reset()
        at = len(self._seen)
        while (end := text.find("\n", at)) >= 0:
            self._lexer = self._lexer.advance(text[at:end])
            frames = len(self._lexer.frames)
            if frames <= len(self._site.lexer.frames) and self._lexer.carry != "\\":
                self._ends.append(end)
            self._lexer = self._lexer.advance("\n")
            at = end + 1
        self._seen = text[:at]
        return self._ends


class OneLine:
    """Ends behind the cursor's line."""

    def __init__(self, site: CursorSite) -> None:
        self._lines = _LogicalLines(site)

    def cut(self, text: str) -> int | None:
        """The end of the first logical line, when it is there."""
        ends = self._lines.ends(text)
        return ends[0] if ends else None


class BlockEnding:
    """Ends behind a block: before the first line that is not as deep as the block is.

    Where the cursor's line opens a block, that block; otherwise what follows at the depth of the
    cursor's line. In the first column a statement behind a blank line ends it too, since otherwise
    a whole module would follow.
    """

    def __init__(self, site: CursorSite) -> None:
        self._site = site
        self._lines = _LogicalLines(site)

    def cut(self, text: str) -> int | None:
        """The end of the last line of the block, once something follows that is not of it."""
        ends = self._lines.ends(text)
        if not ends:
            return None
        first = self._site.line + text[: ends[0]]
        opened = bool(self._site.line.strip()) and opens_block(first)
        floor = self._site.indent + opened
        kept, blanks = (ends[0] if first.strip() else 0), 0
        for start, end in zip([end + 1 for end in ends], [*ends[1:], None], strict=True):
            line = text[start:end]
            bare = line.strip()
            if not bare:
                blanks += end is not None
                if blanks > 1 and kept:
                    return kept
                continue
            depth = len(line) - len(line.lstrip(" \t"))
            clause = opened and depth == self._site.indent and _is_clause(bare, end is not None)
            if not clause and (depth < floor or (blanks and kept and not floor and not depth)):
                return kept
            if end is not None and self._repeats(line):
                return kept
            if end is not None:
                kept, blanks = end, 0
        return None

    def _repeats(self, line: str) -> bool:
        """Whether a complete line is the one that follows the cursor's anyway."""
        behind = self._site.lines_behind
        return bool(behind) and line.rstrip() == behind[0].rstrip() and len(line.strip()) > 3


def _is_clause(bare: str, complete: bool) -> bool:
    """Whether a line begins a further clause, or may yet: its first word is not complete."""
    word = bare.split(":")[0].split(" ")[0]
    if word in _CLAUSES:
        return True
    return not complete and word == bare and any(clause.startswith(word) for clause in _CLAUSES)
