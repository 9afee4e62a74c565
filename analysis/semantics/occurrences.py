"""What the text of the file itself shows about a receiver or a call, found without parsing.

The text is usually broken at the hole, so patterns are more robust here than a tree.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from functools import lru_cache

from analysis.syntax.hole import Hole

#: Stands in for the name that is being written, so that its statement is whole.
PLACEHOLDER = "pilotfish_hole"

#: What follows a dot that nothing was written behind yet.
_KEYWORDS = frozenset(keyword.kwlist)
_PATH = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
#: A call of a path of names, and the beginning of what it is given; calls stand within calls.
_CALL = re.compile(rf"(?<![\w.])(?P<callee>{_PATH.pattern})[ \t]*\((?=(?P<given>[^()\n]*))")
_KEYWORD = re.compile(r"(?:^|,)\s*([^\W\d]\w*)\s*=(?!=)")


#: Strings and comments, whose contents show nothing about the code. An unclosed quote ends with
#: its line.
PROSE = re.compile(
    r"""(?:\"{3}(?:[^\\]|\\.)*?(?:\"{3}|\Z)|'{3}(?:[^\\]|\\.)*?(?:'{3}|\Z)"""
    r"""|"(?:[^"\\\n]|\\.)*(?:"|$)|'(?:[^'\\\n]|\\.)*(?:'|$)|#[^\n]*)""",
    re.DOTALL | re.MULTILINE,
)


@lru_cache(maxsize=8)
def code_only(text: str) -> str:
    """``text`` with strings and comments blanked; offsets and lines stay as they are."""
    return PROSE.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)


def with_placeholder(text: str, start: int, end: int) -> tuple[str, int]:
    """``text`` with a whole name at the hole, and the offset of that name.

    A name that stands there already is left, so that all holes of an intact file share a text; the
    beginning of one that is a keyword (``is`` of ``isdir``) is none.
    """
    if end > start and text[start:end] not in _KEYWORDS:
        return text, start
    return text[:start] + PLACEHOLDER + text[end:], start


def is_called(text: str, name: str) -> bool:
    """Whether ``text`` calls ``name``, as by itself and not as an attribute."""
    called = re.compile(rf"(?<![\w.])(?<!class ){re.escape(name)}[ \t]*\(")
    return called.search(code_only(text)) is not None


def witnesses(text: str, hole: Hole, within: tuple[int, int] | None = None) -> frozenset[str]:
    """The names that the receiver's text shows elsewhere in the file.

    ``within``, a span of offsets, narrows the search: ``self`` means another thing in each class.
    What a model wrote just before the hole shows nothing: its mistake would prove itself.
    """
    if not hole.receiver_text:
        return frozenset()
    # A receiver that holds a string is not found in the blanked text: then it has no witnesses.
    shown = code_only(text)
    start, end = within or (0, len(text))
    pattern = re.compile(rf"(?<![\w.]){re.escape(hole.receiver_text)}[ \t]*\.[ \t]*([^\W\d]\w*)")
    found = {
        m[1]
        for m in pattern.finditer(shown, start, end)
        if not m.start() < hole.start <= m.start(1)  # written at the hole, blanks apart
        and not 0 <= hole.written <= m.start(1) < hole.start
    }
    return frozenset(found) - _KEYWORDS


def asked(text: str, hole: Hole, within: tuple[int, int] | None = None) -> frozenset[str]:
    """The names that the code asks of the receiver's text by a literal: ``hasattr(self, "x")``.

    ``within`` as for :func:`witnesses`.
    """
    if not hole.receiver_text:
        return frozenset()
    start, end = within or (0, len(text))
    call = re.compile(
        rf"\b(?:has|get|set|del)attr\(\s*{re.escape(hole.receiver_text)}\s*,\s*[\"']([^\W\d]\w*)[\"']"
    )
    return frozenset(match[1] for match in call.finditer(text, start, end))


def keywords_used(text: str, hole: Hole) -> frozenset[str]:
    """The keywords that the same callee is given elsewhere, on the first line of a call."""
    callee = hole.receiver_text
    if not callee:
        return frozenset()
    if _PATH.fullmatch(callee):
        return frozenset(name for at, name in _given(text).get(callee, ()) if at != hole.start)
    call = re.compile(rf"(?<![\w.]){re.escape(callee)}[ \t]*\((?P<given>[^()\n]*)")
    matches = call.finditer(code_only(text))
    return frozenset(name for m in matches for at, name in _keywords_of(m) if at != hole.start)


@lru_cache(maxsize=4)
def _given(text: str) -> dict[str, list[tuple[int, str]]]:
    """The keywords that each callee, a path of names, is given: where they stand, and which."""
    given: dict[str, list[tuple[int, str]]] = {}
    for match in _CALL.finditer(code_only(text)):
        given.setdefault(match["callee"], []).extend(_keywords_of(match))
    return given


def _keywords_of(call: re.Match[str]) -> Iterator[tuple[int, str]]:
    for given in _KEYWORD.finditer(call["given"]):
        yield call.start("given") + given.start(1), given[1]
