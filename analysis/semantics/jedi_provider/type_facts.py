"""Types around a place: the protocol's questions, answered from one session of jedi."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from analysis.semantics.jedi_provider import headers
from analysis.semantics.jedi_provider.arms import classes_of, file_of, label_of, module_of
from analysis.semantics.jedi_provider.reach import Reach
from analysis.semantics.jedi_provider.session import JediSession, infer_receiver
from analysis.semantics.jedi_provider.type_uses import (
    UNKNOWN,
    TypeUses,
    body_of,
    or_nothing,
    owner_of,
)
from analysis.semantics.type_facts import Outline, Reachable, TypeUse


class JediTypeFacts:
    """:class:`~analysis.semantics.type_facts.TypeFacts` of one session. ``position`` makes parso's
    position of an offset."""

    def __init__(self, session: JediSession, position: Callable[[int], tuple[int, int]]) -> None:
        self._session, self._position = session, position
        self._uses = TypeUses(session)

    # -- single types ---------------------------------------------------------------------------

    @or_nothing(None)
    def parameter(self, end: int, position: int, keyword: str) -> tuple[str, TypeUse] | None:
        """See the protocol."""
        leaf = self._leaf_before(end)
        if leaf is None:
            return None
        for value in infer_receiver(self._session, leaf)._set:
            for signature in value.get_signatures():
                function = getattr(signature, "_function_value", None) or signature.value
                names = list(signature.get_param_names(resolve_stars=False))
                named = headers.parameter(names, position, keyword)
                node = named._get_param_node() if hasattr(named, "_get_param_node") else None
                if named is None or node is None or node.annotation is None:
                    continue
                context = function.get_default_param_context()
                use = self._uses.annotation(context, node.annotation, owner=owner_of(function))
                if use.text:
                    return f"{named.string_name} of {label_of(value)}", use
        return None

    @or_nothing(UNKNOWN)
    def value(self, end: int) -> TypeUse:
        """See the protocol."""
        leaf = self._leaf_before(end)
        if leaf is None:
            return UNKNOWN
        declared = self._uses.declared(leaf)
        if not declared.heads:
            declared = self._uses.declared_member(leaf)
        return (
            declared
            if declared.heads
            else self._uses.of_values(infer_receiver(self._session, leaf))
        )

    @or_nothing(UNKNOWN)
    def written(self, start: int, end: int) -> TypeUse:
        """See the protocol."""
        first = self._session.leaf_at(*self._position(start))
        if first is None:
            return UNKNOWN
        node, stop = first, self._position(end)
        while (
            node.parent is not None
            and node.parent.start_pos == first.start_pos
            and node.parent.end_pos <= stop
        ):
            node = node.parent
        context = self._session.context_of(first)
        inside = first.search_ancestor("classdef")
        owner = None
        if inside is not None:
            owner = next(iter(self._session.context_of(inside.name).infer_node(inside.name)), None)
        return self._uses.annotation(context, node, owner=owner)

    # -- classes --------------------------------------------------------------------------------

    @or_nothing(())
    def ancestors(self, qualified_name: str) -> tuple[str, ...]:
        """See the protocol."""
        cls = self._uses.classes.get(qualified_name)
        if cls is None:
            return (qualified_name,)
        return tuple(self._uses.name_of(base) for base in classes_of(cls))

    @or_nothing(False)
    def conforms(self, qualified_name: str, protocol: str) -> bool:
        """See the protocol."""
        node = body_of(self._uses.classes.get(protocol))
        cls = self._uses.classes.get(qualified_name)
        if node is None or cls is None or not headers.is_protocol(node):
            return False
        wanted = set(headers.methods(node))
        had = {
            name
            for base in classes_of(cls)
            if module_of(base) != "builtins" or label_of(base) != "object"
            for name in headers.methods(body_of(base))
        }
        return bool(wanted) and wanted <= had

    @or_nothing(None)
    def outline(self, qualified_name: str) -> Outline | None:
        """See the protocol."""
        cls: Any = self._uses.classes.get(qualified_name)
        node = body_of(cls)
        if node is None:
            return None
        return Outline(
            qualified_name,
            headers.class_header(node),
            tuple(line for line, _ in headers.members(node)),
            file_of(cls),
            node.start_pos[0] - 1,
        )

    @or_nothing(())
    def mentions(self, qualified_name: str) -> tuple[str, ...]:
        """See the protocol."""
        cls: Any = self._uses.classes.get(qualified_name)
        node = body_of(cls)
        found: dict[str, None] = {}
        for _, annotation in headers.members(node) if node is not None else ():
            if annotation is not None:
                found.update(dict.fromkeys(self._uses.mentioned(cls.as_context(), annotation)))
        return tuple(found)

    def constructors(self, qualified_name: str) -> Iterator[Reachable]:
        """See the protocol."""
        cls: Any = self._uses.classes.get(qualified_name)
        node = body_of(cls)
        if node is None:
            return
        short = qualified_name.rpartition(".")[2]
        for function in node.iter_funcdefs():
            if not headers.is_class_function(function) or function.name.value.startswith("_"):
                continue
            use = self._uses.returned(cls, function, owner=cls)
            if qualified_name in use.heads:
                header = headers.function_header(function)
                name = f"{short}.{function.name.value}"
                yield Reachable(name, header, use, 3, module_of(cls))

    # -- what is in reach -----------------------------------------------------------------------

    def reachable(self, offset: int, wanted: frozenset[str]) -> Iterator[Reachable]:
        """See the protocol."""
        leaf = self._session.leaf_at(*self._position(offset))
        if leaf is not None:
            yield from Reach(self._session, self._uses).of(leaf, wanted)

    def _leaf_before(self, end: int) -> Any:
        return self._session.leaf_at(*self._position(end - 1))
