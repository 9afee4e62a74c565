"""Which patches are refused by name, although every test passes: they fool the tests.

Each guard compares the old and the new syntax tree of the file; it knows nothing of candidates.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable

#: Values so common that meeting one in a test means nothing.
_COMMON: frozenset[object] = frozenset({0, 1, -1, 2, "", " ", None, b"", ...})
_BROAD = frozenset({"Exception", "BaseException"})
_TRICKS = frozenset(
    {"pytest", "unittest", "doctest", "inspect", "_getframe", "exit", "quit", "_exit", "settrace"}
)
_EQUALITY = frozenset({"__eq__", "__ne__", "__instancecheck__", "__subclasscheck__"})


def refusal(old: ast.Module, new: ast.Module, test_literals: frozenset[object]) -> str | None:
    """Why the change from ``old`` to ``new`` is refused, or ``None``."""
    fewer = Counter(_checks(old)) - Counter(_checks(new))
    if fewer:
        return f"deletes or changes a check: {next(iter(fewer))[:60]}"
    if reason := _special_case(old, new, test_literals):
        return reason
    if _loosens_equality(old, new):
        return "loosens an equality, that tests compare with"
    for found, reason in _COUNTED:
        more = Counter(found(new)) - Counter(found(old))
        if more:
            return f"{reason}: {next(iter(more))}"
    return None


def _loosens_equality(old: ast.Module, new: ast.Module) -> bool:
    """Whether an ``__eq__`` says of more objects that they are equal: it compares less, answers
    ``True`` for ``False``, or asks for one where it asked for all. A test that compares passes
    then, whatever it compares."""
    lost, more = _strictness(old), _strictness(new)
    fewer, added = lost - more, more - lost
    return bool(fewer["=="] or fewer["and"] or (fewer["False"] and added["True"]))


def _strictness(tree: ast.Module) -> Counter[str]:
    """How often methods ``__eq__`` compare, ask for all, and answer with a constant."""
    found: Counter[str] = Counter()
    for method in ast.walk(tree):
        if not isinstance(method, ast.FunctionDef) or method.name != "__eq__":
            continue
        for node in ast.walk(method):
            if _is_equal(node):
                found["=="] += 1
            elif isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
                found["and"] += any(_is_equal(value) for value in node.values)
            elif isinstance(node, ast.Return) and isinstance(node.value, ast.Constant):
                found[str(node.value.value)] += 1
    return found


def _is_equal(node: ast.AST) -> bool:
    return isinstance(node, ast.Compare) and all(isinstance(op, ast.Eq) for op in node.ops)


def written_to_order(
    old: ast.Module, new: ast.Module, inputs: frozenset[object], prose: str
) -> str | None:
    """Why a new body is refused that was written for the tests rather than for what they ask.

    ``inputs`` are constants that tests hand to the function; one that the docstring's ``prose``
    names may be compared with.
    """
    known = {n.value for n in ast.walk(old) if isinstance(n, ast.Constant)}
    for node in ast.walk(new):
        for value in _compared(node):
            if value in inputs and not (_is_common(value) or value in known or str(value) in prose):
                return f"special-cases an input of the tests: {value!r}"
    for found, reason in _COUNTED:
        more = Counter(found(new)) - Counter(found(old))
        more.pop("sys", None)  # sys.maxsize and the like
        if more:
            return f"{reason}: {next(iter(more))}"
    return None


def literals(tree: ast.AST) -> frozenset[object]:
    """The constants of a test file that are worth comparing with."""
    return frozenset(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and not _is_common(node.value)
    )


def _is_common(value: object) -> bool:
    # By type too: 1 == True and 1 == 1.0.
    return any(value == common and type(value) is type(common) for common in _COMMON)


def _special_case(old: ast.Module, new: ast.Module, test_literals: frozenset[object]) -> str | None:
    known = {n.value for n in ast.walk(old) if isinstance(n, ast.Constant)}
    for node in ast.walk(new):
        for constant in _compared(node):
            if constant not in known and constant in test_literals:
                return f"special-cases a literal of the tests: {constant!r}"
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Constant):
            value = node.value.value
            if value not in known and value in test_literals:
                return f"returns a literal that the tests expect: {value!r}"
    return None


def _compared(node: ast.AST) -> Iterable[object]:
    """Constants that ``node`` tests for equality or membership."""
    if isinstance(node, ast.Compare):
        if any(isinstance(op, ast.Eq | ast.NotEq | ast.In | ast.NotIn | ast.Is) for op in node.ops):
            for side in (node.left, *node.comparators):
                for inner in ast.walk(side):
                    if isinstance(inner, ast.Constant):
                        yield inner.value
    elif isinstance(node, ast.MatchValue) and isinstance(node.value, ast.Constant):
        yield node.value.value
    elif isinstance(node, ast.Dict):
        for key in node.keys:
            if isinstance(key, ast.Constant):
                yield key.value


def _blankets(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            named = (
                {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)}
                if node.type
                else _BROAD
            )
            if named & _BROAD:
                found.append("except " + (ast.unparse(node.type) if node.type else ""))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            named = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            # Which exceptions it names may be what is wrong; that there is one more is a handler.
            found.append(ast.unparse(node if named & _BROAD else node.func))
    return found


def _trick_names(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in _TRICKS | {"sys"}:
            found.append(node.id)
        elif isinstance(node, ast.Attribute) and node.attr in _TRICKS:
            found.append(node.attr)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            found += [name for name in names if name in _TRICKS | {"sys"}]
    return found


def _equality_methods(tree: ast.AST) -> list[str]:
    return [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name in _EQUALITY
    ]


def _checks(tree: ast.AST) -> list[str]:
    """Asserts, raises and whole test functions: what a repair must leave as it is."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            found.append(ast.unparse(node))
        elif isinstance(node, ast.Raise):
            # Which exception may be what is wrong; that there is one may not go.
            found.append("raise")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if node.name.startswith("test"):
                found.append(ast.unparse(node))
            if (text := ast.get_docstring(node)) and ">>>" in text:
                found.append(text)
    return found


_COUNTED: tuple[tuple[Callable[[ast.AST], list[str]], str], ...] = (
    (_blankets, "adds a blanket handler"),
    (_trick_names, "detects that a test is running"),
    (_equality_methods, "adds an equality method"),
)
