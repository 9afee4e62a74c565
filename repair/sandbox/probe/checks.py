"""The asserts of a script as tests of their own: a bad one is noted, and the script goes on.

A script that asserts ten things says more than that it failed: which of them hold tells the lines
that are innocent, and an edit that fixes one of three is worth keeping.
"""

from __future__ import annotations

import ast
import time
from typing import Any

from . import describe
from .reporter import Reporter

#: What a rewritten script calls before each of its asserts.
NAME = "__pilotfish_check__"
#: How often one assert is told apart, in a loop; what it does after that counts together.
_TOLD_APART = 50
#: Blocks in which a failing assert may be what the script wants.
_EXPECTING = ("raises", "suppress", "assertRaises", "assertRaisesRegex")
_PASSIVE = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ACTIVE = (ast.Assert, ast.For, ast.While, ast.AsyncFor, ast.Raise)


class Settled(BaseException):
    """The verdict of this run is known: nothing more need be run."""


def rewritten(tree: ast.Module, functions: bool) -> ast.Module:
    """``tree`` with each assert watched; those in functions too if ``functions``.

    An assert stays as it is where something around it may wait for it to fail.
    """
    watched: ast.Module = _Watching(functions).visit(tree)
    return ast.fix_missing_locations(watched)


class _Watching(ast.NodeTransformer):
    def __init__(self, functions: bool) -> None:
        self._functions = functions

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        call = ast.Call(ast.Name(NAME, ast.Load()), [ast.Constant(node.lineno)], [])
        watched = ast.With([ast.withitem(call, None)], [node], None)
        for made in (watched, call, call.func, call.args[0]):
            ast.copy_location(made, node)
        return watched

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self.generic_visit(node) if self._functions else node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self.generic_visit(node) if self._functions else node

    def visit_Try(self, node: ast.Try) -> ast.AST:
        return node if node.handlers else self.generic_visit(node)

    def visit_With(self, node: ast.With) -> ast.AST:
        calls = [item.context_expr for item in node.items]
        names = [call.func for call in calls if isinstance(call, ast.Call)]
        words = [getattr(name, "attr", getattr(name, "id", "")) for name in names]
        return node if any(word in _EXPECTING for word in words) else self.generic_visit(node)


def prefix(body: Any) -> int:
    """How many statements at the beginning only import and define, so that a fork can share them.

    What stands between imports belongs to them, unless it looks like a test.
    """
    imports = [i for i, node in enumerate(body) if isinstance(node, (ast.Import, ast.ImportFrom))]
    last = imports[-1] if imports else -1
    for index, node in enumerate(body):
        if any(isinstance(inner, _ACTIVE) for inner in _at_once(node)):
            return index
        if index > last and not isinstance(node, _PASSIVE) and not _is_text(node):
            return index
    return len(body)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _at_once(node: ast.AST) -> Any:
    """``node`` and what it runs when it is met: not the bodies of functions."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        if not isinstance(current, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(current))


class ScriptChecks:
    """Tells ``reporter`` how each assert of the script ``name`` fared."""

    def __init__(self, name: str, reporter: Reporter) -> None:
        self.name = name
        self.reporter = reporter
        self.bad = False
        self._times: dict[int, int] = {}
        self._told: set[str] = set()

    def __call__(self, line: int) -> _AssertCheck:
        times = self._times[line] = self._times.get(line, 0) + 1
        number = f" ({times})" if 1 < times <= _TOLD_APART else ""
        number = " (…)" if times > _TOLD_APART else number
        return _AssertCheck(self, f"{self.name} line {line}{number}", times <= _TOLD_APART)

    def tell(self, test: str, told: bool, seconds: float, detail: Any) -> None:
        """One assert was reached and held, or did not: then ``detail`` says why."""
        self.bad = self.bad or detail is not None
        if not told and (detail is None or test in self._told):
            return
        self._told.add(test)
        self.reporter.finish(test, "failed" if detail else "passed", seconds, detail)
        if self.reporter.may_stop():
            raise Settled


class _AssertCheck:
    def __init__(self, checks: ScriptChecks, test: str, told: bool) -> None:
        self._checks, self._test, self._told = checks, test, told

    def __enter__(self) -> None:
        if self._told:
            # What ran since the last assert computed what this one looks at.
            self._checks.reporter.start(self._test, fresh=False)
        self._begun = time.perf_counter()

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> bool:
        if kind is not None and not issubclass(kind, Exception):
            return False
        detail = None
        if kind is not None:
            target = self._checks.reporter.target
            detail = describe.describe_exception(kind, error, traceback, target)
        seconds = time.perf_counter() - self._begun
        self._checks.tell(self._test, self._told, seconds, detail)
        return True
