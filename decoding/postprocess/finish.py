"""From what the model wrote to what is inserted: each correction in its turn."""

from __future__ import annotations

import re
from dataclasses import dataclass

from decoding.postprocess import brackets, indentation, repeats
from decoding.postprocess.ending import Block, OneLine
from decoding.postprocess.site import Site
from decoding.postprocess.whole import whole

#: What a statement never ends with: operators, and words that want something behind them.
_OPERATORS = tuple("+-*/%@&|^~<>=!,.([{\\")
_WANTING = frozenset(
    {"and", "as", "assert", "async", "await", "class", "def", "del", "elif", "except", "for"}
    | {"from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "while"}
    | {"with"}
)


#: Words that want a colon behind them, where they are no part of an expression.
_OPENING = frozenset({"else", "finally", "try"})
#: What of the other side of the cursor cannot be the missing part.
_CLOSING = tuple(")]},:;")
#: A lambda with nothing behind its colon, a loop without what it is over.
_LAMBDA = re.compile(r"\blambda\b[^:()]*:$")
_LOOP = re.compile(r"\bfor\s+\w+(?:\s*,\s*\w+)*$")


@dataclass(frozen=True, slots=True)
class Finished:
    """What is to be inserted; ``start`` and ``end`` say which part of the raw text it keeps.

    ``text`` has the document's line ends and may hold closing brackets the raw text lacks.
    """

    text: str
    start: int = 0
    end: int = 0


def finish(site: Site, raw: str, *, multiline: bool, stopped: str) -> Finished:
    """What to insert of ``raw``, ``""`` where nothing is best.

    ``stopped`` is why writing ended (see ``Written``); ``length`` means in the
    middle.
    """
    rule = Block(site) if multiline else OneLine(site)
    cut = rule.cut(raw)
    end = len(raw) if cut is None else cut
    if cut is None and stopped == "length":
        end = _last_whole_line(site, raw) if multiline else 0
    elif cut is None and stopped == "gave_up" and not multiline:
        end = 0
    start = indentation.surplus(site, raw[:end])
    start += repeats.leading(site, raw[start:end])
    text = raw[start:end].rstrip()
    if site.in_code:
        text = text[: len(text) - repeats.comment(site, text)]
        text = text[: len(text) - repeats.imported(site, text)]
    text = text[: len(text) - repeats.trailing(site, text)]
    if not site.rest.strip() or site.rest[0].isspace():
        text = text.rstrip()
    written = text
    if site.in_code:
        text = brackets.closed(site, text)
        if _is_half(site, text):
            text = ""
        if not multiline:
            text = brackets.rounded_off(site, text, more=stopped == "rule")
    elif not multiline and text and stopped == "rule":
        text = brackets.rounded_off(site, brackets.quoted(site, text), more=True)
    if not multiline:
        text = whole(site, text)
    kept = start + _common(written, text)
    if not text.strip():
        return Finished("")
    return Finished(text.replace("\n", site.newline), start, kept)


def _last_whole_line(site: Site, raw: str) -> int:
    """The end of the last logical line that is complete and opens nothing."""
    for end in reversed([at for at, c in enumerate(raw) if c == "\n"]):
        state = site.lexer.advance(raw[:end])
        if len(state.frames) <= len(site.lexer.frames) and state.before != ":":
            return end
    return 0


def _common(first: str, second: str) -> int:
    """The length of the beginning that both texts have."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(first), len(second)))


def _is_half(site: Site, text: str) -> bool:
    """Whether ``text`` stops where Python wants something more and nothing that could be it
    follows."""
    bare = text.rstrip()
    state = site.lexer.advance(bare)
    behind = site.rest.strip()
    if (behind and behind[0] not in _CLOSING) or state.comment or state.in_string:
        return False
    if state.frames and bare.endswith(","):
        return False
    if bare.endswith(("...", "import *")):
        return False
    statement = (site.line + bare).split("\n")[-1]
    last = bare.split("\n")[-1].split(" ")[-1]
    if last in _OPENING:
        return not behind.startswith(":")
    wants = bare.endswith(_OPERATORS) or last in _WANTING
    return wants or bool(_LAMBDA.search(statement) or _LOOP.search(statement))
