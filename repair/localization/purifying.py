"""How much of a failure falls to what a test's statements ran before the one at which it fails.

After Xuan and Monperrus, "Test Case Purification for Improving Fault Localization" (FSE 2014), who
cut a failing test into one for each of its assertions, without the statements that these do not
need. Here nothing is run again: the probe tells what each line of the test ran
(``sandbox.probe.lines``), and the names in its statements which of them the last one rests on.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from repair.sandbox.run import TestResult
from repair.source.file import Source

#: The share of lines that may have left what the failing statement looks at: checks of the same
#: object ran them, or fixtures. And of lines that only other checks ran. By the
#: ranks of wrong lines in ``fresh_bugs`` and in own mistakes in five packages, with no others left
#: to check them on.
_MAYBE, _HARDLY = 0.6, 0.25

#: A function of a test: its path, a 1-based line in it, its name.
Function = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement of a test, without those in its body: whether it ``checks``, and the variables
    of the test that stand in it."""

    line: int
    checks: bool
    names: frozenset[str]


def functions(results: Sequence[TestResult]) -> tuple[Function, ...]:
    """The functions of the failing tests among ``results``."""
    found = (_function(result) for result in results)
    return tuple(dict.fromkeys(function for function in found if function is not None))


def shares(result: TestResult, tests: Mapping[str, Source]) -> Mapping[int, float]:
    """How much of a failure falls to each of its 1-based lines; all of it to one that is absent.

    ``tests`` are the files of tests by path. Empty where not all is known that it takes.
    """
    function = _function(result)
    if not result.steps or function is None or function[0] not in tests:
        return {}
    steps = _steps(result, tests[function[0]], function)
    if not steps:
        return {}
    failing, ran = steps[-1]
    near, maybe, wanted = set(ran), set[int](), set(failing.names)
    # What was done since the last check was done for this one.
    since = True
    for statement, ran in reversed(steps[:-1]):
        since = since and not statement.checks
        related = not wanted.isdisjoint(statement.names)
        if statement.checks and related:
            maybe |= ran
        elif not statement.checks and (since or related):
            near |= ran
            wanted |= statement.names
    if not near and not maybe:
        return {}
    maybe |= result.lines.difference(*(ran for _statement, ran in steps))
    return {line: _MAYBE if line in maybe else _HARDLY for line in result.lines - near}


def _function(result: TestResult) -> Function | None:
    """The function of a failing test, at the line where it failed: what a decorator puts around it
    is passed first."""
    if not result.outcome.bad or result.failure is None or not result.failure.frames:
        return None
    name = result.id.partition("[")[0].replace("::", ".").rpartition(".")[2]
    frames = result.failure.frames
    return next((frame for frame in frames if frame[2] == name), frames[0])


def _steps(
    result: TestResult, source: Source, function: Function
) -> list[tuple[_Statement, frozenset[int]]]:
    """The statements that the test came to, in order, each with the lines that it ran."""
    at_line = _statements(source, function)
    found: list[tuple[_Statement, frozenset[int]]] = []
    for line, ran in result.steps:
        statement = at_line.get(line)
        if statement is None:
            continue
        if found and found[-1][0] is statement:
            found[-1] = (statement, found[-1][1] | ran)
        else:
            found.append((statement, ran))
    return found


def _statements(source: Source, function: Function) -> dict[int, _Statement]:
    """The innermost statement of the function that each 1-based line belongs to."""
    around = _definition(source, function)
    if around is None:
        return {}
    variables = _variables(around)
    found: dict[int, _Statement] = {}
    # Outer ones come before those in their bodies.
    for node in ast.walk(around):
        if isinstance(node, ast.stmt) and node is not around:
            statement = _Statement(node.lineno, _checks(node), _names(node) & variables)
            body = getattr(node, "body", None)
            end = body[0].lineno - 1 if isinstance(body, list) else node.end_lineno or 0
            found |= dict.fromkeys(range(node.lineno, max(end, node.lineno) + 1), statement)
    return found


def _definition(
    source: Source, function: Function
) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The innermost function of that name around that line."""
    _path, line, name = function
    found = None
    waiting: list[ast.stmt | ast.ExceptHandler] = list(source.tree.body if source.tree else ())
    while waiting:
        node = waiting.pop()
        if node.lineno <= line <= (node.end_lineno or 0):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
                found = node
            inner = ast.iter_child_nodes(node)
            waiting += [n for n in inner if isinstance(n, ast.stmt | ast.ExceptHandler)]
    return found


def _variables(function: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """Its arguments and what it assigns: functions that are imported hold no state of the test."""
    nodes = list(ast.walk(function))
    given = {node.arg for node in nodes if isinstance(node, ast.arg)}
    stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return frozenset(given | stored)


def _checks(statement: ast.stmt) -> bool:
    """Whether it asserts: by the statement, or by a call that says so."""
    if isinstance(statement, ast.Assert):
        return True
    value = statement.value if isinstance(statement, ast.Expr) else None
    value = value.value if isinstance(value, ast.Await) else value
    return isinstance(value, ast.Call) and "assert" in _called(value).lower()


def _called(call: ast.Call) -> str:
    """The last name of what is called."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _names(statement: ast.stmt) -> frozenset[str]:
    """The names in a statement; the test case is not looked at by calling its ``assertEqual``."""
    own = list(_own(statement))
    calls = (node for node in own if isinstance(node, ast.Call) and "assert" in _called(node))
    cases = {id(call.func.value) for call in calls if isinstance(call.func, ast.Attribute)}
    return frozenset(n.id for n in own if isinstance(n, ast.Name) and id(n) not in cases)


def _own(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of a statement without those of statements in it."""
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from ast.walk(child)
