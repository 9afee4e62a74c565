"""The code objects of a syntax tree of :mod:`ast`, and where its nodes stand in the text.

The tree counts lines and UTF-8 bytes; spans count code points. A *scope* here is what has a
control-flow graph of its own: the module, a class body or a function. Lambdas and comprehensions
belong to the statement that they are in. What a scope binds is read by :mod:`analysis.program`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from analysis.text.document import LineIndex
from analysis.views.flow import Span

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Scope = ast.Module | ast.ClassDef | FunctionNode


def inner_name(scope: Scope, name: str, inner: ast.ClassDef | FunctionNode) -> str:
    """The qualified name of ``inner``, which stands directly in ``scope`` called ``name``."""
    if isinstance(scope, ast.Module):
        return inner.name
    inside = "" if isinstance(scope, ast.ClassDef) else "<locals>."
    return f"{name}.{inside}{inner.name}"


def directly_inside(scope: Scope) -> Iterator[ast.ClassDef | FunctionNode]:
    """The classes and functions directly inside a scope, in order of the text."""
    stack: list[ast.AST] = list(reversed(scope.body))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.ClassDef | FunctionNode):
            yield node
        elif not isinstance(node, ast.expr):
            stack.extend(reversed(list(ast.iter_child_nodes(node))))


def parameters(scope: Scope) -> tuple[str, ...]:
    """The parameters of a function in order; none of a module or class."""
    if not isinstance(scope, FunctionNode):
        return ()
    return tuple(argument.arg for argument in arguments(scope.args))


def arguments(given: ast.arguments) -> list[ast.arg]:
    """The parameters of a function or lambda, those with a star last."""
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    return every + [each for each in (given.vararg, given.kwarg) if each]


def defaults(given: ast.arguments) -> list[ast.expr]:
    """The defaults of parameters: evaluated where the function stands."""
    return [*given.defaults, *(default for default in given.kw_defaults if default)]


def bound_by_comprehension(
    node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
) -> frozenset[str]:
    """The names that its targets bind: ``row`` of ``for row, seen[row] in …``, not ``seen``."""
    return frozenset(
        name.id
        for generator in node.generators
        for name in ast.walk(generator.target)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    )


#: The first colon that is not in a comment.
_HEADER_END = re.compile(r"(?:[^:#]|#[^\r\n]*)*:")


class Places:
    """Spans of one text. The compiler's line ends are those of :class:`LineIndex`: a form feed ends
    no line, a lone carriage return does."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = LineIndex(text)
        self._ascii = text.isascii()

    def line(self, line: int) -> str:
        """The text of a 0-based line, without its end."""
        return self._lines.line(line)

    def column(self, line: int, byte: int) -> int:
        """The code point of 0-based ``line`` at which its UTF-8 byte ``byte`` stands."""
        if self._ascii:
            return byte
        return len(self.line(line).encode()[:byte].decode(errors="ignore"))

    def start(self, node: ast.AST) -> tuple[int, int]:
        """Where a node of the tree begins; a decorated definition begins at its first ``@``."""
        decorators = getattr(node, "decorator_list", None)
        first = decorators[0] if decorators else node
        line = getattr(first, "lineno", 1) - 1
        column = self.column(line, getattr(first, "col_offset", 0))
        if not decorators:
            return line, column
        at = self._offset(line, column)
        return self._lines.position(max(self.text.rfind("@", 0, at), 0))

    def end(self, node: ast.AST) -> tuple[int, int]:
        """Where a node of the tree ends."""
        line: int = getattr(node, "end_lineno", None) or 1
        byte = getattr(node, "end_col_offset", None)
        if byte is None:
            return line - 1, len(self.line(line - 1))
        return line - 1, self.column(line - 1, byte)

    def span(self, start: ast.AST, end: ast.AST | None = None) -> Span:
        """The span from the beginning of ``start`` to the end of ``end`` (or of ``start``)."""
        return Span(*self.start(start), *self.end(end or start))

    def name(self, name: str, node: ast.AST, after: ast.AST | None = None) -> Span:
        """Where ``name`` is written inside ``node``, behind the end of ``after`` if given.

        The tree has no place for the names of ``def``, ``class``, ``as`` and captures. Falls back
        to the whole node where the name is not written as it is spelled.
        """
        begin = self._offset(*(self.end(after) if after else self._head(node)))
        stop = self._offset(*self.end(node))
        found = re.compile(rf"\b{re.escape(name)}\b").search(self.text, begin, stop)
        if found is None:
            return self.span(node)
        return Span(
            *self._lines.position(found.start()),
            *self._lines.position(found.end()),
        )

    def colon(self, node: ast.AST, after: ast.AST | None) -> tuple[int, int]:
        """Behind the colon that ends the header of a ``def`` or ``class``; ``after`` is the last
        thing written in the header behind the name."""
        at = self._offset(*(self.end(after) if after else self._head(node)))
        found = _HEADER_END.search(self.text, at)
        return self._lines.position(found.end()) if found else self.end(node)

    def text_of(self, span: Span) -> str:
        """The text of a span."""
        start = self._offset(span.line, span.character)
        return self.text[start : self._offset(span.end_line, span.end_character)]

    def label(self, span: Span) -> str:
        """One line that stands for a span: its text, cut with ``…`` at the end of its line."""
        if span.line == span.end_line:
            return self.text_of(span).strip()
        return f"{self.line(span.line)[span.character :].strip()} …"

    def _head(self, node: ast.AST) -> tuple[int, int]:
        """The beginning of a node without its decorators."""
        line = getattr(node, "lineno", 1) - 1
        return line, self.column(line, getattr(node, "col_offset", 0))

    def _offset(self, line: int, column: int) -> int:
        return self._lines.offset(line, column)
