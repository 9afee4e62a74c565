"""Imports of a tree: what they bind, and the modules and members that they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tree_sitter

from analysis.graph.facts.file import NONE, Binding, Site

if TYPE_CHECKING:
    from analysis.graph.extraction.extract import Extractor


class ImportReader:
    """Reads imports for one :class:`~analysis.graph.extraction.extract.Extractor`."""

    def __init__(self, extractor: Extractor) -> None:
        self.x = extractor
        self.uses = extractor.uses

    def import_(self, node: tree_sitter.Node) -> None:
        """``import a.b as c``."""
        for child in node.children_by_field_name("name"):
            if child.type == "aliased_import":
                module = child.child_by_field_name("name")
                alias = child.child_by_field_name("alias")
                if module is None or alias is None:
                    continue
                dotted = self._dotted(module)
                self._import_site(module, dotted, 0, "")
                bound = Binding("import", node.end_byte, self.x.block, module=dotted, member="as")
                self.x.bind(self.uses.text(alias), bound)
            else:
                dotted = self._dotted(child)
                self._import_site(child, dotted, 0, "")
                top = dotted.partition(".")[0]
                self.x.bind(top, Binding("import", node.end_byte, self.x.block, module=dotted))

    def from_(self, node: tree_sitter.Node) -> None:
        """``from a import b as c``."""
        module_node = node.child_by_field_name("module_name")
        if module_node is None:
            return
        level, module = 0, self._dotted(module_node)
        if module_node.type == "relative_import":
            text = self.uses.text(module_node).replace(" ", "")
            module = text.lstrip(".")
            level = len(text) - len(module)
        at, block = node.end_byte, self.x.block
        if any(child.type == "wildcard_import" for child in node.named_children):
            self._import_site(module_node, module, level, "")
            star = Binding("from", at, block, module=module, level=level, member="*")
            self.x.scopes[self.x.scope].stars.append(star)
            return
        self._import_site(module_node, module, level, "")
        for child in node.children_by_field_name("name"):
            member, alias = child, child
            if child.type == "aliased_import":
                member = child.child_by_field_name("name") or child
                alias = child.child_by_field_name("alias") or child
            name = self._dotted(member)
            self._import_site(member, module, level, name)
            bound = Binding("from", at, block, module=module, level=level, member=name)
            self.x.bind(self.uses.text(alias), bound)

    def _dotted(self, node: tree_sitter.Node) -> str:
        return "".join(self.uses.text(node).split())

    def _import_site(self, node: tree_sitter.Node, module: str, level: int, member: str) -> None:
        x = self.x
        span = self.uses.span(node)
        x.sites.append(
            Site(
                "import",
                x.scope,
                x.block,
                node.start_byte,
                NONE,
                span,
                x.owner,
                module,
                level,
                member,
            )
        )
