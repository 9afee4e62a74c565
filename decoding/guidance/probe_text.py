"""The text that evidence is asked about: the file as if the statement at the hole ended there.

While a line is written, a bracket that is open at the hole takes what follows for its contents, and
a header without its colon the next lines for no block, and of a choice that lacks its ``else`` no
parser makes anything. It recovers somehow, scopes run into each other, and analysis has to admit
every word of the file, or gives up. So the statement is ended behind the hole, if that makes a file
that parses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analysis.snapshot import Snapshot
from analysis.syntax.lexer import Lexer
from analysis.syntax.tree import parse
from decoding.guidance.lexer_cache import lexer_after

_CLOSES = {"(": ")", "[": "]", "{": "}"}
#: What stands in the hole while it is tried how the statement could end.
_NAME = "x"
#: A statement that wants a colon.
_HEADER = re.compile(r"\s*(?:async\s+)?(?:if|elif|while|for|with|except|match|class|def)\b")
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
_WORD = re.compile(r"\s*\w+")
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
    header = _HEADER.match(before, lexer.statement) is not None
    choice = _CHOICE.search(before, _word_end(before, lexer.statement)) is not None
    ending = ""
    if header or choice or lexer.frames:
        head, tail = before[lexer.statement :], _rest(behind, _depth(before, lexer.statement))
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
    first = _WORD.match(text, statement)
    return first.end() if first else statement


def _depth(text: str, statement: int) -> int:
    """How deep the line is indented that a statement begins in."""
    line = text[text.rfind("\n", 0, statement) + 1 :].lstrip("\n")
    return len(line) - len(line.lstrip(" \t"))


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
