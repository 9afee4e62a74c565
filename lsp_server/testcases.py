"""Which test a cursor stands in, and which files of the workspace that test is about.

Syntax alone: pytest's naming conventions, its fixtures, and imports. Nothing is imported or run.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tree_sitter import Node

from analysis.program.binders import IMPORTS, imports
from analysis.program.outline import says_nothing
from analysis.syntax.tree import SyntaxTree, parse
from analysis.text import TextError, decode_source
from analysis.text.overlay import Overlay

#: Offer at most so many files for one test.
MOST_TARGETS = 3


@dataclass(frozen=True, slots=True)
class TestCase:
    """A test function: its name with its classes (``TestCart::test_total``), where it begins."""

    __test__ = False  # for pytest: this is not a test class

    name: str
    line: int


def case_at(tree: SyntaxTree, offset: int) -> TestCase | None:
    """The test function on the line of ``offset``, or ``None``."""
    function, names = _function_at(tree, offset)
    if function is None or not names[-1].startswith("test"):
        return None
    return TestCase("::".join(names), function.start_point.row)


def examples_at(tree: SyntaxTree, offset: int) -> TestCase | None:
    """The function on the line of ``offset`` if its docstring has examples, or ``None``."""
    function, names = _function_at(tree, offset)
    if function is None or ">>> " not in _docstring(tree, function):
        return None
    return TestCase(".".join(names), function.start_point.row)


@dataclass(frozen=True, slots=True)
class Function:
    """A function: its name with its classes (``Cart.total``), the line of its ``def``, and whether
    its body is still to be written."""

    name: str
    line: int
    is_stub: bool


def function_at(tree: SyntaxTree, offset: int) -> Function | None:
    """The function on the line of ``offset``, or ``None``."""
    function, names = _function_at(tree, offset)
    if function is None or not names[-1]:
        return None
    return Function(".".join(names), function.start_point.row, _is_stub(tree, function))


def _is_stub(tree: SyntaxTree, function: Node) -> bool:
    body = function.child_by_field_name("body")
    rest = [node for node in body.named_children if node.type != "comment"] if body else []
    if rest and _docstring(tree, function):
        rest = rest[1:]
    around = function.parent
    if around is not None and around.type == "decorated_definition":
        decorators = " ".join(tree.slice(n) for n in around.named_children[:-1])
        if "abstractmethod" in decorators or "overload" in decorators:
            return False
    return body is not None and all(says_nothing(tree.slice(node)) for node in rest)


def _docstring(tree: SyntaxTree, function: Node) -> str:
    body = function.child_by_field_name("body")
    first = body.named_children[0] if body is not None and body.named_children else None
    if first is None or first.type != "expression_statement" or not first.named_children:
        return ""
    return tree.slice(first) if first.named_children[0].type == "string" else ""


def _function_at(tree: SyntaxTree, offset: int) -> tuple[Node | None, list[str]]:
    """The outermost function on the line of ``offset`` that is no method of an inner class, and
    its name behind those of its classes."""
    lines = tree.lines
    line = lines.line_of(offset)
    text = lines.line(line)
    # Where the line's code begins: behind its end, a function may have ended too.
    byte = tree.to_byte(lines.start(line) + len(text) - len(text.lstrip()))
    node: Node | None = tree.root.descendant_for_byte_range(byte, byte)
    function: Node | None = None
    names: list[str] = []
    while node is not None:
        if node.type == "decorated_definition" and function is None:
            definition = node.child_by_field_name("definition")
            if definition is not None and definition.type == "function_definition":
                function, names = definition, [_name(tree, definition)]
        elif node.type == "function_definition":
            # An inner function belongs to the test around it.
            function, names = node, [_name(tree, node)]
        elif node.type == "class_definition":
            if function is None:
                return None, []
            names.insert(0, _name(tree, node))
        node = node.parent
    return function, names


def targets(
    tree: SyntaxTree, case: TestCase, path: str, root: str, files: Overlay
) -> tuple[str, ...]:
    """Files of the workspace that the test may be about, likeliest first; looks at the disk through
    ``files``.

    Modules whose names the test uses, itself or by a helper or fixture, come before others that
    its file imports. A test that imports nothing of the workspace is about its own file.
    """
    trees = {path: tree, **_conftests(path, root, files)}
    used = _used(trees.values(), tree, case)
    found: dict[str, bool] = {}
    for origin, each in trees.items():
        for target, name in _imported(each, origin, root):
            # Of a ``conftest`` only what this test's fixtures use: others are other tests'.
            if target not in trees and (name in used or origin == path):
                found[target] = found.get(target, False) or name in used
    ordered = sorted(found, key=lambda target: not found[target])
    if any(found.values()):
        ordered = [target for target in ordered if found[target]]
    return tuple(ordered[:MOST_TARGETS]) or (path,)


def _conftests(path: str, root: str, files: Overlay) -> dict[str, SyntaxTree]:
    """The ``conftest`` files that hold for a test file, the nearest first."""
    found: dict[str, SyntaxTree] = {}
    for folder in Path(path).parents:
        file = str(folder / "conftest.py")
        if file != path and folder.is_relative_to(root):
            try:
                found[file] = parse(decode_source(files.read(file)[0], file).text)
            except (OSError, TextError):
                continue
    return found


def _used(trees: Iterable[SyntaxTree], own: SyntaxTree, case: TestCase) -> frozenset[str]:
    """Every identifier that the test uses: in its own text, in functions of its file that it calls
    and in the fixtures that it takes, of its file or of a ``conftest``."""
    pending: list[tuple[str, frozenset[str]]] = []
    used: frozenset[str] = frozenset()
    for tree in trees:
        for node in _walk(tree.root):
            if node.type != "function_definition":
                continue
            if tree is own and node.start_point.row == case.line:
                used = _words(tree, node)
            elif (fixture := _fixture(tree, node)) is not None or tree is own:
                pending.append((fixture or _name(tree, node), _words(tree, node)))
    while reached := [each for each in pending if each[0] in used or each[0] == _AUTOUSE]:
        pending = [each for each in pending if each not in reached]
        used = used.union(*(words for _, words in reached))
    return used


#: Instead of the name of a fixture that every test takes.
_AUTOUSE = "*"
_NAMED = re.compile(r"\bname\s*=\s*['\"](\w+)['\"]")


def _fixture(tree: SyntaxTree, function: Node) -> str | None:
    """The name under which tests take the function, where a decorator is called ``fixture``."""
    around = function.parent
    if around is None or around.type != "decorated_definition":
        return None
    for decorator in around.named_children[:-1]:
        text = tree.slice(decorator)
        if re.match(r"@\s*(\w+\.)*fixture\b", text):
            if re.search(r"\bautouse\s*=\s*True", text):
                return _AUTOUSE
            named = _NAMED.search(text)
            return named[1] if named else _name(tree, function)
    return None


def _words(tree: SyntaxTree, function: Node) -> frozenset[str]:
    """The identifiers in a function, and the fixtures that ``usefixtures`` names at it."""
    found = {tree.slice(n) for n in _walk(function) if n.type == "identifier"}
    around: Node | None = function.parent
    while around is not None:
        if around.type == "decorated_definition":
            for decorator in around.named_children[:-1]:
                if "usefixtures" in (text := tree.slice(decorator)):
                    found.update(re.findall(r"['\"](\w+)['\"]", text))
        around = around.parent
    return frozenset(found)


def _imported(tree: SyntaxTree, path: str, root: str) -> Iterator[tuple[str, str]]:
    """The files of the workspace that a file imports, each with the name that is bound."""
    for node in _walk(tree.root):
        for each in imports(tree, node) if node.type in IMPORTS else ():
            # ``from package import module``: the name may be a module itself.
            for module in (each.module, f"{each.module}.{each.member}"):
                target = _file_of(module, each.level, path, root)
                if target is not None and target != path:
                    yield target, each.name


def command_for(path: str, root: str, case: TestCase) -> str:
    """The shell command that runs this one test with pytest, from the workspace root."""
    file = Path(path)
    shown = file.relative_to(root) if file.is_relative_to(root) else file
    return f"python -m pytest -q {shlex.quote(f'{shown}::{case.name}')}"


def examples_command(path: str, root: str) -> str:
    """The shell command that runs the examples of a file's docstrings, from the workspace root.

    A module of a package may import relatively, which the standard library's runner cannot.
    """
    file = Path(path)
    shown = shlex.quote(str(file.relative_to(root) if file.is_relative_to(root) else file))
    if (file.parent / "__init__.py").is_file():
        return f"python -m pytest -q --doctest-modules {shown}"
    return f"python -m doctest {shown}"


def _file_of(module: str, level: int, path: str, root: str) -> str | None:
    parts = [part for part in module.split(".") if part]
    if level:
        folder = Path(path).parent
        for _ in range(level - 1):
            folder = folder.parent
        bases = [folder]
    else:
        # Where pytest and installed projects find modules of the workspace itself.
        bases = [Path(root), Path(root) / "src", Path(path).parent]
    for base in bases:
        stem = base.joinpath(*parts)
        for candidate in (stem.with_suffix(".py"), stem / "__init__.py"):
            if parts and candidate.is_relative_to(root) and candidate.is_file():
                return str(candidate)
    return None


def _name(tree: SyntaxTree, node: Node) -> str:
    name = node.child_by_field_name("name")
    return tree.slice(name) if name is not None else ""


def _walk(root: Node) -> Iterator[Node]:
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(node.children))
