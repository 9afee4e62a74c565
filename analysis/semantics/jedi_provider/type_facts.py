"""Types around a place: the protocol's questions, answered from one session of jedi."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar

from jedi.inference.context import get_global_filters
from jedi.inference.gradual.annotation import infer_annotation
from jedi.inference.helpers import infer_call_of_leaf

from analysis.semantics.jedi_provider import completeness, headers
from analysis.semantics.jedi_provider.session import JediSession, infer_receiver
from analysis.semantics.jedi_provider.union_members import classes_of, file_of, label_of, module_of
from analysis.semantics.type_facts import Outline, Reachable, TypeUse

# How types are used, read from jedi's values and from the annotations they were declared with.
#
# What is shown is the annotation as its author wrote it; what is compared are the classes that jedi
# finds behind it.


UNKNOWN = TypeUse()
#: Modules whose classes say how a type is written, not what it is.
FORMS = frozenset({"typing", "typing_extensions", "_typeshed"})
_P = ParamSpec("_P")
_R = TypeVar("_R")
_N = TypeVar("_N")
_M = TypeVar("_M", covariant=True)


class _Decorator(Protocol[_M]):
    def __call__(self, function: Callable[_P, _R]) -> Callable[_P, _R | _M]: ...


def or_nothing(nothing: _N) -> _Decorator[_N]:
    """What jedi dies of is nothing known (invariant 8)."""

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R | _N]:
        @wraps(function)
        def safe(*args: _P.args, **kwargs: _P.kwargs) -> _R | _N:
            try:
                return function(*args, **kwargs)
            except Exception:  # noqa: BLE001 - jedi's own defects
                return nothing

        return safe

    return decorate


class TypeUses:
    """The uses of types that a session's answers name. ``classes`` are all classes that were named
    so far, by their qualified names."""

    def __init__(self, session: JediSession) -> None:
        self._session = session
        self.classes: dict[str, Any] = {}

    @or_nothing(UNKNOWN)
    def returned(self, value: Any, node: Any, owner: Any = None) -> TypeUse:
        if node.annotation is None:
            return UNKNOWN
        get = getattr(value, "get_default_param_context", None)
        context = get() if get is not None else value.as_context()
        return self.annotation(context, node.annotation, owner=owner)

    @or_nothing(UNKNOWN)
    def declared(self, leaf: Any) -> TypeUse:
        """The annotation of the name that ``leaf`` is, where its definition has one."""
        if leaf.type != "name":
            return UNKNOWN
        context = self._session.context_of(leaf)
        for name in context.goto(leaf, leaf.start_pos):
            node = name.tree_name
            if node is None:
                continue
            annotation = headers.annotation_of(node)
            if annotation is not None:
                there = name.parent_context
                owner = class_around(there)
                return self.annotation(there, annotation, owner=owner)
        return UNKNOWN

    @or_nothing(UNKNOWN)
    def declared_member(self, leaf: Any) -> TypeUse:
        """The annotation of the attribute that ``leaf`` is, in the class of its receiver."""
        dot = leaf.get_previous_leaf()
        if leaf.type != "name" or dot is None or dot.value != ".":
            return UNKNOWN
        for value in infer_receiver(self._session, dot.get_previous_leaf())._set:
            for base in classes_of(value.py__class__()):
                node = body_of(base)
                for member in headers.declared_members(node) if node is not None else ():
                    if member.name == leaf.value and not member.header:
                        return self.member_type(base, member.annotation, value)
        return UNKNOWN

    def annotation(self, context: Any, node: Any, owner: Any = None) -> TypeUse:
        text = headers.annotation_text(node)
        if text in ("Self", "typing.Self", "typing_extensions.Self") and owner is not None:
            return TypeUse(text, (self.name_of(owner),))
        classes = infer_annotation(context, node)
        values = classes.execute_annotation(context)
        heads, optional = self._heads(values)
        parts = [name for name in self.mentioned(context, node) if name not in heads]
        return TypeUse(text, heads, tuple(parts), optional)

    def _heads(self, values: Any) -> tuple[tuple[str, ...], bool]:
        heads: dict[str, None] = {}
        optional = False
        for value in values._set:
            if completeness.is_none(value):
                optional = True
            elif value.is_class():
                heads["builtins.type"] = None
            elif not value.is_module():
                cls = value.py__class__()
                if cls.is_class() and type(cls).__name__ != "AnyClass":
                    heads[self.name_of(cls)] = None
        return tuple(sorted(heads)), optional

    def mentioned(self, context: Any, node: Any) -> tuple[str, ...]:
        """The classes that an annotation names."""
        found: dict[str, None] = {}
        for leaf, place in headers.type_names(node, context):
            try:
                values = infer_call_of_leaf(place, leaf)
            except Exception:  # noqa: BLE001 - jedi's own defects
                continue
            for value in values._set:
                if value.is_class() and module_of(value) not in FORMS and body_of(value):
                    found[self.name_of(value)] = None
        return tuple(found)

    @or_nothing(UNKNOWN)
    def named(self, name: Any) -> TypeUse:
        return self.of_values(name.infer())

    def of_values(self, values: Any) -> TypeUse:
        if completeness.incomplete(values):
            return UNKNOWN
        heads, optional = self._heads(values)
        if not heads:
            return UNKNOWN
        text = values.get_type_hint(add_class_info=False) or _joined(heads, optional)
        return TypeUse(text, heads, (), optional)

    @or_nothing(UNKNOWN)
    def member_type(self, base: Any, annotation: Any, value: Any) -> TypeUse:
        if annotation is None:
            return UNKNOWN
        return self.annotation(base.as_context(), annotation, owner=value.py__class__())

    @or_nothing(UNKNOWN)
    def member_value(self, value: Any, name: str) -> TypeUse:
        return self.of_values(value.py__getattribute__(name))

    @or_nothing("")
    def class_name(self, value: Any) -> str:
        return self.name_of(value.py__class__())

    def name_of(self, cls: Any) -> str:
        path = cls.get_qualified_names() or (label_of(cls),)
        name = ".".join(part for part in (module_of(cls), *path) if part)
        self.classes.setdefault(name, cls)
        return name


def _joined(heads: Iterable[str], optional: bool) -> str:
    short = [head.rpartition(".")[2] for head in heads]
    return " | ".join([*short, *(["None"] if optional else [])])


def body_of(cls: Any) -> Any:
    """The definition of a class; ``None`` where no source is known."""
    node = getattr(cls, "tree_node", None)
    return node if node is not None and node.type == "classdef" else None


def owner_of(function: Any) -> Any:
    """The class that a method belongs to."""
    instance = getattr(function, "instance", None)
    if instance is not None:
        return instance.py__class__()
    return class_around(getattr(function, "class_context", None))


def class_around(context: Any) -> Any:
    """The class that a context stands in; ``None`` outside of classes."""
    while context is not None:
        if context.is_class():
            return context.get_value()
        context = context.parent_context
    return None


# What can be written at a place, and the type of what it gives: the nearest first.


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
