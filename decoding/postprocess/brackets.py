"""Brackets of what was written, counted together with both sides of the cursor."""

from __future__ import annotations

import re
from dataclasses import dataclass

from analysis.syntax.lexer import FIELD, Area, Lexer, Quote
from analysis.syntax.tree import parse
from decoding.postprocess.site import Site

_CLOSES = {"(": ")", "[": "]", "{": "}"}
_DEFINITION = re.compile(r"\s*(?:async\s+)?(?:def|class)\b")
#: The innermost open bracket is a call's; brackets within brackets are not looked through.
_CALL = re.compile(r"[\w)\]]\([^()]*(?:\([^()]*\)[^()]*)*$")
#: How much of what follows the cursor is looked at, in characters: a long call.
_AHEAD = 1_500


@dataclass(frozen=True, slots=True)
class Balance:
    """``unmatched`` closing brackets, and those ``open`` at the end, outermost first."""

    unmatched: int
    open: tuple[str, ...]

    @property
    def faults(self) -> int:
        """How many brackets lack their partner."""
        return self.unmatched + len(self.open)


def balance(lexer: Lexer, text: str) -> Balance:
    """The balance of ``text`` where ``lexer`` stands before it."""
    unmatched = 0
    for character in text:
        before, lexer = lexer, lexer.advance(character)
        closing = character in ")]}" and before.area is Area.CODE
        unmatched += closing and len(lexer.frames) >= len(before.frames)
    return Balance(unmatched, tuple(f for f in lexer.frames if f in _CLOSES))


def faults(site: Site, text: str) -> int:
    """Brackets without a partner when ``text`` stands between both sides of the cursor."""
    return balance(site.lexer, text + site.behind[:_AHEAD]).faults


def closed(site: Site, text: str) -> str:
    """``text`` with the brackets closed that it opened and that nothing behind it closes.

    Returns ``""`` where closing would leave half an expression or an open string.
    """
    # With a blank behind it: two quotes are an empty string unless a third one follows.
    state = site.lexer.advance(text if text[-1:].isspace() else f"{text} ")
    depth = len(site.lexer.frames)
    added = state.frames[depth:]
    if not added:
        return text
    if any(isinstance(frame, Quote) for frame in added) or state.in_string:
        # An open string: sound only if the other side ends it and all is well then.
        return text if _ends_well(site, text) else ""
    lacking = faults(site, text) - faults(site, "")
    if lacking <= 0:
        return text
    bare = text.rstrip()
    if bare[-1:] in "([{" or _wants_more(bare) or (bare.endswith(":") and added[-1] == "{"):
        return ""
    closers = [_CLOSES[frame] for frame in reversed(added) if isinstance(frame, str)]
    return bare + "".join(closers[:lacking])


def rounded_off(site: Site, text: str, *, more: bool) -> str:
    """``text`` with the brackets closed that the cursor's line opened and that nothing behind
    closes, where it stops behind a comma or there was ``more`` on another line and this one is
    whole without it."""
    bare = text.rstrip()
    if not bare or site.rest.strip() or _DEFINITION.match(site.line):
        return text
    before = site.before[: len(site.before) - len(site.line)]
    outside = len(Site.at(before, len(before)).lexer.frames)
    opened = site.lexer.advance(bare).frames[outside:]
    lacking = len(balance(site.lexer, bare + site.behind[:_AHEAD]).open)
    if not opened or lacking < len(opened) or any(frame not in _CLOSES for frame in opened):
        return text
    closers = "".join(_CLOSES[frame] for frame in reversed(opened) if isinstance(frame, str))
    if not bare.endswith(","):
        whole = more and not outside and _parses(f"{site.line}{bare}{closers}".strip())
        return bare + closers if whole else text
    # A comma makes a tuple of what is in round brackets, but not of a call's arguments.
    if opened[-1] != "(" or _CALL.search(site.line + bare):
        bare = bare[:-1].rstrip()
    return bare + closers


def ended(site: Site, text: str) -> str:
    """``text`` with all closed that the statement opened so far and that nothing behind closes."""
    bare = quoted(site, text).rstrip()
    frames = site.lexer.advance(f"{bare} ").frames
    if any(frame not in _CLOSES for frame in frames):
        return bare
    lacking = len(balance(site.lexer, f"{bare} {site.behind[:_AHEAD]}").open)
    closers = [_CLOSES[frame] for frame in reversed(frames) if isinstance(frame, str)]
    return bare + "".join(closers[:lacking])


def quoted(site: Site, text: str) -> str:
    """``text`` with the string closed that the cursor stands in, where that must end with the line
    and does not."""
    # With a blank behind it: two quotes are an empty string unless a third one follows.
    frames = site.lexer.advance(f"{text} ").frames
    first = next((at for at, f in enumerate(site.lexer.frames) if isinstance(f, Quote)), None)
    if first is None or first >= len(frames) or site.rest.strip():
        return text
    if any(isinstance(frame, Quote) and len(frame.mark) > 1 for frame in frames):
        return text
    ends = _CLOSES | {FIELD: "}"}
    return text + "".join(
        frame.mark if isinstance(frame, Quote) else ends.get(frame, "")
        for frame in reversed(frames[first:])
    )


def _parses(line: str) -> bool:
    """Whether a line is a statement, or the header of one but for its colon."""
    return any(not parse(line + colon).root.has_error for colon in ("", ": ..."))


def _ends_well(site: Site, text: str) -> bool:
    state = site.lexer.advance(text + site.rest)
    return len(state.frames) <= len(site.lexer.frames) and bool(site.rest.strip())


def _wants_more(text: str) -> bool:
    return text[-1:] in ".=+-*/%@&|^~<>"
