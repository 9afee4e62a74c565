"""What can be written at a place, and the type of what it gives: the nearest first."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from jedi.inference.context import get_global_filters

from analysis.semantics.jedi_provider import completeness, headers
from analysis.semantics.jedi_provider.arms import classes_of, module_of
from analysis.semantics.jedi_provider.session import JediSession
from analysis.semantics.jedi_provider.type_uses import (
    FORMS,
    UNKNOWN,
    TypeUses,
    body_of,
    or_nothing,
    owner_of,
)
from analysis.semantics.type_facts import Reachable, TypeUse

#: Variables whose members are looked at.
_MOST_OWNERS = 12


class Reach:
    """What is in reach of a place of one session."""

    def __init__(self, session: JediSession, uses: TypeUses) -> None:
        self._session, self._uses = session, uses

    def of(self, leaf: Any, wanted: frozenset[str]) -> Iterator[Reachable]:
        """What can be written where ``leaf`` stands; see
        :meth:`~analysis.semantics.type_facts.TypeFacts.reachable`."""
        owners: list[tuple[str, Any, int]] = []
        modules: list[tuple[str, Any]] = []
        for distance, name in self._visible(leaf):
            yield from self._named(name, distance, owners, modules)
        classes: set[str] = set()
        for text, value, distance in owners[:_MOST_OWNERS]:
            # Of several variables of a class the nearest stands for all.
            name = self._uses.class_name(value)
            if name not in classes and (text == "self" or _may_give(name, wanted)):
                classes.add(name)
                yield from self._members(text, value, distance)
        words = frozenset(name.rpartition(".")[2] for name in wanted)
        for text, module in modules:
            yield from self._of_module(text, module, words)

    def _visible(self, leaf: Any) -> Iterator[tuple[int, Any]]:
        """Names that a leaf sees, without builtins: once each, with how far away they are."""
        try:
            context = self._session.context_of(leaf)
            filters = list(get_global_filters(context, leaf.start_pos, None))[:-1]
        except Exception:  # noqa: BLE001 - jedi's own defects
            return
        seen: set[str] = set()
        for found in filters:
            for name in _values_of(found):
                text, node = name.string_name, name.tree_name
                if text in seen or text.startswith("__") or node is None:
                    continue
                seen.add(text)
                # The statement that is being written defines nothing yet.
                statement = node.search_ancestor("expr_stmt")
                if statement and statement.start_pos <= leaf.start_pos <= statement.end_pos:
                    continue
                top = node.search_ancestor("funcdef", "lambdef") is None or (
                    node.parent.type == "funcdef"
                    and node.parent.search_ancestor("funcdef", "classdef") is None
                )
                imported = node.search_ancestor("import_from", "import_name") is not None
                yield (3 if imported else 2 if top else 0), name

    def _named(
        self,
        name: Any,
        distance: int,
        owners: list[tuple[str, Any, int]],
        modules: list[tuple[str, Any]],
    ) -> Iterator[Reachable]:
        text = name.string_name
        try:
            values = list(name.infer()._set)
            declared = self._uses.declared(name.tree_name) if distance < 3 else UNKNOWN
        except Exception:  # noqa: BLE001 - jedi's own defects
            return
        for value in values[:3]:
            if completeness.is_none(value):
                continue
            if value.is_module():
                modules.append((text, value))
            elif value.is_class():
                if (header := self._class_reachable(text, value, distance)) is not None:
                    yield header
            elif value.is_function():
                if (header := self._function_reachable(text, value, distance)) is not None:
                    yield header
            else:
                owners.append((text, value, 1 if distance == 0 else 4))
        if declared.heads or any(not (v.is_class() or v.is_function()) for v in values):
            use = declared if declared.heads else self._uses.named(name)
            if use.heads and text not in ("self", "cls"):
                yield Reachable(text, f"{text}: {use.text}", use, distance)

    @or_nothing(None)
    def _class_reachable(self, text: str, value: Any, distance: int) -> Reachable | None:
        node, qualified = body_of(value), self._uses.name_of(value)
        if node is None or module_of(value) in FORMS:
            return None
        header = f"class {text}{headers.constructor(node)}"
        return Reachable(text, header, TypeUse(text, (qualified,)), distance, module_of(value))

    @or_nothing(None)
    def _function_reachable(self, text: str, value: Any, distance: int) -> Reachable | None:
        node = getattr(value, "tree_node", None)
        if node is None or node.type != "funcdef":
            return None
        use = self._uses.returned(value, node, owner=owner_of(value))
        if not use.heads and node.annotation is None and distance < 3:
            use = self._uses.of_values(value.execute_with_values())
        return Reachable(text, headers.function_header(node), use, distance, module_of(value))

    def _members(self, text: str, value: Any, distance: int) -> Iterator[Reachable]:
        """What can be had from a variable: methods and annotated fields of its class."""
        try:
            bases = classes_of(value.py__class__())
        except Exception:  # noqa: BLE001 - jedi's own defects
            return
        seen: set[str] = set()
        for base in bases:
            node = body_of(base)
            if node is None or module_of(base) in ("builtins", *FORMS):
                continue
            for found in headers.declared_members(node):
                private = found.name.startswith("_") and text != "self"
                if found.name in seen or found.of_class or private:
                    continue
                seen.add(found.name)
                use = self._uses.member_type(base, found.annotation, value)
                if text == "self" and not found.header and found.annotation is None:
                    use = self._uses.member_value(value, found.name)
                if use.heads:
                    shown = f"{text}.{found.name}"
                    header = found.header or f"{shown}: {use.text}"
                    yield Reachable(shown, header, use, distance, module_of(base))

    def _of_module(self, text: str, module: Any, wanted: frozenset[str]) -> Iterator[Reachable]:
        """Public functions and classes of a module that speak of one of ``wanted``."""
        try:
            root = module.tree_node
            functions = list(root.iter_funcdefs()) if root is not None else []
            classes = list(root.iter_classdefs()) if root is not None else []
        except Exception:  # noqa: BLE001 - jedi's own defects
            return
        for node in functions:
            name = node.name.value
            if name.startswith("_") or node.annotation is None:
                continue
            if not wanted & set(headers.words(node.annotation)):
                continue
            use = self._member_type_of(module, node.annotation)
            if use.heads:
                header = headers.function_header(node)
                yield Reachable(f"{text}.{name}", header, use, 4, module_of(module))
        for node in classes:
            name = node.name.value
            if name in wanted and not name.startswith("_"):
                qualified = f"{module_of(module)}.{name}"
                header = f"class {name}{headers.constructor(node)}"
                use = TypeUse(name, (qualified,))
                yield Reachable(f"{text}.{name}", header, use, 4, module_of(module))

    @or_nothing(UNKNOWN)
    def _member_type_of(self, module: Any, annotation: Any) -> TypeUse:
        return self._uses.annotation(module.as_context(), annotation)


def _may_give(owner: str, wanted: frozenset[str]) -> bool:
    """Whether a class may have members that give one of ``wanted``: the standard library's have
    none that give what is not of it."""
    return any(not _standard(owner) or _standard(name) for name in wanted)


def _standard(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names


def _values_of(found: Any) -> list[Any]:
    try:
        return list(found.values())
    except Exception:  # noqa: BLE001 - jedi's own defects
        return []
