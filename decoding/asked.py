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
from analysis.syntax.tree import parsed
from decoding.lexed import lexed

_CLOSES = {"(": ")", "[": "]", "{": "}"}
#: What stands in the hole while it is tried how the statement could end.
_NAME = "x"
#: A statement that wants a colon.
_HEADER = re.compile(r"\s*(?:async\s+)?(?:if|elif|while|for|with|except|match|class|def)\b")
#: How a header ends: without a block behind it, and with one.
_COLONS = (": ...", ":")
#: More brackets than this are seldom open in one line.
_DEEPEST = 6


def asked(snapshot: Snapshot, offset: int, written: str, lexer: Lexer | None = None) -> Snapshot:
    """``snapshot`` with ``written`` at ``offset`` (code points), and the statement ended behind it
    where that is needed and can be done; ``lexer`` stands behind what was written."""
    before, behind = snapshot.text[:offset] + written, snapshot.text[offset:]
    lexer = lexed(before) if lexer is None else lexer
    header = _HEADER.match(before, lexer.statement) is not None
    if header or lexer.frames:
        ending = next(
            (
                ending
                for ending in ("", *_endings(lexer, header=header))
                if not parsed(f"{before}{_NAME}{ending}{behind}").root.has_error
            ),
            "",
        )
        behind = ending + behind
    elif not written:
        return snapshot
    return snapshot.with_text(before + behind)


def _endings(lexer: Lexer, *, header: bool) -> Iterator[str]:
    """How the statement could end, the likeliest first."""
    if any(frame not in _CLOSES for frame in lexer.frames):
        return  # in a string
    closers = [_CLOSES[str(frame)] for frame in reversed(lexer.frames[-_DEEPEST:])]
    for count in range(len(closers), -1, -1):
        closed = "".join(closers[:count])
        yield from (closed + colon for colon in ("", *_COLONS[: 2 * header]))
