"""Syntactic reasons to doubt what analysis says about a receiver.

Read from the lines around the cursor by their indentation, which holds where the code does not
parse. Erring on the side of doubt: a guard that is not one costs an answer, a missed one costs a
wrong answer.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, takewhile

from analysis.syntax.statement import Statement

#: Guards of calls whose arguments may be refused, or that another version or no one makes.
REFUSED_CALLS = frozenset({"try_type_error", "with_error", "version", "type_checking"})

_TESTS = ("hasattr", "isinstance", "issubclass", "getattr", "setattr", "callable", "type")
_TESTED = re.compile(rf"\b(?:{'|'.join(_TESTS)})\s*\(")
_HANDLER = re.compile(r"except\b(?P<caught>[^:]*)")
#: What a handler must catch for its ``try`` to be a probe, and the guard that it makes.
_CAUGHT = (
    ("AttributeError", "try_attribute_error"),
    ("ImportError", "try_import_error"),
    ("ModuleNotFoundError", "try_import_error"),
    ("NameError", "try_name_error"),
    ("TypeError", "try_type_error"),
)
#: What is caught where something that was looked for is not there.
_ABSENT = ("ImportError", "ModuleNotFoundError", "NameError")
#: Contexts in which a warning is expected.
_WARNED = re.compile(r"\b(?:catch_warnings|warns|deprecated_call|assertWarns\w*)\b")
_HEADER = re.compile(
    r"(?:async[ \t]+)?"
    r"(?P<word>def|class|if|elif|else|try|except|finally|while|for|with|match|case)\b"
)
#: Tests of the version, the platform or the implementation, also by the names they are kept under.
_OTHER_PYTHON = re.compile(
    r"\b_?sys\s*\.\s*(?:version|platform|implementation)\b|\b(?:version_info|hexversion)\b"
    r"|\b_?os\s*\.\s*name\b|\b(?:IS_?|is_?|_)?(?:PY|py)_?[23]\w*|\bPYPY\b|\bIS_PYPY\b"
)
#: The same within an expression: ``a if PY3 else b``, ``PY3 and a``. It begins wherever one does.
_CHOICE = re.compile(
    rf"(?=(\bif\b[^:;\[\]{{}}]*?(?:{_OTHER_PYTHON.pattern})[^:;\[\]{{}}]*?\belse\b"
    rf"|(?:{_OTHER_PYTHON.pattern})[^:;\[\]{{}}]*?\b(?:and|or)\b))"
)
#: A test of the version that is left for good where it holds, as a keyword: the rest is for others.
_LEFT = "left"
_LEAVES = re.compile(r"(?:return|raise|continue|break)\b")
#: What an ``else`` or ``elif`` may belong to; the body of its ``try`` is another matter.
_HEADS = frozenset({"if", "elif", "while", "for"})
#: The indentation of a line that holds code, and not just the end of a bracket.
_CODE = re.compile(r"^[ \t\f]*+(?=[^\n#)\]}])", re.MULTILINE)


def guards_at(text: str, statement: Statement, receiver: str, offset: int) -> tuple[str, ...]:
    """The guards of a receiver at ``offset``.

    ``hasattr``, ``isinstance``, ``getattr``, …: the enclosing function applies it to the same
    receiver (or to the object the receiver is reached through); for ``isinstance`` and ``type``
    only above the cursor. ``try_attribute_error``, ``try_import_error``, ``try_name_error``,
    ``try_type_error``, ``try_any``: an enclosing ``try`` whose handler catches it. ``with_error``:
    an enclosing ``with`` that names such an error (``suppress``, ``raises``), ``with_warning`` one
    that expects a warning (``catch_warnings``, ``warns``). ``type_checking`` and
    ``version``: an enclosing test of ``TYPE_CHECKING``, ``sys.version_info`` or ``sys.platform``;
    ``version`` also in an expression that chooses by one, behind such a test whose block leaves by
    ``return`` or ``raise``, and in the handler of an import or a name that is missing.
    ``may_store``: the target begins the statement and nothing follows yet, so that it may still be
    assigned.
    """
    found: list[str] = []
    scope, scope_indent = 0, -1
    for start, indent, word, header in _enclosing(text, statement.start, statement.indent):
        if word in ("def", "class"):
            if word == "def" and scope_indent < 0:
                scope, scope_indent = start, indent
            continue
        if scope_indent >= 0 and word in ("try", "with"):
            continue  # a function runs when its ``try`` is long left; its version stays
        if word == "except":
            # What is done instead: under another version, with another package.
            if any(name in header for name in _ABSENT):
                found.append("version")
        elif word == "try":
            found.extend(_handlers(text, statement.start, indent))
        elif word == "with" and any(name in header for name, _ in _CAUGHT):
            found.append("with_error")
        elif word == "with" and _WARNED.search(header):
            found.append("with_warning")
        elif word == _LEFT:
            found.append("version")
        elif word in ("if", "elif", "else", "while"):
            if "TYPE_CHECKING" in header:
                found.append("type_checking")
            if _OTHER_PYTHON.search(header):
                found.append("version")
    if _chooses(text, statement.start, _line_end(text, offset)):
        found.append("version")
    if receiver:
        found.extend(_tested(text, receiver, scope, scope_indent, offset))
    if _may_store(text, statement, receiver, offset):
        found.append("may_store")
    return tuple(dict.fromkeys(found))


def _chooses(text: str, start: int, end: int) -> bool:
    """Whether an expression between ``start`` and ``end`` chooses by the version."""
    spans = _choices(text)
    inside = takewhile(
        lambda span: span[0] < end, islice(spans, bisect_left(spans, (start, 0)), None)
    )
    return any(until <= end for _, until in inside)


@lru_cache(maxsize=8)
def _choices(text: str) -> list[tuple[int, int]]:
    """Where such expressions begin and end."""
    return [match.span(1) for match in _CHOICE.finditer(text)]


@lru_cache(maxsize=8)
def _plain(text: str) -> str:
    """``text`` with a line feed at every line end; offsets stay as they are."""
    return text.replace("\r", "\n")


@lru_cache(maxsize=8)
def _code_lines(text: str) -> tuple[list[int], list[int]]:
    """Where the lines begin that hold code, and how deep they are indented."""
    found = [match.span() for match in _CODE.finditer(_plain(text))]
    return [start for start, _ in found], [end - start for start, end in found]


@lru_cache(maxsize=512)
def _enclosing(text: str, offset: int, below: int) -> tuple[tuple[int, int, str, str], ...]:
    """``(start, indent, keyword, line)`` of the headers around the statement at ``offset``, which
    is indented ``below`` deep, inside out; with the keyword :data:`_LEFT` of a test of the version
    further up whose block leaves the one around."""
    starts, indents = _code_lines(text)
    found = []
    branch = False  # the last header was an ``else``: its ``if`` stands at the same indent
    leaves = False  # the block that is gone through, further in, ends by leaving
    inside = False
    at = bisect_left(starts, _plain(text).rfind("\n", 0, offset) + 1)
    while (below > 0 or branch) and at > 0:
        at -= 1
        indent = indents[at]
        if indent > below:
            leaves = leaves if inside else _LEAVES.match(text, starts[at] + indent) is not None
            inside = True
            continue
        ended, inside = leaves and inside, False
        content = starts[at] + indent
        if indent == below and not branch:
            if ended and text.startswith("if", content):
                header = text[content : _line_end(text, content)]
                if _OTHER_PYTHON.search(header):
                    found.append((content, indent, _LEFT, header))
            continue
        match = _HEADER.match(text, content)
        if match is None:
            # Less indented without being a header: the end of a bracket or of a string.
            continue
        word = match["word"]
        if indent == below and branch and word not in _HEADS:
            continue
        branch = word in ("else", "elif")
        below = indent
        found.append((content, indent, word, text[content : _line_end(text, content)]))
    return tuple(found)


def _line_end(text: str, offset: int) -> int:
    end = _plain(text).find("\n", offset)
    return end if end >= 0 else len(text)


@lru_cache(maxsize=512)
def _handlers(text: str, offset: int, indent: int) -> tuple[str, ...]:
    """The guards made by the handlers of the ``try`` at ``indent`` that ``offset`` lies in."""
    starts, indents = _code_lines(text)
    found: list[str] = []
    for at in range(bisect_right(starts, offset), len(starts)):
        if indents[at] > indent:
            continue
        content = starts[at] + indents[at]
        if indents[at] < indent or not text.startswith(("except", "else", "finally"), content):
            break
        match = _HANDLER.match(text, content, _line_end(text, content))
        if match is not None:
            found += _caught(match["caught"])
    return tuple(found)


def _caught(names: str) -> Iterator[str]:
    for name, guard in _CAUGHT:
        if name in names:
            yield guard
    if not names.strip(" *") or re.search(r"\b(Base)?Exception\b", names):
        yield "try_any"


@lru_cache(maxsize=512)
def _test_pattern(receiver: str) -> re.Pattern[str]:
    # ``hasattr(a, "b")`` is doubt about ``a.b`` as well as about ``a``.
    path = re.split(r"\s*\.\s*", receiver) if re.fullmatch(r"[\w\s.]+", receiver) else [receiver]
    prefixes = [r"\s*\.\s*".join(map(re.escape, path[: i + 1])) for i in range(len(path))]
    words = "|".join(_TESTS)
    return re.compile(rf"\b(?P<test>{words})\s*\(\s*(?:{'|'.join(prefixes[::-1])})\s*[,)]")


@lru_cache(maxsize=8)
def _tests(text: str) -> list[int]:
    """Where something is tested, whatever it is."""
    return [match.start() for match in _TESTED.finditer(text)]


def _tested(text: str, receiver: str, scope: int, indent: int, offset: int) -> Iterator[str]:
    tests = _tests(text)
    first = bisect_left(tests, scope)
    if len(receiver) > 200 or first == len(tests):
        return
    end = _scope_end(text, offset, indent)
    pattern = _test_pattern(receiver)
    for start in tests[first : bisect_left(tests, end)]:
        match = pattern.match(text, start, end)
        if match is None:
            continue
        test = match["test"]
        if test in ("isinstance", "issubclass", "type", "callable") and start > offset:
            continue
        yield test


def _scope_end(text: str, offset: int, indent: int) -> int:
    """Where the function ends whose header has ``indent``; the end of the text for a module."""
    if indent < 0:
        return len(text)
    pattern = re.compile(rf"[\r\n][ \t]{{0,{indent}}}[^\s#)\]}}]")
    match = pattern.search(text, offset)
    return match.start() if match else len(text)


def _may_store(text: str, statement: Statement, receiver: str, offset: int) -> bool:
    tokens = statement.tokens
    if not receiver:
        rest = text[offset : _line_end(text, offset)]
        return not tokens and re.fullmatch(r"\s*\w*\s*(#.*)?", rest) is not None
    if not tokens or statement.openers:
        return False
    starts = text.startswith(receiver, tokens[0].start)
    behind = tokens[-1].end if tokens[-1].text == "." else len(text)
    rest = text[behind : _line_end(text, behind)]
    return starts and re.fullmatch(r"\s*\w*\s*(#.*)?", rest) is not None
