"""Corrections of a completion, in their order: they take off what does not belong in the file.

Pure functions of text; nothing here knows a model. Cases: ``tests/fixtures/postprocess``.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from analysis.syntax.lexer import FIELD, Area, Lexer, Quote
from analysis.syntax.tree import parse
from decoding.guidance.text_around import BlockEnding, CursorSite, OneLine, opens_block

# --------------------------------------------------------------------------------------------------
# How deep the first line of what was written stands.
# --------------------------------------------------------------------------------------------------


def surplus(site: CursorSite, text: str) -> int:
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


def _fits(site: CursorSite, depth: int) -> bool:
    """Whether a statement may begin at ``depth`` below the line above."""
    above = site.line_above
    level = len(above) - len(above.lstrip(" \t"))
    return depth > level if opens_block(above) else depth <= level


# --------------------------------------------------------------------------------------------------
# Brackets of what was written, counted together with both sides of the cursor.
# --------------------------------------------------------------------------------------------------


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


def faults(site: CursorSite, text: str) -> int:
    """Brackets without a partner when ``text`` stands between both sides of the cursor."""
    return balance(site.lexer, text + site.behind[:_AHEAD]).faults


def closed(site: CursorSite, text: str) -> str:
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


def rounded_off(site: CursorSite, text: str, *, more: bool) -> str:
    """``text`` with the brackets closed that the cursor's line opened and that nothing behind
    closes, where it stops behind a comma or there was ``more`` on another line and this one is
    whole without it."""
    bare = text.rstrip()
    if not bare or site.rest.strip() or _DEFINITION.match(site.line):
        return text
    before = site.before[: len(site.before) - len(site.line)]
    outside = len(CursorSite.at(before, len(before)).lexer.frames)
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


def ended(site: CursorSite, text: str) -> str:
    """``text`` with all closed that the statement opened so far and that nothing behind closes."""
    bare = quoted(site, text).rstrip()
    frames = site.lexer.advance(f"{bare} ").frames
    if any(frame not in _CLOSES for frame in frames):
        return bare
    lacking = len(balance(site.lexer, f"{bare} {site.behind[:_AHEAD]}").open)
    closers = [_CLOSES[frame] for frame in reversed(frames) if isinstance(frame, str)]
    return bare + "".join(closers[:lacking])


def quoted(site: CursorSite, text: str) -> str:
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


def _ends_well(site: CursorSite, text: str) -> bool:
    state = site.lexer.advance(text + site.rest)
    return len(state.frames) <= len(site.lexer.frames) and bool(site.rest.strip())


def _wants_more(text: str) -> bool:
    return text[-1:] in ".=+-*/%@&|^~<>"


# --------------------------------------------------------------------------------------------------
# What a model writes although it is there already: the receiver, the line, what follows.
# --------------------------------------------------------------------------------------------------


_RECEIVER = re.compile(r"((?:\w+\.)+)$")
#: What stands once between two things.
_SEPARATORS = (",", ":", ";")
#: A line this short (a closing bracket, ``pass``) may well stand twice.
_TRIVIAL = 3
#: The list of an import; one in brackets may go on on other lines.
_IMPORT = re.compile(r"[ \t]*from\b[^\n;#]*?\bimport\b[ \t]*(?:\(([^)]*)|([^\n;(]*))")
_ITEM = re.compile(r"(?P<name>\w+)(?P<alias>\s+as\b\s*\w*)?")
_COMMENT = re.compile(r"#[^\n]*")


def leading(site: CursorSite, text: str) -> int:
    """How many characters at the start of ``text`` repeat what stands before the cursor."""
    return _receiver(site, text) or _line(site, text)


def _receiver(site: CursorSite, text: str) -> int:
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


def _line(site: CursorSite, text: str) -> int:
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


def trailing(site: CursorSite, text: str) -> int:
    """How many characters at the end of ``text`` repeat what stands behind the cursor."""
    if site.rest.strip():
        return _rest(site, text)
    return _lines(site, text) or _closers(site, text)


def imported(site: CursorSite, text: str) -> int:
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


def _lines(site: CursorSite, text: str) -> int:
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


def _rest(site: CursorSite, text: str) -> int:
    """The rest of the cursor's line, or its first brackets, written once more (and maybe more
    behind it: what comes after a line's end is no part of it)."""
    rest = site.rest.strip()
    if not rest or "\n" in text:
        return 0
    kept, fewest = len(text), faults(site, text)
    for begin in range(len(text) - 1, -1, -1):
        again = text[begin:]
        whole = again.startswith(rest)
        if not (whole or rest.startswith(again)) or _inside_word(text, begin):
            continue
        left = faults(site, text[:begin])
        same = (whole and again.rstrip() == rest) or again.strip() == rest[0] in _SEPARATORS
        same = same or (again == rest[0] == "}" and _in_field(site, text[:begin]))
        if left < fewest or (same and left == fewest):
            kept, fewest = begin, left
    return len(text) - kept


def _in_field(site: CursorSite, text: str) -> bool:
    """Whether the replacement field of an f-string that the cursor is in is open behind ``text``;
    it is no bracket, so the balance does not know it."""
    # A brace opens a field only when no second one follows it.
    frames = site.lexer.advance("x").frames
    return frames[-1:] == (FIELD,) and site.lexer.advance(text).frames == frames


def _closers(site: CursorSite, text: str) -> int:
    """Closing brackets at the end whose partners are closed on the lines that follow."""
    kept = len(text)
    while text[kept - 1 : kept] in (")", "]", "}") and kept:
        if faults(site, text[: kept - 1]) >= faults(site, text[:kept]):
            break
        kept -= 1
    return len(text) - kept


def comment(site: CursorSite, text: str) -> int:
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


# --------------------------------------------------------------------------------------------------
# Whether what was written makes a statement with both sides of the cursor, and where it stops to.
#
# A small model does not know where the line that it fills ends: it heads a block with an
# expression, closes a bracket of another kind, goes on behind a call. What stands before that is
# often right.
# --------------------------------------------------------------------------------------------------


#: How much of what follows the cursor may end its statement, in characters.
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


def whole(site: CursorSite, text: str) -> str:
    """``text``, or as much of its beginning as makes a statement, with its brackets closed.

    ``""`` where no beginning does though a value in its place would; unchanged where the statement
    cannot be judged, since another part of it is broken or missing.
    """
    if not text.strip() or site.lexer.comment:
        return text
    makes = _makes(site, text)
    if makes or (makes is None and not balance(site.lexer, text).unmatched):
        return text
    ends = [at for at in range(len(text) - 1, 0, -1) if _ends_token(text, at)]
    for at in ends[:_TRIES]:
        shorter = ended(site, text[:at])
        if _makes(site, shorter):
            return shorter
    would = any(_makes(site, ended(site, value)) for value in _PLACEHOLDERS)
    return "" if would else text


def _makes(site: CursorSite, text: str) -> bool | None:
    """Whether the statement at the cursor is one with ``text``; ``None`` where its end is not
    known."""
    lexer = site.lexer
    before = site.before[len(site.before) - (lexer.offset - lexer.statement) :]
    behind = _behind(site, text)
    return None if behind is None else _stands((before + text + behind).strip())


def _behind(site: CursorSite, text: str) -> str | None:
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


# --------------------------------------------------------------------------------------------------
# From what the model wrote to what is inserted: each correction in its turn.
# --------------------------------------------------------------------------------------------------


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


def finish(site: CursorSite, raw: str, *, multiline: bool, stopped: str) -> Finished:
    """What to insert of ``raw``, ``""`` where nothing is best.

    ``stopped`` is why writing ended (see ``Written``); ``length`` means in the
    middle.
    """
    rule = BlockEnding(site) if multiline else OneLine(site)
    cut = rule.cut(raw)
    end = len(raw) if cut is None else cut
    if cut is None and stopped == "length":
        end = _last_whole_line(site, raw) if multiline else 0
    elif cut is None and stopped == "gave_up" and not multiline:
        end = 0
    start = surplus(site, raw[:end])
    start += leading(site, raw[start:end])
    text = raw[start:end].rstrip()
    if site.in_code:
        text = text[: len(text) - comment(site, text)]
        text = text[: len(text) - imported(site, text)]
    text = text[: len(text) - trailing(site, text)]
    if not site.rest.strip() or site.rest[0].isspace():
        text = text.rstrip()
    written = text
    if site.in_code:
        text = closed(site, text)
        if _is_half(site, text):
            text = ""
        if not multiline:
            text = rounded_off(site, text, more=stopped == "rule")
    elif not multiline and text and stopped == "rule":
        text = rounded_off(site, quoted(site, text), more=True)
    if not multiline:
        text = whole(site, text)
    kept = start + _common(written, text)
    if not text.strip():
        return Finished("")
    return Finished(text.replace("\n", site.newline), start, kept)


def _last_whole_line(site: CursorSite, raw: str) -> int:
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


def _is_half(site: CursorSite, text: str) -> bool:
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
