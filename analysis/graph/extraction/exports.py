"""Names that a module or class lists as text: ``__all__`` and ``__slots__``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import tree_sitter

from analysis.graph.extraction.literals import literal_text

if TYPE_CHECKING:
    from analysis.graph.extraction.extract import Extractor
    from analysis.graph.extraction.statements import StatementReader


class ExportReader:
    """Reads them for one :class:`~analysis.graph.extraction.extract.Extractor`."""

    def __init__(self, extractor: Extractor, statements: StatementReader) -> None:
        self.x = extractor
        self.uses = extractor.uses
        self._statements = statements

    def assigned(self, left: tree_sitter.Node, right: tree_sitter.Node) -> None:
        """``__all__ = […]`` and ``__slots__ = …``."""
        scope = self.x.scopes[self.x.scope]
        name = self.uses.text(left)
        if name == "__all__" and scope.kind == "module":
            scope.all = [*(scope.all or ()), *self._strings(right)]
        elif name == "__slots__" and scope.kind == "class":
            for literal in _literals(right):
                text = literal_text(self.uses.text(literal))
                if text and not text.startswith("__"):
                    self._statements.field_nodes.append((scope.definition, text, literal, literal))

    def _strings(self, node: tree_sitter.Node) -> list[str]:
        return [literal_text(self.uses.text(literal)) for literal in _literals(node)]

    def added(self, node: tree_sitter.Node) -> None:
        """``__all__ += …``."""
        scope = self.x.scopes[self.x.scope]
        if scope.kind == "module":
            scope.all = [*(scope.all or ()), *self._strings(node)]

    def grown(self, node: tree_sitter.Node) -> None:
        """``__all__.append("x")`` and ``__all__.extend([…])``."""
        scope = self.x.scopes[self.x.scope]
        function = node.child_by_field_name("function") if node.type == "call" else None
        arguments = node.child_by_field_name("arguments")
        if function is None or arguments is None or scope.kind != "module":
            return
        if self.uses.text(function) in ("__all__.append", "__all__.extend"):
            scope.all = [*(scope.all or ()), *self._strings(arguments)]


def _literals(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    if node.type == "string":
        yield node
    else:
        for child in node.named_children:
            if child.type == "pair":
                child = child.named_children[0]
            yield from _literals(child)
