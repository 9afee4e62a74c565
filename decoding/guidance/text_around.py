"""The text around a cursor, and how guidance reads it: likely names, lexer states, probe texts.

:class:`CursorSite` is the place that is written at; :class:`OneLine` and :class:`BlockEnding` are
the rules by which a text ends there.

:func:`known_words` guesses by indentation which words are names at a place: those of the functions
around it and of the module. Only the rest needs to be looked up; a word that it leaves out is asked
about, never refused.

:func:`lexer_after` keeps lexer states from key to key. A lexer of a whole file takes longer than
everything else that guidance does before the first token, and from one completion to the next a few
characters are typed, or the cursor goes elsewhere. A :class:`~analysis.syntax.lexer.Lexer` may
begin after any text that it has read before, so states are kept at short distances: only the text
after the first change is lexed again.

:func:`probe_text` is the text that evidence is asked about: the file as if the statement at the
hole ended there. While a line is written, an open bracket swallows the following lines, a header
lacks its colon, and a choice lacks its ``else``. The parser recovers somehow, scopes run into each
other, and analysis has to admit every word of the file, or gives up. So the statement is ended
after the hole, if that makes a file that parses.
"""

from __future__ import annotations

import builtins
import keyword
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from analysis.snapshot import Snapshot
from analysis.syntax.lexer import Area, Lexer
from analysis.syntax.tree import parse

#: What may be a name: no member of something, and not what an argument is given by.
_WORD = re.compile(r"(?<![\w.])[^\W\d]\w*+(?!=(?!=))")
#: Of a header also what has a default.
_ANY_WORD = re.compile(r"(?<![\w.])[^\W\d]\w*")
#: What an import names and does not bind.
_UNBOUND = re.compile(r"^[ \t]*from\b.*?(?=\bimport\b)|(?<![\w.])[\w.]++[ \t]+as\b", re.MULTILINE)
#: Strings and comments.
_PROSE = re.compile(
    r'''"""[^"\\]*+(?:(?:\\[\s\S]|"(?!""))[^"\\]*+)*+(?:"""|\Z)|"(?:\\.|[^"\\\n])*+"|#[^\n]*+'''
    r"""|'''[^'\\]*+(?:(?:\\[\s\S]|'(?!''))[^'\\]*+)*+(?:'''|\Z)|'(?:\\.|[^'\\\n])*+'"""
)
_INK = re.compile(r"[^\n]+")
_HEADER = re.compile(r"[ \t]*(?:async[ \t]+)?(def|class)\b")
_DEF = re.compile(r"[ \t]*(?:async[ \t]+)?def\b")
#: What a line assigns.
_TARGET = re.compile(r"^\s*\w+[ \t]*(?::[^=]*)?=(?!=)")
#: What every file can call.
BUILTINS = frozenset(dir(builtins))
_WELL_KNOWN = frozenset(keyword.kwlist) | BUILTINS


def known_words(text: str, offset: int) -> frozenset[str]:
    """The words of the module's own level and of every function around ``offset``; of a class only
    where the code is directly in its body. Keywords and builtins are always among them.

    Of the innermost function only what stands before ``offset``, and of its line not what the line
    assigns: what comes later may have no value yet. What functions and classes in it hold is their
    own, and so is what an argument is given by.
    """
    # Every line stays where it is, and the cursor in its line.
    text = "".join(_PROSE.sub(_blank, part) for part in (text[:offset], text[offset:]))
    lines = text.split("\n")
    here = text.count("\n", 0, offset)
    found = set(_WELL_KNOWN)
    found.update(_words(_outside(lines)))
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    spans = _around(lines, here)
    if spans and _DEF.match(lines[spans[0][0]]) and spans[0][0] < here:
        (first, _), spans = spans[0], spans[1:]
        found.update(_of_block([*lines[first:here], _TARGET.sub("", line)]))
    for first, last in spans:
        found.update(_of_block(lines[first:last]))
    return frozenset(found)


def _words(lines: list[str]) -> list[str]:
    return _WORD.findall(_UNBOUND.sub(" ", "\n".join(lines)))


def _of_block(lines: list[str]) -> list[str]:
    """The words of a function or a class that begins with its header, without what those in it
    hold."""
    body = next((at for at, line in enumerate(lines, 1) if line.rstrip().endswith(":")), 1)
    found = _ANY_WORD.findall("\n".join(lines[:body]))
    return found + _words(_outside(lines[body:]))


def _outside(lines: list[str]) -> list[str]:
    """The lines that belong to no function and no class that begins in them, their headers
    included; of a function's its name alone, since nobody else sees its parameters."""
    kept: list[str] = []
    inside = -1
    for line in lines:
        bare, depth = line.lstrip(" \t"), _depth(line)
        # A bracket that closes where a header began ends that header.
        if inside >= 0 and (not bare or depth > inside or (depth == inside and bare[0] in ")]}")):
            continue
        inside = depth if _HEADER.match(line) else -1
        kept.append(line.partition("(")[0] if _DEF.match(line) else line)
    return kept


def _blank(prose: re.Match[str]) -> str:
    return _INK.sub(lambda line: " " * len(line[0]), prose[0])


def _around(lines: list[str], here: int) -> list[tuple[int, int]]:
    """The spans of lines of the functions around a line, and of the class it is directly in."""
    spans, depth, direct = [], _depth(lines[here]) if lines[here].strip() else None, True
    for at in range(here, -1, -1):
        line = lines[at]
        if not line.strip():
            continue
        header = _HEADER.match(line)
        if depth is None:
            # On a blank line the cursor is as deep as what stands above, or in its block.
            depth = _depth(line) + (header is not None)
        if header and (_depth(line) < depth or at == here):
            depth = _depth(line)
            if header[1] == "def" or direct:
                spans.append((at, _end(lines, at, here)))
            direct = False
        if depth == 0:
            break
    return spans


def _end(lines: list[str], header: int, here: int) -> int:
    """The line behind the block of a header that holds the line ``here``."""
    depth = _depth(lines[header])
    for at in range(here + 1, len(lines)):
        line = lines[at]
        if line.strip() and _depth(line) <= depth and line.strip()[0] not in ")]}":
            return at
    return len(lines)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


#: Code points between two states: lexing as many takes about as long as finding where to begin.
_STEP = 1_000
#: Texts that are kept: those that editors show at once.
_KEPT = 8


@dataclass(frozen=True, slots=True)
class _KnownStates:
    """A text, and the states behind some beginnings of it from the empty one to all of it."""

    text: str
    states: tuple[Lexer, ...]

    def states_in(self, text: str) -> tuple[Lexer, ...]:
        """Those that stand behind beginnings of ``text`` too."""
        if text.startswith(self.text):
            return self.states
        return self.states[
            : bisect_left(
                self.states, True, key=lambda s: not text.startswith(self.text[: s.offset])
            )
        ]


#: The newest first. Replaced as a whole: whoever looks at it sees it whole.
_known: tuple[_KnownStates, ...] = ()


def lexer_after(text: str) -> Lexer:
    """The state behind ``text``."""
    global _known
    known = _known
    if known and known[0].text == text:
        return known[0].states[-1]
    shared = max((each.states_in(text) for each in known), key=_reach, default=(Lexer(),))
    # What was typed key by key leaves states close to each other, of which the last one is enough.
    states = [state for state in shared[:-1] if not state.offset % _STEP]
    states.append(shared[-1])
    while (at := states[-1].offset) < len(text):
        states.append(states[-1].advance(text[at : at - at % _STEP + _STEP]))
    # A text that this one goes on with is not needed any more.
    others = [each for each in known if not text.startswith(each.text)]
    _known = (_KnownStates(text, tuple(states)), *others[: _KEPT - 1])
    return states[-1]


def _reach(states: tuple[Lexer, ...]) -> int:
    return states[-1].offset


_CLOSES = {"(": ")", "[": "]", "{": "}"}
#: What stands in the hole while it is tried how the statement could end.
_NAME = "x"
#: A statement that wants a colon.
_COMPOUND = re.compile(r"\s*(?:async\s+)?(?:if|elif|while|for|with|except|match|class|def)\b")
#: How a header ends: without a block behind it, and with one.
_COLONS = (": ...", ":")
#: What an expression that chooses lacks (language reference, *Conditional expressions*), and what
#: shows that there may be one.
_ELSE, _CHOICE = " else None", re.compile(r"\bif\b")
#: What a statement is no whole one without: what has to stand before it, and behind it.
_COMPANY = {
    "elif": ("if x: ...\n", ""),
    "except": ("try: ...\n", ""),
    "@": ("", "\ndef x(): ..."),
}
_FIRST = re.compile(r"@|\w*")
_FIRST_WORD = re.compile(r"\s*\w+")
#: More brackets than this are seldom open in one line, and a statement has seldom more lines.
_DEEPEST, _LONGEST = 6, 60


def probe_text(
    snapshot: Snapshot, offset: int, written: str, lexer: Lexer | None = None
) -> Snapshot:
    """``snapshot`` with ``written`` at ``offset`` (code points), and the statement ended behind it
    where that is needed and can be done; ``lexer`` stands behind what was written.

    Looks at the statement alone: a tree of a large file takes longer than a token.
    """
    before, behind = snapshot.text[:offset] + written, snapshot.text[offset:]
    lexer = lexer_after(before) if lexer is None else lexer
    header = _COMPOUND.match(before, lexer.statement) is not None
    choice = _CHOICE.search(before, _word_end(before, lexer.statement)) is not None
    ending = ""
    if header or choice or lexer.frames:
        head, tail = (
            before[lexer.statement :],
            _rest(behind, _depth(_line_of(before, lexer.statement))),
        )
        endings = ("", *_endings(lexer, header=header, choice=choice))
        ending = next((e for e in endings if _whole(head, e, tail)), "")
    elif not written:
        return snapshot
    return snapshot.with_text(before + ending + behind)


def _endings(lexer: Lexer, *, header: bool, choice: bool) -> Iterator[str]:
    """How the statement could end, the likeliest first; a choice gets its ``else`` as far inside as
    it can be."""
    if any(frame not in _CLOSES for frame in lexer.frames):
        return  # in a string
    closers = [_CLOSES[str(frame)] for frame in reversed(lexer.frames[-_DEEPEST:])]
    colons = ("", *_COLONS[: 2 * header])
    for count in range(len(closers), -1, -1):
        yield from ("".join(closers[:count]) + colon for colon in colons)
    if not choice:
        return
    for count in range(len(closers), -1, -1):
        for inside in range(count + 1):
            ended = "".join([*closers[:inside], _ELSE, *closers[inside:count]])
            yield from (ended + colon for colon in colons)


def _whole(head: str, ending: str, tail: str) -> bool:
    head = head.lstrip()
    first = _FIRST.match(head)
    front, back = _COMPANY.get(first[0] if first else "", ("", ""))
    return not parse(f"{front}{head}{_NAME}{ending}{tail}{back}\n").root.has_error


def _word_end(text: str, statement: int) -> int:
    """Behind the first word of the statement: an ``if`` that begins it chooses nothing."""
    first = _FIRST_WORD.match(text, statement)
    return first.end() if first else statement


def _line_of(text: str, statement: int) -> str:
    """The line that a statement begins in."""
    return text[text.rfind("\n", 0, statement) + 1 :].lstrip("\n")


def _rest(behind: str, depth: int) -> str:
    """The rest of the line, and the lines below that can belong to a statement of this depth."""
    first, *lines = behind.split("\n", _LONGEST)[:_LONGEST]
    kept = [first]
    for line in lines:
        bare = line.lstrip(" \t")
        if bare and len(line) - len(bare) <= depth and bare[0] not in ")]}":
            break
        kept.append(line)
    return "\n".join(kept).rstrip()


# --------------------------------------------------------------------------------------------------
# The place that is written at: both sides of the cursor and what is open there.
# --------------------------------------------------------------------------------------------------


#: How far from the cursor line ends are looked at, in characters.
_NEAR = 16_000
_LINE_END = re.compile(r"\r\n|\r|\n")


def plain_line_ends(text: str) -> str:
    """``text`` with ``\\n`` for every line end, as models have seen code."""
    return _LINE_END.sub("\n", text) if "\r" in text else text


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
