"""An exception that a failing test ends in and that the file was to catch, where it comes through.

The test says which exception it asks for instead, if it asks for one. Handlers that end the
function or go on without a word are not proposed: on 15 bugs of this kind none was right, and on
fresh bugs two were verified and wrong. Raising what is asked for was right four times, one more
exception for a handler twice.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from analysis.text.files import read_bytes
from repair.candidates.candidate import Candidate
from repair.candidates.templates.tree import (
    BUILTIN_EXCEPTIONS,
    BUILTINS,
    Tree,
    parameters,
)
from repair.sandbox.run import FailedTest
from repair.source.file import OffsetEdit, Source

STRATEGY = "missing handler"
#: Exceptions that say that a test expected something else, or that the program is no program.
_NEVER = frozenset(
    {"AssertionError", "Failed", "NameError", "UnboundLocalError", "ImportError", "SyntaxError"}
    | {"ModuleNotFoundError", "RecursionError", "KeyboardInterrupt", "SystemExit", "TypeError"}
)
#: What tests ask for an exception with, in the test itself or in what it calls.
_TEST_FRAMES = 3
_EXPECTING = frozenset({"raises", "assertRaises", "assertRaisesRegex"})
#: How likely another exception is to be raised in its place, which the test asks for.
_MEANT = 0.7
#: How likely a handler that is there lacks one more exception; and how much less likely each
#: function is that is farther from where it was raised.
_ONE_MORE, _FARTHER = 0.6, 0.5


def uncaught(source: Source, failures: Iterable[FailedTest]) -> Iterator[Candidate]:
    """Handlers around each statement of the file that an exception came through, and one more
    exception for the handlers that are around it."""
    tree = Tree(source)
    seen: set[tuple[str, int]] = set()
    for failure in failures:
        name = failure.exception.rpartition(".")[2]
        if name in _NEVER or not name.isidentifier():
            continue
        meant = _expected(failure)
        for depth, line in enumerate(reversed(dict.fromkeys(failure.lines))):
            statement = _at(tree, line)
            if statement is None or (name, line) in seen:
                continue
            seen.add((name, line))
            for spelled in _spelled(tree, name):
                for value, edit in _caught(tree, statement, spelled, meant):
                    yield Candidate((edit,), STRATEGY, value * _FARTHER**depth, line)


def _at(tree: Tree, line: int) -> ast.stmt | None:
    """The innermost statement of a function around ``line``."""
    found: ast.stmt | None = None
    for node in tree.inside(tree.tree):
        if not isinstance(node, ast.stmt) or tree.function(node) is None:
            continue
        inner = found is None or node.lineno >= found.lineno
        if inner and node.lineno <= line <= (node.end_lineno or node.lineno):
            found = node
    return found


def _expected(failure: FailedTest) -> str:
    """The exception that the failing test expects where it fails, or ``""``."""
    for path, line, _ in failure.frames[:_TEST_FRAMES]:
        try:
            test = ast.parse(read_bytes(Path(path)))
        except (OSError, SyntaxError, ValueError):
            continue
        for node in ast.walk(test):
            if isinstance(node, ast.With) and node.lineno <= line <= (node.end_lineno or line):
                calls = [item.context_expr for item in node.items]
            elif isinstance(node, ast.Expr) and node.lineno == line:
                calls = [node.value]
            else:
                continue
            for call in calls:
                if isinstance(call, ast.Call) and call.args:
                    asked = ast.unparse(call.func).rpartition(".")[2]
                    if asked in _EXPECTING and isinstance(call.args[0], ast.Name | ast.Attribute):
                        return ast.unparse(call.args[0]).rpartition(".")[2]
    return ""


def _spelled(tree: Tree, name: str) -> list[str]:
    """How the file can call the exception, the likeliest first."""
    if name in BUILTIN_EXCEPTIONS:
        return [name]
    found: dict[str, None] = {}
    for node in tree.inside(tree.tree):
        if isinstance(node, ast.Attribute) and node.attr == name:
            found[tree.text(node)] = None
        elif isinstance(node, ast.Import):
            modules = [a for a in node.names if a.name not in sys.stdlib_module_names]
            found |= {f"{alias.asname or alias.name}.{name}": None for alias in modules}
    if name in _at_hand(tree):
        found[name] = None
    return list(found)


def _at_hand(tree: Tree) -> set[str]:
    """What the module defines and imports by name."""
    taken = (n for n in tree.tree.body if isinstance(n, ast.ImportFrom | ast.Import))
    names = {alias.asname or alias.name.partition(".")[0] for n in taken for alias in n.names}
    return {*tree.module_names, *names}


def _caught(
    tree: Tree, statement: ast.stmt, name: str, meant: str
) -> Iterator[tuple[float, OffsetEdit]]:
    source = tree.source
    around = [n for n in tree.enclosing(statement, ast.Try) if isinstance(n, ast.Try)]
    for handler in (h for node in around for h in node.handlers if h.type is not None):
        assert handler.type is not None
        start, end = source.span(handler.type)
        known = tree.text(handler.type)
        several = isinstance(handler.type, ast.Tuple)
        one_more = (
            f"{known[:-1].rstrip().rstrip(',')}, {name})" if several else f"({known}, {name})"
        )
        yield _ONE_MORE, OffsetEdit(start, end, one_more)
    start, end = source.span(statement)
    first = source.line_starts[statement.lineno - 1]
    if (
        hasattr(statement, "body")
        or isinstance(statement, ast.Raise)
        or source.text[first:start].strip()
    ):
        return
    step, indent = tree.indent_step, tree.indentation(statement)
    line = source.newline()
    # A string of several lines would change with its indentation.
    inner = tree.text(statement)
    if '"""' in inner or "'''" in inner:
        return
    inner = line.join(f"{indent}{step}{text}".rstrip() for text in _dedented(inner, indent))
    for body, value in _raised(tree, statement, name, meant).items():
        rest = [f"{indent}except {name} as error:", f"{indent}{step}{body}"]
        yield value, OffsetEdit(start, end, line.join(["try:", inner, *rest]))


def _dedented(text: str, indentation: str) -> list[str]:
    return [line.removeprefix(indentation) for line in text.splitlines()]


def _raised(tree: Tree, statement: ast.stmt, name: str, meant: str) -> dict[str, float]:
    """How to raise ``meant`` when ``name`` is raised, with how likely each is."""
    function = tree.function(statement)
    assert function is not None
    at_hand = tree.variables(statement)
    known = {*_at_hand(tree), *BUILTINS, "self", "cls", *parameters(function)}
    found: dict[str, float] = {}
    if meant in {*known, *BUILTIN_EXCEPTIONS} and meant != name:
        found[f"raise {meant}(str(error)) from error"] = _MEANT
        for node in tree.inside(tree.tree):
            if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call):
                continue
            plain = ast.unparse(node.exc)
            for call in (plain, _about(node.exc)) if tree.text(node.exc.func) == meant else ():
                used = {n.id for n in ast.walk(ast.parse(call)) if isinstance(n, ast.Name)}
                if used <= {*known, *at_hand, "error"}:
                    found.setdefault(f"raise {call} from error", 0.8 * _MEANT)
    return found


def _about(call: ast.Call) -> str:
    """``call`` of an exception, with what the error says for its message."""
    said = ast.parse("str(error)", mode="eval").body
    return ast.unparse(ast.Call(call.func, [said, *call.args[1:]], call.keywords))
