"""How deep the first line of what was written stands."""

from __future__ import annotations

from decoding.postprocess.site import Site, opens_block


def surplus(site: Site, text: str) -> int:
    """How many blanks at the start of ``text`` are too many.

    Models put the indentation once more behind one that is already typed, and a blank behind a
    blank.
    """
    blanks = len(text) - len(text.lstrip(" \t"))
    if not blanks or not site.in_code:
        return 0
    if site.line.strip():
        return blanks if site.line[-1:].isspace() else 0
    if site.lexer.frames:
        # Inside of brackets any depth is right; a second indentation still is not.
        return blanks if site.line else 0
    typed, written = len(site.line), len(site.line) + blanks
    if _fits(site, written) and not (typed and _fits(site, typed)):
        return 0
    return blanks if typed else 0


def _fits(site: Site, depth: int) -> bool:
    """Whether a statement may begin at ``depth`` below the line above."""
    above = site.line_above
    level = len(above) - len(above.lstrip(" \t"))
    return depth > level if opens_block(above) else depth <= level
