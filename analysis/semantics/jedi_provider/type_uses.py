"""How types are used, read from jedi's values and from the annotations they were declared with.

What is shown is the annotation as its author wrote it; what is compared are the classes that jedi
finds behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar

from jedi.inference.gradual.annotation import infer_annotation
from jedi.inference.helpers import infer_call_of_leaf

from analysis.semantics.jedi_provider import completeness, headers
from analysis.semantics.jedi_provider.arms import classes_of, label_of, module_of
from analysis.semantics.jedi_provider.session import JediSession, infer_receiver
from analysis.semantics.type_facts import TypeUse

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
