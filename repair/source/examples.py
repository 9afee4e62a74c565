"""What the file itself says that its functions answer: examples in its strings.

``>>> f(2)`` with the result below, and ``f(2) == 4`` or ``f(2) returns 4`` in prose. They are no
tests, but of two patches that pass the tests the one that also keeps them is likelier right.
"""

from __future__ import annotations

import ast
import doctest
import re
from collections.abc import Iterator
from dataclasses import dataclass

from repair.source.file import Source

_MOST = 12
#: What stands between a call and its result in prose.
_SIGN = re.compile(r"\s*(?:==|=>|->|→|⇒|returns?|gives|is|yields|evaluates to|should be)\s*")
_RAISES = re.compile(r"^(\w+(?:Error|Exception|Iteration|Exit))\b", re.M)
#: Commas of prose and full stops behind a result.
_AFTER = " \t.,;)`\"'"


@dataclass(frozen=True, slots=True)
class CallExample:
    """``function(*positional, **keywords)`` answers ``expected``, all as Python literals.

    ``expected`` is ``raises NAME`` for an exception.
    """

    function: str
    positional: str
    keywords: str
    expected: str


def examples(source: Source) -> tuple[CallExample, ...]:
    """The examples in strings that stand as statements, of functions of the module's top level."""
    tree = source.tree
    if tree is None:
        return ()
    functions = {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    found: dict[CallExample, None] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
            continue
        text = node.value.value
        if isinstance(text, str):
            found |= dict.fromkeys(_prompted(text, functions))
            found |= dict.fromkeys(_told(text, functions))
    return tuple(found)[:_MOST]


def _prompted(text: str, functions: set[str]) -> Iterator[CallExample]:
    try:
        parsed = doctest.DocTestParser().get_examples(text)
    except ValueError:
        return
    for example in parsed:
        if example.exc_msg is not None:
            name = _RAISES.match(example.exc_msg)
            yield from _example(example.source, f"raises {name[1]}" if name else "", functions)
        else:
            yield from _example(example.source, example.want.strip(), functions)


def _told(text: str, functions: set[str]) -> Iterator[CallExample]:
    for line in text.splitlines():
        for name in functions:
            start = line.find(f"{name}(")
            if start < 0 or ">>>" in line or (start and (line[start - 1].isalnum())):
                continue
            end = _closing(line, start + len(name))
            sign = _SIGN.match(line, end) if end else None
            if sign is not None:
                yield from _example(line[start:end], line[sign.end() :], functions)


def _closing(line: str, start: int) -> int:
    """Behind the parenthesis that closes the one at ``start``; 0 if none does."""
    for end in range(start + 2, len(line) + 1):
        if line[end - 1] == ")":
            try:
                ast.parse(line[start:end], mode="eval")
            except (SyntaxError, ValueError):
                continue
            return end
    return 0


def _example(call: str, result: str, functions: set[str]) -> Iterator[CallExample]:
    try:
        node = ast.parse(call.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return
    if node.func.id not in functions or any(k.arg is None for k in node.keywords):
        return
    expected = result if result.startswith("raises ") else _literal(result)
    positional = [_literal(ast.unparse(argument)) for argument in node.args]
    keywords = [(k.arg, _literal(ast.unparse(k.value))) for k in node.keywords]
    if expected and all(positional) and all(text for _name, text in keywords):
        yield CallExample(
            node.func.id,
            f"[{', '.join(positional)}]",
            "{" + ", ".join(f"{name!r}: {text}" for name, text in keywords) + "}",
            expected,
        )


def _literal(text: str) -> str:
    """The longest literal that ``text`` begins with, as Python writes it; ``""`` if there is none.

    Prose may go on behind it.
    """
    text = text.strip()
    for end in (len(text), *(i for i in range(len(text) - 1, 0, -1) if text[i] in _AFTER)):
        try:
            return repr(ast.literal_eval(text[:end].rstrip(" \t.,;")))
        except (SyntaxError, ValueError, MemoryError, RecursionError, TypeError):
            continue
    return ""
