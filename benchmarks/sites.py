"""Names in real code that are to be found again: from source files to sites of every kind."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.names import displays_of
from analysis.syntax.hole import HoleKind
from analysis.text.document import LineIndex
from benchmarks.installed import IMPORTED_AS

#: What an argument stands behind, and not its own parenthesis.
_BEGINS = re.compile(r"(?:[\w)\]]\(|,|=)\s*\Z")
_NEAR = 200


@dataclass(frozen=True, slots=True)
class Site:
    """A name in a file that is to be found again: its span in code points, and its kind."""

    path: Path
    start: int
    end: int
    name: str
    kind: str


def files_of(package: str, folders: tuple[Path, ...] = ()) -> list[Path]:
    """The source files of a package or module: in ``folders``, else beside this interpreter.

    Raises :class:`~analysis.errors.AnalysisError` where there is none.
    """
    name = IMPORTED_AS.get(package, package)
    for folder in folders:
        if (folder / f"{name}.py").is_file():
            return [folder / f"{name}.py"]
        if (folder / name).is_dir():
            return _below(folder / name)
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise AnalysisError(
            f"there is no package '{package}' here", where="--packages", help="pip install it"
        )
    origin = Path(spec.origin)
    return [origin] if origin.name != "__init__.py" else _below(origin.parent)


def _below(folder: Path) -> list[Path]:
    left_out = {"_vendor", "test", "tests", "idlelib", "lib2to3"}
    return sorted(
        path
        for path in folder.rglob("*.py")
        if not left_out.intersection(path.relative_to(folder).parts)
    )


def sites_of(path: Path, text: str) -> Iterator[Site]:
    """Every site of a file; nothing for a file that this interpreter cannot parse."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    lines = LineIndex(text)
    encoded = [lines.line(n).encode("utf-8", "surrogatepass") for n in range(len(lines))]

    def offset(line: int, column: int) -> int:
        return lines.start(line - 1) + len(encoded[line - 1][:column].decode("utf-8", "replace"))

    special = _special(tree)
    for node in ast.walk(tree):
        for value in _arguments(node):
            start = offset(value.lineno, value.col_offset)
            end = offset(value.end_lineno or 0, value.end_col_offset or 0)
            if _BEGINS.search(text, max(0, start - _NEAR), start):
                yield Site(path, start, end, text[start:end], HoleKind.ARGUMENT_TYPE.value)
        for start, name, kind in _found(node, special, offset):
            if text[start : start + len(name)] == name:
                yield Site(path, start, start + len(name), name, kind.value)


def _found(
    node: ast.AST, special: dict[ast.Name, HoleKind], offset: Callable[[int, int], int]
) -> Iterator[tuple[int, str, HoleKind]]:
    match node:
        case ast.Attribute(attr=name, ctx=ast.Load()):
            end = offset(node.end_lineno or 0, node.end_col_offset or 0)
            yield end - len(name), name, HoleKind.ATTRIBUTE
        case ast.keyword(arg=str(name)):
            yield offset(node.lineno, node.col_offset), name, HoleKind.KEYWORD
        case ast.ImportFrom():
            for alias in node.names:
                if alias.name != "*":
                    start = offset(alias.lineno, alias.col_offset)
                    yield start, alias.name, HoleKind.IMPORT_MEMBER
        case ast.Import():
            for alias in node.names:
                last = alias.name.rpartition(".")[2]
                start = offset(alias.lineno, alias.col_offset) + len(alias.name) - len(last)
                yield start, last, HoleKind.IMPORT_MODULE
        case ast.Name(id=name, ctx=ast.Load()):
            yield offset(node.lineno, node.col_offset), name, special.get(node, HoleKind.NAME)
        case ast.Subscript(slice=ast.Constant(value=str(name)), ctx=ast.Load()) if name:
            at = node.slice
            # Behind the quote; a prefix or a triple quote shows in the text and is left out.
            yield offset(at.lineno, at.col_offset) + 1, name, HoleKind.SUBSCRIPT_KEY
        case _:
            pass


def _arguments(node: ast.AST) -> Iterator[ast.expr]:
    """The arguments of a call that are written out, a name, a member or a call."""
    if isinstance(node, ast.Call):
        for value in (*node.args, *(k.value for k in node.keywords if k.arg is not None)):
            if displays_of(value) or isinstance(value, ast.Name | ast.Attribute | ast.Call):
                yield value


def _special(tree: ast.AST) -> dict[ast.Name, HoleKind]:
    """The names that are raised or caught, and those that decorate, with their kind."""
    found: dict[ast.Name, HoleKind] = {}

    def note(node: ast.AST | None, kind: HoleKind) -> None:
        while isinstance(node, ast.Call):
            node = node.func
        for part in node.elts if isinstance(node, ast.Tuple) else [node]:
            if isinstance(part, ast.Name):
                found[part] = kind

    for node in ast.walk(tree):
        if isinstance(node, ast.Raise):
            note(node.exc, HoleKind.EXCEPTION)
        elif isinstance(node, ast.ExceptHandler):
            note(node.type, HoleKind.EXCEPTION)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                note(decorator, HoleKind.DECORATOR)
    return found
