"""Whether what was written makes a statement with both sides of the cursor, and where it stops to.

A small model does not know where the line that it fills ends: it heads a block with an expression,
closes a bracket of another kind, goes on behind a call. What stands before that is often right.
"""

from __future__ import annotations

import ast
import re

from analysis.syntax.lexer import Quote
from analysis.syntax.tree import parse
from decoding.postprocess import brackets
from decoding.postprocess.site import Site

#: How much of what follows the cursor may end its statement, in characters.
_AHEAD = 1_500
#: Ends that are tried at most: each costs a parse of the statement.
_TRIES = 200
#: What stands for any argument: where even this makes no statement, the fault is not the text's.
_PLACEHOLDERS = ("x", "x=x")
#: Clauses of a statement that began above, and what lets each stand by itself.
_CLAUSES = {"elif": "if x: pass\n", "else": "if x: pass\n", "finally": "try: pass\n"}
_CLAUSES |= {"except": "try: pass\n", "case": "match x:\n ", "@": ""}
_HEAD = re.compile(r"@|\w+")
#: An escape that is none is a warning to the parser; which letter follows does not matter here.
_ESCAPE = re.compile(r"\\([^\r\n'\"\\N])|\\.", re.DOTALL)
_FORMATTED = re.compile(r"(?i:\b(?:[ft]r?|r[ft]))['\"]")


def whole(site: Site, text: str) -> str:
    """``text``, or as much of its beginning as makes a statement, with its brackets closed.

    ``""`` where no beginning does though a value in its place would; unchanged where the statement
    cannot be judged, since another part of it is broken or missing.
    """
    if not text.strip() or site.lexer.comment:
        return text
    makes = _makes(site, text)
    if makes or (makes is None and not brackets.balance(site.lexer, text).unmatched):
        return text
    ends = [at for at in range(len(text) - 1, 0, -1) if _ends_token(text, at)]
    for at in ends[:_TRIES]:
        shorter = brackets.ended(site, text[:at])
        if _makes(site, shorter):
            return shorter
    would = any(_makes(site, brackets.ended(site, value)) for value in _PLACEHOLDERS)
    return "" if would else text


def _makes(site: Site, text: str) -> bool | None:
    """Whether the statement at the cursor is one with ``text``; ``None`` where its end is not
    known."""
    lexer = site.lexer
    before = site.before[len(site.before) - (lexer.offset - lexer.statement) :]
    behind = _behind(site, text)
    return None if behind is None else _stands((before + text + behind).strip())


def _behind(site: Site, text: str) -> str | None:
    """What follows the cursor as far as its statement goes; ``None`` where that is not known."""
    state, ahead = site.lexer.advance(text), site.behind[:_AHEAD]
    start = 0
    for line in re.finditer(r"[^\n]*(?:\n|\Z)", ahead):
        bare = line[0].removesuffix("\n")
        last = state.advance(bare)
        # With a blank behind it: two quotes are an empty string unless a third one follows.
        if last.carry != "\\" and not last.advance(" ").frames:
            return ahead[: start + len(bare)]
        if any(isinstance(frame, Quote) and len(frame.mark) > 1 for frame in last.frames):
            return None
        state, start = state.advance(line[0]), line.end()
    return None


def _stands(statement: str) -> bool:
    head = _HEAD.match(statement)
    before = _CLAUSES.get(head[0], "") if head else ""
    behind = "\ndef f(): pass" if statement.startswith("@") else ""
    plain = _ESCAPE.sub(lambda found: f"_{found[1]}" if found[1] else found[0], statement)
    for end in ("", " pass", ": pass", "\n case x: pass"):
        try:
            ast.parse(before + plain + end + behind)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return True
    # Newer Python allows more within the fields of an f-string than ours may know.
    return bool(_FORMATTED.search(statement)) and not parse(statement).root.has_error


def _ends_token(text: str, at: int) -> bool:
    """Whether no word goes on at ``at``, nor blanks end there."""
    inside = (text[at - 1].isalnum() or text[at - 1] == "_") and (
        text[at].isalnum() or text[at] == "_"
    )
    return not inside and not text[at - 1].isspace()
