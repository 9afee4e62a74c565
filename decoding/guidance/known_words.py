"""Words that are most likely names at a place: those of the functions around it and of the module.

A cheap guess by indentation, so that only the rest needs to be looked up; what it leaves out is
asked about, never refused.
"""

from __future__ import annotations

import builtins
import keyword
import re

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
