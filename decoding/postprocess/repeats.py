"""What a model writes although it is there already: the receiver, the line, what follows."""

from __future__ import annotations

import re

from analysis.syntax.lexer import FIELD
from decoding.postprocess import brackets
from decoding.postprocess.site import Site

_RECEIVER = re.compile(r"((?:\w+\.)+)$")
#: What stands once between two things.
_SEPARATORS = (",", ":", ";")
#: A line this short (a closing bracket, ``pass``) may well stand twice.
_TRIVIAL = 3
#: The list of an import; one in brackets may go on on other lines.
_IMPORT = re.compile(r"[ \t]*from\b[^\n;#]*?\bimport\b[ \t]*(?:\(([^)]*)|([^\n;(]*))")
_ITEM = re.compile(r"(?P<name>\w+)(?P<alias>\s+as\b\s*\w*)?")
_COMMENT = re.compile(r"#[^\n]*")


def leading(site: Site, text: str) -> int:
    """How many characters at the start of ``text`` repeat what stands before the cursor."""
    return _receiver(site, text) or _line(site, text)


def _receiver(site: Site, text: str) -> int:
    """``os.path.`` + ``path.dirname``: the receiver, or the end of it, once more.

    A receiver of one name is only taken off where it is ``self`` or ``cls``: ``datetime.datetime``
    is right.
    """
    match = _RECEIVER.search(site.line)
    if match is None or not site.in_code:
        return 0
    parts = match[1].split(".")[:-1]
    for begin in range(len(parts)):
        tail = ".".join(parts[begin:]) + "."
        single = len(parts) == 1 and parts[0] not in ("self", "cls")
        if text.startswith(tail) and not single:
            return len(tail)
    return 0


def _line(site: Site, text: str) -> int:
    """The whole of the cursor's line once more."""
    bare = site.line.strip()
    blanks = len(text) - len(text.lstrip(" \t"))
    if len(bare) <= _TRIVIAL or not text.startswith(bare, blanks):
        return 0
    begun = blanks + len(bare)
    if site.line[-1:].isspace() and begun < len(text) and _inside_word(text, begun):
        return 0  # it begins with another word: ``import`` and ``importlib``
    if site.line[-1:].isspace():
        begun += len(text[begun:]) - len(text[begun:].lstrip(" \t"))
    return begun


def trailing(site: Site, text: str) -> int:
    """How many characters at the end of ``text`` repeat what stands behind the cursor."""
    if site.rest.strip():
        return _rest(site, text)
    return _lines(site, text) or _closers(site, text)


def imported(site: Site, text: str) -> int:
    """How many characters at the end of ``text`` begin with a name that the import statement has
    already: a model that knows no further name says one again."""
    lexer = site.lexer
    begin = len(site.before) - (lexer.offset - lexer.statement)
    match = _IMPORT.match(site.before[begin:] + text)
    if match is None:
        return 0
    start = begin + match.start(match.lastindex or 0) - len(site.before)
    listed = _COMMENT.sub(lambda found: " " * len(found[0]), match[match.lastindex or 0])
    seen: set[str] = set()
    for item in _ITEM.finditer(listed):
        if item["alias"]:
            continue
        if item["name"] in seen and start + item.end() > 0:
            comma = max(0, start + listed.rfind(",", 0, item.start()))
            return len(text) - len(text[:comma].rstrip())
        seen.add(item["name"])
    return 0


def _lines(site: Site, text: str) -> int:
    """Whole lines at the end that follow the cursor's line anyway."""
    lines = text.split("\n")
    behind = [line.rstrip() for line in site.lines_behind]
    first = 0 if not site.line.strip() and not site.rest.strip() else 1
    for begin in range(first, len(lines)):
        if begin == 0:
            lines[0] = site.line + lines[0]
        tail = [line.rstrip() for line in lines[begin:] if line.strip()]
        if not tail or tail != behind[: len(tail)]:
            continue
        if begin and sum(len(line.strip()) for line in tail) <= _TRIVIAL:
            continue
        kept = sum(len(line) + 1 for line in text.split("\n")[:begin])
        return len(text) - max(0, kept - 1)
    return 0


def _rest(site: Site, text: str) -> int:
    """The rest of the cursor's line, or its first brackets, written once more (and maybe more
    behind it: what comes after a line's end is no part of it)."""
    rest = site.rest.strip()
    if not rest or "\n" in text:
        return 0
    kept, fewest = len(text), brackets.faults(site, text)
    for begin in range(len(text) - 1, -1, -1):
        again = text[begin:]
        whole = again.startswith(rest)
        if not (whole or rest.startswith(again)) or _inside_word(text, begin):
            continue
        faults = brackets.faults(site, text[:begin])
        same = (whole and again.rstrip() == rest) or again.strip() == rest[0] in _SEPARATORS
        same = same or (again == rest[0] == "}" and _in_field(site, text[:begin]))
        if faults < fewest or (same and faults == fewest):
            kept, fewest = begin, faults
    return len(text) - kept


def _in_field(site: Site, text: str) -> bool:
    """Whether the replacement field of an f-string that the cursor is in is open behind ``text``;
    it is no bracket, so the balance does not know it."""
    # A brace opens a field only when no second one follows it.
    frames = site.lexer.advance("x").frames
    return frames[-1:] == (FIELD,) and site.lexer.advance(text).frames == frames


def _closers(site: Site, text: str) -> int:
    """Closing brackets at the end whose partners are closed on the lines that follow."""
    kept = len(text)
    while text[kept - 1 : kept] in (")", "]", "}") and kept:
        if brackets.faults(site, text[: kept - 1]) >= brackets.faults(site, text[:kept]):
            break
        kept -= 1
    return len(text) - kept


def comment(site: Site, text: str) -> int:
    """How many characters at the end of ``text`` are a comment that would swallow the rest of the
    cursor's line."""
    if not site.rest.strip() or "\n" in text or not site.lexer.advance(text).comment:
        return 0
    lexer = site.lexer
    for at, character in enumerate(text):
        lexer = lexer.advance(character)
        if lexer.comment:
            return len(text) - len(text[:at].rstrip())
    return 0


def _inside_word(text: str, at: int) -> bool:
    """Whether ``at`` is in the middle of a word of ``text``."""
    return at > 0 and text[at].isalnum() and text[at - 1].isidentifier()
