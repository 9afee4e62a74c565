"""Which lines around a cursor fit a budget of tokens: whole lines, the nearest first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

Tokenize = Callable[[str], list[int]]

_LINE_ENDS = re.compile(r"\r\n?")
#: No token spells more characters than this in code that a person wrote; what is far longer per
#: token (runs of spaces) only makes a window smaller than it could be.
_CHARACTERS_A_TOKEN = 8


def plain_line_ends(text: str) -> str:
    """``text`` with ``\\n`` for every line end, as models have seen code."""
    return _LINE_ENDS.sub("\n", text) if "\r" in text else text


def before(text: str, budget: int, tokenize: Tokenize) -> str:
    """The end of ``text`` that spells at most ``budget`` tokens, from the start of a line."""
    kept, room = [], budget
    for line in _lines_backwards(text, budget * _CHARACTERS_A_TOKEN):
        cost = len(tokenize(line))
        if cost > room:
            break
        kept.append(line)
        room -= cost
    if kept or not text:
        return "".join(reversed(kept))
    # The cursor's own line does not fit: its end, wherever that begins.
    return _fitting(text, budget, tokenize, from_end=True)


def behind(text: str, budget: int, tokenize: Tokenize) -> str:
    """The start of ``text`` that spells at most ``budget`` tokens, up to the end of a line."""
    kept, room = [], budget
    for line in _lines(text, budget * _CHARACTERS_A_TOKEN):
        cost = len(tokenize(line))
        if cost > room:
            break
        kept.append(line)
        room -= cost
    if kept or not text:
        return "".join(kept)
    return _fitting(text, budget, tokenize, from_end=False)


def _lines_backwards(text: str, limit: int) -> Iterator[str]:
    """The lines of ``text`` with their ends, from the last; not much more than ``limit``
    characters, so that a long file costs no more than a short one."""
    stop, oldest = len(text), len(text) - limit
    while stop > 0 and stop > oldest:
        start = text.rfind("\n", 0, stop - 1) + 1
        yield text[start:stop]
        stop = start


def _lines(text: str, limit: int) -> Iterator[str]:
    start = 0
    while start < min(len(text), limit):
        stop = text.find("\n", start) + 1 or len(text)
        yield text[start:stop]
        start = stop


def _fitting(text: str, budget: int, tokenize: Tokenize, *, from_end: bool) -> str:
    """The longest end (or start) of ``text`` of at most ``budget`` tokens, within a line."""
    low, high = 0, min(len(text), budget * _CHARACTERS_A_TOKEN)
    while low < high:
        middle = (low + high + 1) // 2
        part = text[len(text) - middle :] if from_end else text[:middle]
        if len(tokenize(part)) <= budget:
            low = middle
        else:
            high = middle - 1
    return text[len(text) - low :] if from_end else text[:low]
