"""The text that evidence is asked about: the file as if the statement at the hole ended there.

While a line is written, a bracket that is open at the hole takes what follows for its contents, and
a header without its colon the next lines for no block. A parser recovers somehow, scopes run into
each other, and analysis has to admit every word of the file, or gives up. So the statement is ended
behind the hole, if that makes a file that parses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analysis.snapshot import Snapshot
from analysis.syntax.lexer import Lexer
from analysis.syntax.tree import parse
from decoding.lexed import lexed

_CLOSES = {"(": ")", "[": "]", "{": "}"}
#: What stands in the hole while it is tried how the statement could end.
_NAME = "x"
#: A statement that wants a colon.
_HEADER = re.compile(r"\s*(?:async\s+)?(?:if|elif|while|for|with|except|match|class|def)\b")
#: How a header ends: without a block behind it, and with one.
_COLONS = (": ...", ":")
#: What a statement is no whole one without: what has to stand before it, and behind it.
_COMPANY = {
    "elif": ("if x: ...\n", ""),
    "except": ("try: ...\n", ""),
    "@": ("", "\ndef x(): ..."),
}
_FIRST = re.compile(r"@|\w*")
#: More brackets than this are seldom open in one line, and a statement has seldom more lines.
_DEEPEST, _LONGEST = 6, 60


def asked(snapshot: Snapshot, offset: int, written: str, lexer: Lexer | None = None) -> Snapshot:
    """``snapshot`` with ``written`` at ``offset`` (code points), and the statement ended behind it
    where that is needed and can be done; ``lexer`` stands behind what was written.

    Looks at the statement alone: a tree of a large file takes longer than a token.
    """
    before, behind = snapshot.text[:offset] + written, snapshot.text[offset:]
    lexer = lexed(before) if lexer is None else lexer
    header = _HEADER.match(before, lexer.statement) is not None
    ending = ""
    if header or lexer.frames:
        head, tail = before[lexer.statement :], _rest(behind, _depth(before, lexer.statement))
        endings = ("", *_endings(lexer, header=header))
        ending = next((e for e in endings if _whole(head, e, tail)), "")
    elif not written:
        return snapshot
    return snapshot.with_text(before + ending + behind)


def _endings(lexer: Lexer, *, header: bool) -> Iterator[str]:
    """How the statement could end, the likeliest first."""
    if any(frame not in _CLOSES for frame in lexer.frames):
        return  # in a string
    closers = [_CLOSES[str(frame)] for frame in reversed(lexer.frames[-_DEEPEST:])]
    for count in range(len(closers), -1, -1):
        closed = "".join(closers[:count])
        yield from (closed + colon for colon in ("", *_COLONS[: 2 * header]))


def _whole(head: str, ending: str, tail: str) -> bool:
    head = head.lstrip()
    first = _FIRST.match(head)
    front, back = _COMPANY.get(first[0] if first else "", ("", ""))
    return not parse(f"{front}{head}{_NAME}{ending}{tail}{back}\n").root.has_error


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
